"""Turns a declared Query and its arguments into what the driver sends; pure, so that tests and explain use it too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daraa.declare.filters import In, Is, Present
from daraa.declare.indexes import Key
from daraa.declare.names import to_db_path
from daraa.declare.query import Query, Slot
from daraa.stores.mongo.codec import encode_value


@dataclass(frozen=True, slots=True)
class Near:
    """The argument of a `near` slot: WGS 84 position and radius."""

    longitude: float
    latitude: float
    max_metres: float


def build_filter(query: Query[Any], args: Mapping[str, Any]) -> dict[str, Any]:
    """The filter document; a missing or unknown argument is a programming error (TypeError)."""
    wanted = set(query.args)
    if wanted != set(args):
        raise TypeError(f"{query.full_name} takes {sorted(wanted)}, got {sorted(args)}")
    built: dict[str, Any] = {}
    for part in (*query.where, *query.also):
        path, condition = _condition(part, args)
        if isinstance(condition, dict) and isinstance(built.get(path), dict):
            built[path] = built[path] | condition
        else:
            built[path] = condition
    return built


def _condition(part: Slot | Is | In | Present, args: Mapping[str, Any]) -> tuple[str, Any]:
    path = to_db_path(part.path)
    match part:
        case Is(_, value):
            return path, encode_value(value)
        case In(_, values):
            return path, {"$in": encode_value(values)}
        case Present():
            return path, {"$exists": True}
        case Slot(_, op, arg):
            return _slot(path, op, args[arg])


def _slot(path: str, op: str, value: Any) -> tuple[str, Any]:
    if op == "eq":
        return path, encode_value(value)
    if op == "text":
        return "$text", {"$search": value}
    if op == "near":
        point = {"type": "Point", "coordinates": [value.longitude, value.latitude]}
        return path, {"$near": {"$geometry": point, "$maxDistance": value.max_metres}}
    if op in ("within", "intersects"):
        name = "$geoWithin" if op == "within" else "$geoIntersects"
        return path, {name: {"$geometry": encode_value(value)}}
    return path, {f"${op}": encode_value(value)}


def build_sort(keys: tuple[Key, ...]) -> list[tuple[str, int]]:
    """The sort as the driver takes it."""
    return [(to_db_path(key.path), int(key.direction)) for key in keys]


def after_filters(sort: tuple[Key, ...], after: tuple[Any, ...]) -> list[dict[str, Any]]:
    """The conditions of the commands that continue behind the sort values `after`, nearest first.

    One sort key needs one command, two keys need two (same first key and beyond on the second; beyond on the first):
    that is how a page does without `$or`. More keys are refused.
    """
    if len(sort) != len(after) or not 1 <= len(sort) <= 2:
        raise TypeError("paging needs one or two sort keys and as many values")
    beyond = [
        {to_db_path(key.path): {"$lt" if key.direction == -1 else "$gt": encode_value(value)}}
        for key, value in zip(sort, after, strict=True)
    ]
    if len(sort) == 1:
        return beyond
    return [{to_db_path(sort[0].path): encode_value(after[0])} | beyond[1], beyond[0]]
