"""Says what is declared, in words a reader understands and as data."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from daraa.declare.collection import Collection
from daraa.declare.names import did_you_mean, to_db_path
from daraa.declare.retention import Archive, Expire, Keep
from daraa.declare.shape import Node, db_name
from daraa.derive.indexes import index_plan
from daraa.kernel.errors import DaraaError
from daraa.ops.schema.errors import UNKNOWN_COLLECTION


def find_collection(collections: Iterable[Collection[Any]], name: str) -> Collection[Any]:
    """By its Python or its database name; `schema.collection.unknown` names the nearest."""
    known = {alias: each for each in collections for alias in (each.name, each.db_name)}
    if name not in known:
        raise DaraaError(UNKNOWN_COLLECTION, f"No collection is called {name!r}.", hint=did_you_mean(name, known))
    return known[name]


def describe(collection: Collection[Any]) -> dict[str, Any]:
    """The declared shape as data, in database names."""
    return {
        "collection": collection.db_name,
        "database": collection.database.name.lower(),
        "purpose": collection.purpose,
        "fields": _fields(collection.shape),
        "indexes": [{"serves": spec.serves, **spec.as_command()} for spec in index_plan(collection)],
        "retention": retention_words(collection),
        "cache": type(collection.cache).__name__,
        "access": {"app": collection.access.app, "archiver": collection.access.archiver},
        "shard_key": list(collection.shard_key),
    }


def _fields(node: Node, path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    inner = node.item if node.kind in ("array", "map") and node.item is not None else node
    for name, child in inner.fields.items():
        assert inner.model is not None
        here = f"{path}{db_name(inner.model, name)}"
        found[here] = _field_words(child)
        found |= _fields(child, f"{here}[]." if child.kind == "array" else f"{here}.")
    return found


def _field_words(node: Node) -> str:
    words = [f"array of {node.item.kind}, at most {node.at_most}" if node.item and node.at_most else node.kind]
    words += ["may be absent"] if not node.required else []
    words += [f"one of {', '.join(node.values)}"] if node.values else []
    words += [f"at least {node.minimum:g}"] if node.minimum is not None else []
    words += [f"at most {node.maximum:g}"] if node.maximum is not None else []
    words += [f"refers to {node.ref}"] if node.ref else []
    words += [f"key: {node.keyed_by}"] if node.keyed_by else []
    words += [node.sensitivity] if node.sensitivity else []
    return "; ".join(words)


def retention_words(collection: Collection[Any]) -> str:
    """One sentence on how long its documents stay."""
    match collection.retention:
        case Keep(because):
            return f"kept: {because}"
        case Expire(by, after, set_by):
            who = f", which {set_by} sets" if set_by else ""
            return f"deleted by the server {_duration(after)} {to_db_path(by)}{who}"
        case Archive(after, since, _):
            return f"archived, then removed, {after.count} months after {to_db_path(since)}"


def _duration(after: timedelta) -> str:
    if not after:
        return "at"
    return f"{after.days} days after" if not after.seconds else f"{int(after.total_seconds())} s after"


def as_text(collection: Collection[Any]) -> str:
    """The same for people."""
    shown = describe(collection)
    lines = [f"{shown['collection']} ({shown['database']}): {shown['purpose']}", "fields"]
    width = max(len(name) for name in shown["fields"])
    lines += [f"  {name:<{width}}  {words}" for name, words in shown["fields"].items()]
    lines += ["indexes", "  _id_: by id"]
    for spec in index_plan(collection):
        keys = ", ".join(f"{path} {direction}" for path, direction in spec.keys)
        extra = "; ".join(f"{word} {value}" for word, value in spec.options.items() if word != "weights")
        lines.append(f"  {spec.name}: serves {spec.serves}")
        lines.append(f"      ({keys}){' ' + extra if extra else ''}")
    rights = ", ".join(f"{who}: {what}" for who, what in shown["access"].items() if what)
    lines += [f"retention  {shown['retention']}", f"cache      {shown['cache']}", f"access     {rights or 'none'}"]
    return "\n".join(lines)
