"""What makes a collection's declaration wrong; each message says how to mend it."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast, get_args

from daraa.declare.access import Access
from daraa.declare.cache import CachedEntity, CachedList, NotCached
from daraa.declare.filters import Present, conditions
from daraa.declare.indexes import AnyIndex, ById, Key, Text, Ttl, _AnyIndex
from daraa.declare.retention import Archive, Expire, Keep
from daraa.declare.shape import find_path
from daraa.kernel.errors import DeclarationError

if TYPE_CHECKING:
    from daraa.declare.collection import Collection

TTL_MAX = timedelta(seconds=2**31 - 1)


def check_collection(collection: "Collection[Any]") -> None:
    """Raise DeclarationError for the first thing that is wrong."""
    _check_words(collection)
    _check_retention(collection)
    for index in collection.indexes:
        _check_index(collection, index)
    _check_index_set(collection)
    for path in collection.shard_key:
        find_path(collection.document, path)
    if isinstance(collection.cache, CachedEntity):
        _check_tags(collection, collection.cache.tags)


def _check_words(collection: "Collection[Any]") -> None:
    name = collection.name
    if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name):
        raise DeclarationError(name, "a collection's name is plural snake_case", "Write e.g. 'order_groups'.")
    if len(collection.purpose) < 15 or not collection.purpose.endswith("."):
        raise DeclarationError(
            name, "the purpose is not a sentence", "Say what one document is, and end with a full stop."
        )
    keyed = find_path(collection.document, "id").node.keyed_by
    if not collection.prefix and not keyed:
        raise DeclarationError(
            name, "no id prefix", "Give prefix='ord', or annotate id with KeyedBy('what it is made of')."
        )
    if not isinstance(collection.access, Access):
        raise DeclarationError(name, "access is not an Access", "Write access=Access(app='find insert').")
    if not isinstance(collection.cache, (NotCached, CachedEntity, CachedList)):
        raise DeclarationError(
            name, "cache is not a policy", "Use NotCached(because=…), CachedEntity(…) or CachedList(…)."
        )
    reason = getattr(collection.retention, "because", getattr(collection.cache, "because", "given"))
    if not str(reason).strip():
        raise DeclarationError(name, "a reason is empty", "Say why in `because`.")


def _check_retention(collection: "Collection[Any]") -> None:
    name, rule = collection.name, cast(object, collection.retention)
    if isinstance(rule, (tuple, list)):
        raise DeclarationError(
            name, "two deleters for one collection", "Keep one retention rule; let a job set its date."
        )
    if not isinstance(rule, (Keep, Expire, Archive)):
        raise DeclarationError(name, "retention is not a rule", "Use Keep(because=…), Expire(by=…) or Archive(…).")
    for index in collection.indexes:
        if isinstance(index, Ttl):
            raise DeclarationError(
                name,
                "two deleters for one collection: a Ttl index beside the retention rule",
                "Remove the Ttl; write retention=Expire(by=…).",
            )
    if isinstance(rule, Expire):
        _check_expiry(collection, rule)
    if isinstance(rule, Archive):
        _check_archive(collection, rule)


def _check_expiry(collection: "Collection[Any]", rule: Expire) -> None:
    name = collection.name
    _must_be_date(collection, rule.by, "a TTL works on dates only")
    if not timedelta(0) <= rule.after <= TTL_MAX:
        raise DeclarationError(name, f"TTL of {rule.after} is out of range", "Use 0 to 2,147,483,647 seconds.")
    if collection.access.allows("archiver", "remove"):
        raise DeclarationError(
            name, "two deleters for one collection: TTL and the archiver", "Take remove from archiver."
        )


def _check_archive(collection: "Collection[Any]", rule: Archive) -> None:
    _must_be_date(collection, rule.since, "an archive rule counts from a date")
    for condition in conditions(rule.when):
        find_path(collection.document, condition.path)
    if not collection.access.allows("archiver", "remove"):
        raise DeclarationError(
            collection.name, "the archiver may not remove what it archived", "Add archiver='find remove'."
        )


def _must_be_date(collection: "Collection[Any]", path: str, why: str) -> None:
    found = find_path(collection.document, path)
    if found.node.kind != "date" or found.arrays:
        raise DeclarationError(collection.name, f"{path!r} is a {found.node.kind}: {why}", "Name a Moment field.")


def _check_index(collection: "Collection[Any]", index: Any) -> None:
    name = collection.name
    if not isinstance(index, _AnyIndex) or isinstance(index, ById):
        raise DeclarationError(
            name, f"{index!r} is no index", f"Use one of {', '.join(t.__name__ for t in get_args(AnyIndex))}."
        )
    if len(index.serves.split()) < 3:
        raise DeclarationError(
            name, f"index on {index.keys} serves nothing", 'Say which query: serves="a customer\'s open orders".'
        )
    if not index.keys:
        raise DeclarationError(name, f"index for {index.serves!r} has no keys", "Name at least one field.")
    if [key.path for key in index.keys] == ["id"]:
        raise DeclarationError(
            name, "an index on id alone", "Every collection has it; start with the field you filter by."
        )
    arrays: set[str] = set()
    for key in index.keys:
        found = find_path(collection.document, key.path)
        _check_key(collection, index, key.direction, key.path)
        arrays.update(found.arrays if key.direction != "text" else ())
    # Paths through one and the same array are allowed together; two different arrays are not ("parallel arrays").
    if len({path.split(".")[0] for path in arrays}) > 1:
        raise DeclarationError(
            name,
            f"array paths {sorted(arrays)} cannot be compounded in one index",
            "Index one array, and filter on the other.",
        )
    for condition in conditions(index.only):
        find_path(collection.document, condition.path)
    _check_unique(collection, index)


def _check_key(collection: "Collection[Any]", index: _AnyIndex, direction: object, path: str) -> None:
    node = find_path(collection.document, path).node
    where = f"{collection.name}: index for {index.serves!r}"
    if direction == "2dsphere" and not (node.kind == "object" and {"type", "coordinates"} <= set(node.fields)):
        raise DeclarationError(where, f"{path!r} is not GeoJSON", "Use a Point, LineString or Polygon field.")
    leaf = node.item if node.kind == "array" else node
    if direction == "text" and (leaf is None or leaf.kind != "string"):
        raise DeclarationError(where, f"{path!r} holds no text", "Name a string field or an array of strings.")
    if direction in (1, -1) and node.kind in ("object", "map"):
        raise DeclarationError(where, f"{path!r} is a whole object", f"Name a field inside it, e.g. '{path}.amount'.")


def _check_unique(collection: "Collection[Any]", index: _AnyIndex) -> None:
    if not index.unique:
        return
    present = {condition.path for condition in conditions(index.only) if isinstance(condition, Present)}
    for key in index.keys:
        if find_path(collection.document, key.path).optional and key.path not in present:
            raise DeclarationError(
                collection.name,
                f"unique index on the optional field {key.path!r}: two documents without it would collide",
                f"Add only=Present({key.path!r}).",
            )


def _check_index_set(collection: "Collection[Any]") -> None:
    texts = [index for index in collection.indexes if isinstance(index, Text)]
    if len(texts) > 1:
        raise DeclarationError(
            collection.name, "two text indexes", "The server allows one: put all paths into one Text(…)."
        )
    served: set[str] = set()
    for index in collection.indexes:
        if index.serves in served:
            raise DeclarationError(
                collection.name, f"two indexes serve {index.serves!r}", "Remove one, or say what differs."
            )
        served.add(index.serves)
    _check_twins(collection)


def _check_twins(collection: "Collection[Any]") -> None:
    """A server takes indexes with the same keys, filter, collation and uniqueness for one, whatever their names."""
    seen: dict[object, str] = {}
    rule = collection.retention
    for index in collection.indexes:
        same = (index.keys, conditions(index.only), index.collation, index.unique)
        if same in seen:
            raise DeclarationError(
                collection.name,
                f"the indexes for {seen[same]!r} and {index.serves!r} are one and the same to the server",
                "Keep one, and let both queries use it.",
            )
        seen[same] = index.serves
    if isinstance(rule, Expire) and (twin := seen.get(((Key(rule.by),), (), None, False))):
        raise DeclarationError(
            collection.name,
            f"the index for {twin!r} is the one that retention=Expire(by={rule.by!r}) makes",
            "Remove it; queries by that date may say serves='the expiry by …'.",
        )


def _check_tags(collection: "Collection[Any]", tags: tuple[str, ...]) -> None:
    if not tags:
        raise DeclarationError(
            collection.name, "a cached entity without tags can never be invalidated", "Add tags=('product:{id}',)."
        )
    for tag in tags:
        for slot in re.findall(r"{([a-z_.]+)}", tag):
            find_path(collection.document, slot)
