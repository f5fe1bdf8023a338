"""Reads a document class into one neutral tree, so that validators, index checks, examples and pages agree on it."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from daraa.declare.document import AtMost, KeyedBy, Ref, Sensitivity
from daraa.declare.names import did_you_mean, to_db_name
from daraa.kernel.errors import DeclarationError

SCALARS: dict[type, str] = {
    bool: "bool",
    int: "long",
    float: "double",
    str: "string",
    datetime: "date",
    AwareDatetime: "date",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One field (or element) of a document.

    `kind` is string, long, double, bool, date, object, array or map. `nullable` allows an explicit null,
    `required` says that the field is always written. Bounds are inclusive. An array's elements are all like `item`,
    unless each place has a node of its own in `items`.
    """

    kind: str
    nullable: bool = False
    required: bool = True
    fields: Mapping[str, "Node"] = field(default_factory=dict)
    item: "Node | None" = None
    items: tuple["Node", ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    sensitivity: str | None = None
    ref: str | None = None
    keyed_by: str | None = None
    model: type[BaseModel] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Where a dotted path leads: the last node, the array paths it crosses, and whether it may be missing."""

    path: str
    node: Node
    arrays: tuple[str, ...]
    optional: bool


@cache
def shape_of(model: type[BaseModel]) -> Node:
    """The tree of a document or part class; DeclarationError for a type that cannot be stored or an unbounded array."""
    fields: dict[str, Node] = {}
    for name, info in model.model_fields.items():
        where = f"{model.__name__}.{name}"
        node = _read(_annotation(info), tuple(info.metadata), where)
        fields[name] = _with(node, required=not node.nullable)
    return Node("object", fields=fields, model=model)


def _annotation(info: FieldInfo) -> Any:
    return info.annotation


def _read(annotation: Any, metadata: tuple[Any, ...], where: str) -> Node:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        # Inside a union or a list pydantic leaves a Field(…) whole, with the bounds in its own metadata.
        own = [part for each in more for part in (each.metadata if isinstance(each, FieldInfo) else (each,))]
        return _read(inner, (*own, *metadata), where)
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [arg for arg in get_args(annotation) if arg is not type(None)]
        if len(inner) != 1 or len(inner) == len(get_args(annotation)):
            raise DeclarationError(where, "a field is of one type, or of one type or None", "Split it into two fields.")
        return _with(_read(inner[0], metadata, where), nullable=True)
    return _marked(_plain(annotation, metadata, where), metadata)


def _plain(annotation: Any, metadata: tuple[Any, ...], where: str) -> Node:
    origin = get_origin(annotation)
    if origin is tuple:
        return _array(get_args(annotation), metadata, where)
    if origin is dict:
        key, value = get_args(annotation)
        if key is not str:
            raise DeclarationError(where, "a map has string keys", "Write dict[str, …].")
        return Node("map", item=_read(value, (), where), at_most=_bound(metadata, where))
    if origin is Literal:
        return Node("string", values=tuple(str(value) for value in get_args(annotation)))
    if isinstance(annotation, type):
        if issubclass(annotation, StrEnum):
            return Node("string", values=tuple(member.value for member in annotation))
        if issubclass(annotation, BaseModel):
            return shape_of(annotation)
        if annotation in SCALARS:
            return Node(SCALARS[annotation])
    raise DeclarationError(
        where,
        f"{annotation!r} cannot be stored",
        "Use str, int, float, bool, datetime, a StrEnum, a Part, or tuple[…, ...] and dict[str, …] with AtMost.",
    )


def _array(args: tuple[Any, ...], metadata: tuple[Any, ...], where: str) -> Node:
    if len(args) == 2 and args[1] is Ellipsis:
        return Node("array", item=_read(args[0], (), where), at_most=_bound(metadata, where))
    items = tuple(_read(arg, (), where) for arg in args)
    own = items if any(each != items[0] for each in items) else ()
    return Node("array", item=items[0], items=own, at_least=len(items), at_most=len(items))


def _bound(metadata: tuple[Any, ...], where: str) -> int:
    for marker in metadata:
        if isinstance(marker, AtMost):
            return marker.count
    raise DeclarationError(
        where, "an array or map has no bound", "Annotate it with AtMost(n), or make it a collection."
    )


def _marked(node: Node, metadata: tuple[Any, ...]) -> Node:  # noqa: C901 - one case per marker
    changes: dict[str, Any] = {}
    for marker in metadata:
        match marker:
            case Sensitivity(level):
                changes["sensitivity"] = level
            case Ref(collection):
                changes["ref"] = collection
            case KeyedBy(what):
                changes["keyed_by"] = what
            case at.Ge(ge):
                changes["minimum"] = ge
            case at.Le(le):
                changes["maximum"] = le
            case at.MinLen(length):
                changes["at_least" if node.kind == "array" else "min_length"] = length
            case at.MaxLen(length):
                changes["max_length"] = length
            case StringConstraints():
                changes |= {
                    "pattern": marker.pattern or node.pattern,
                    "max_length": marker.max_length or node.max_length,
                }
                changes["min_length"] = marker.min_length or node.min_length
            case _ if getattr(marker, "pattern", None):
                changes["pattern"] = marker.pattern
    return _with(node, **changes)


def _with(node: Node, **changes: Any) -> Node:
    values = {name: getattr(node, name) for name in Node.__dataclass_fields__}
    return Node(**(values | changes))


def find_path(model: type[BaseModel], path: str) -> Found:
    """Follow a dotted Python path; DeclarationError with the nearest names when it leads nowhere."""
    node, arrays, optional = shape_of(model), [], False
    walked: list[str] = []
    for name in path.split("."):
        if node.kind == "array" and node.item is not None:
            arrays.append(".".join(walked))
            node = node.item
        if name not in node.fields:
            known = list(node.fields)
            raise DeclarationError(
                f"{model.__name__}", f"{path!r} is no field ({name!r} does not exist)", did_you_mean(name, known)
            )
        node = node.fields[name]
        optional = optional or node.nullable
        walked.append(name)
    if node.kind == "array":
        arrays.append(path)
    return Found(path, node, tuple(arrays), optional)


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Every field below `node` with its dotted Python path, parents first; array elements share the array's path."""
    inner = node.item if node.kind in ("array", "map") and node.item is not None else node
    for name, child in inner.fields.items():
        here = f"{path}.{name}" if path else name
        yield here, child
        yield from walk(child, here)


def db_name(model: type[BaseModel], name: str) -> str:
    """The database name of a field: its alias where the model declares one (`_id`), the rule elsewhere."""
    alias = model.model_fields[name].alias
    return alias if alias is not None else to_db_name(name)
