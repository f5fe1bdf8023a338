"""Sample documents made from the declared shape alone: valid ones that differ by seed, invalid ones with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel

from daraa.declare.collection import Collection
from daraa.declare.shape import Node, db_name, shape_of
from daraa.derive.matching_text import matching_text
from daraa.kernel.ids import ID_PATTERN

# Far in the future, so that no TTL index deletes a sample while it is looked at.
_EPOCH = datetime(2036, 1, 1, tzinfo=UTC)
_SPREAD = 2_654_435_761  # Knuth's multiplier: neighbouring seeds land far apart
_LONGEST_SAMPLE = 20_000
_WRONG_TYPE: dict[str, Any] = {
    "string": 42, "bool": "yes", "date": "2026-01-01", "long": "12", "double": "1.5", "object": "text",
    "map": 7, "array": "text",
}  # fmt: skip


def valid_document(collection: Collection[Any], seed: int) -> dict[str, Any]:
    """A document in database form that fits the validator: every field present, every list with an element.

    The same seed gives the same document; different seeds differ in every id, text, number and time that has room for
    it, so unique indexes do not collide.
    """
    document = _object(collection.shape, seed, 1)
    if collection.prefix:
        document["_id"] = _id(collection.prefix, seed, 0)
    return document


def invalid_documents(collection: Collection[Any]) -> list[tuple[str, dict[str, Any]]]:
    """Documents that the validator must refuse, each wrong in exactly one way, with the reason in words."""
    found: list[tuple[str, dict[str, Any]]] = []
    for number, (why, path, change) in enumerate(_faults(collection.shape, ())):
        document = valid_document(collection, 1_000_000 + number)
        _apply(document, path, change)
        found.append((f"{'.'.join(map(str, path)) or 'document'}: {why}", document))
    return found


_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class _Elements:
    """A list of so many copies of its first element; nobody asks the elements to differ."""

    count: int


def _faults(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...], Any]]:
    assert node.model is not None
    yield "unknown field", (*path, "surprise"), 1
    for name, child in node.fields.items():
        here = (*path, db_name(node.model, name))
        if child.required:
            yield "required and missing", here, _MISSING
            yield "required and null", here, None
        yield from _value_faults(child, here)


def _value_faults(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...], Any]]:
    yield f"no {node.kind}", path, _WRONG_TYPE[node.kind]
    if node.values:
        yield "not one of the words", path, "no_such_word"
    if node.minimum is not None and abs(node.minimum) < 2**53:
        yield "below the minimum", path, _number(node, node.minimum - 1)
    if node.maximum is not None and abs(node.maximum) < 2**53:
        yield "above the maximum", path, _number(node, node.maximum + 1)
    if node.pattern:
        yield "does not match the pattern", path, "\n"
    if node.max_length is not None and node.max_length < _LONGEST_SAMPLE:
        yield "too long", path, "x" * (node.max_length + 1)
    if node.kind == "object":
        yield from _faults(node, path)
    elif node.kind == "array" and node.item is not None:
        if node.at_most is not None and node.at_most < _LONGEST_SAMPLE:
            yield "too many elements", path, _Elements(node.at_most + 1)
        for place, item in enumerate(node.items or (node.item,)):
            yield from _value_faults(item, (*path, place))


def _number(node: Node, value: float) -> int | float:
    return float(value) if node.kind == "double" else int(value)


def _apply(document: dict[str, Any], path: tuple[str | int, ...], change: Any) -> None:
    inner: Any = document
    for part in path[:-1]:
        inner = inner[part]
    last = path[-1]
    if change is _MISSING:
        del inner[last]
    elif isinstance(change, _Elements):
        inner[last] = inner[last][:1] * change.count
    else:
        inner[last] = change


def _object(node: Node, seed: int, salt: int) -> dict[str, Any]:
    assert node.model is not None
    if "coordinates" in node.fields:
        return _geometry(node, seed)
    salt *= 31
    return {
        stored: _value(child, seed, salt + number, name)
        for number, (stored, name, child) in enumerate(_children(node.model))
    }


@cache
def _children(model: type[BaseModel]) -> tuple[tuple[str, str, Node], ...]:
    return tuple((db_name(model, name), name, child) for name, child in shape_of(model).fields.items())


def _value(node: Node, seed: int, salt: int, name: str) -> Any:
    match node.kind:
        case "string":
            return _string(node, seed, salt, name)
        case "long":
            low, high = _bounds(node, 1_000_000_000)
            return int(low) + (seed + salt * 7) % (int(high) - int(low) + 1)
        case "double":
            low, high = _bounds(node, 1000)
            return low + _mixed(seed, salt) * (high - low)
        case "bool":
            return _mixed(seed, salt) < 0.5
        case "date":
            return _EPOCH + timedelta(seconds=seed, milliseconds=salt % 1000)
        case "object":
            return _object(node, seed, salt)
        case "array":
            assert node.item is not None
            items = node.items or (node.item,) * (node.at_least or 1)
            return [_value(item, seed + number, salt, name) for number, item in enumerate(items)]
        case _:
            assert node.item is not None
            return {"first": _value(node.item, seed, salt, name)}


def _bounds(node: Node, room: int) -> tuple[float, float]:
    low = node.minimum if node.minimum is not None and abs(node.minimum) < 2**53 else 0
    high = node.maximum if node.maximum is not None and abs(node.maximum) < 2**53 else low + room
    return low, high


def _mixed(seed: int, salt: int) -> float:
    return ((seed + 1) * _SPREAD + salt * 40_503) % 2**32 / 2**32


def _string(node: Node, seed: int, salt: int, name: str) -> str:
    if node.values:
        return node.values[int(_mixed(seed, salt) * len(node.values))]
    if node.pattern == ID_PATTERN:
        return _id("exa", seed, salt)
    if node.pattern:
        return matching_text(node.pattern, seed)
    text = f"{name} {seed}"
    if node.max_length is not None and len(text) > node.max_length:
        text = text[-node.max_length :]
    return text.ljust(node.min_length or 0, "x")


def _id(prefix: str, seed: int, salt: int) -> str:
    millis = f"{int(_EPOCH.timestamp() * 1000) + seed:012x}"
    return f"{prefix}_{millis[:8]}-{millis[8:]}-7{salt % 4096:03x}-8000-{seed:012x}"


def _geometry(node: Node, seed: int) -> dict[str, Any]:
    """Valid GeoJSON between 60° south and north: a point, or a small line or square that starts there."""
    kind = node.fields["type"].values[0]
    x, y = round(-170 + 340 * _mixed(seed, 1), 6), round(-60 + 120 * _mixed(seed, 2), 6)
    if kind == "Point":
        return {"type": kind, "coordinates": [x, y]}
    corners = [[x, y], [x + 0.02, y], [x + 0.02, y + 0.02], [x, y + 0.02]]
    return {"type": kind, "coordinates": [[*corners, [x, y]]] if kind == "Polygon" else corners}
