"""What the live database looks like, in neutral words that can be compared with the declarations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from daraa.declare.collection import Database
from daraa.derive.indexes import IndexSpec

_TEXT_WORDS = ("weights", "default_language", "language_override")


@dataclass(frozen=True)
class LiveIndex:
    """An index on the server. `fixed` are the parts that cannot change in place, in a form that compares equal."""

    name: str
    fixed: Mapping[str, Any]
    expire_after_s: int | None = None
    hidden: bool = False


@dataclass(frozen=True)
class LiveCollection:
    """A collection on the server with its validator and its indexes beside `_id_`."""

    database: Database
    name: str
    validator: Mapping[str, Any]
    level: str
    action: str
    indexes: tuple[LiveIndex, ...] = ()

    def index(self, name: str) -> LiveIndex | None:
        """The index of that name, or None."""
        return next((each for each in self.indexes if each.name == name), None)


Place = tuple[Database, str]


@dataclass(frozen=True)
class Recorded:
    """What the last complete apply wrote down; empty when there was none."""

    fingerprint: str = ""
    server: str = ""
    text: bool | None = None
    changes_done: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Live:
    """The whole database as one member sees it. `members` holds, for every other member, its indexes by place."""

    collections: Mapping[Place, LiveCollection]
    recorded: Recorded = Recorded()
    server: str = ""
    members: Mapping[str, Mapping[Place, tuple[LiveIndex, ...]]] = field(default_factory=dict)


def collection_from(database: Database, raw: Mapping[str, Any], indexes: Iterable[Mapping[str, Any]]) -> LiveCollection:
    """One entry of listCollections with the answer of listIndexes."""
    options = raw.get("options", {})
    return LiveCollection(
        database,
        str(raw["name"]),
        plain(options.get("validator", {})),
        str(options.get("validationLevel", "strict")),
        str(options.get("validationAction", "error")),
        tuple(index_from(each) for each in indexes if each["name"] != "_id_"),
    )


def index_from(raw: Mapping[str, Any]) -> LiveIndex:
    """One index as listIndexes tells it; version numbers and the server's own additions are left out."""
    expire = raw.get("expireAfterSeconds")
    return LiveIndex(
        str(raw["name"]),
        fixed_parts(raw),
        None if expire is None else int(expire),
        bool(raw.get("hidden", False)),
    )


def wanted_index(spec: IndexSpec) -> LiveIndex:
    """A declared index as it will look on the server."""
    return index_from(spec.as_command())


def fixed_parts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Keys and options that only a new build can change, the same whether declared or listed by a server."""
    keys = [(path, plain(direction)) for path, direction in raw["key"].items()]
    fixed: dict[str, Any] = {}
    if any(direction == "text" for _, direction in keys):
        # A server lists a text index under its inner keys `_fts` and `_ftsx`; its paths are those that have a weight.
        keys = [key for key in keys if key[1] != "text" and key[0] != "_ftsx"]
        fixed |= {word: plain(raw[word]) for word in _TEXT_WORDS if word in raw}
        fixed["weights"] = tuple(sorted(fixed.get("weights", {}).items()))
    fixed["keys"] = tuple(keys)
    for flag in ("unique", "sparse"):
        if raw.get(flag):
            fixed[flag] = True
    if raw.get("partialFilterExpression"):
        fixed["partialFilterExpression"] = plain(raw["partialFilterExpression"])
    if raw.get("collation"):
        # A server adds every default of the locale; only the two words that we can declare are compared.
        fixed["collation"] = (raw["collation"].get("locale"), plain(raw["collation"].get("strength", 3)))
    return fixed


def signature(index: LiveIndex) -> tuple[Any, ...]:
    """What a server takes for the same index whatever its name: keys, uniqueness, filter, collation."""
    fixed = index.fixed
    if "weights" in fixed:
        return ("text",)
    filtered = repr(sorted(fixed.get("partialFilterExpression", {}).items()))
    return (fixed["keys"], fixed.get("unique"), fixed.get("sparse"), filtered, fixed.get("collation"))


def plain(value: Any) -> Any:
    """Without the driver's own classes, and numbers that are whole as integers: 1.0 and 1 are one direction."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
