"""The validator of a collection in the `$jsonSchema` dialect of MongoDB: bsonType, no `$ref`, explicit nulls."""

from typing import Any

from daraa.declare.collection import Collection
from daraa.declare.shape import Node, db_name
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.money import CURRENCY_PATTERN

BSON_TYPES: dict[str, list[str]] = {
    "string": ["string"],
    "bool": ["bool"],
    "date": ["date"],
    # The driver sends a small integer as int32 and a whole GeoJSON degree may arrive as an integer.
    "long": ["int", "long"],
    "double": ["double", "int", "long"],
    "object": ["object"],
    "map": ["object"],
    "array": ["array"],
}
INT64 = 2**63 - 1
# Ids and currencies stand dozens of times in a document: their length is checked here and their form by the model.
# Their patterns made every insert several times slower on the stand-in, which compiles them anew for each document.
_LENGTHS = {ID_PATTERN: (39, 42), CURRENCY_PATTERN: (3, 3)}


def json_schema(collection: Collection[Any]) -> dict[str, Any]:
    """The value of `validator` for create and collMod."""
    return {"$jsonSchema": _schema(collection.shape)}


def _schema(node: Node) -> dict[str, Any]:
    types = BSON_TYPES[node.kind] + (["null"] if node.nullable else [])
    schema: dict[str, Any] = {"bsonType": types[0] if len(types) == 1 else types}
    schema |= _bounds(node)
    if node.kind == "object":
        schema |= _object(node)
    elif node.kind == "map" and node.item is not None:
        schema |= {"additionalProperties": _schema(node.item), "maxProperties": node.at_most}
    elif node.kind == "array" and node.item is not None:
        items = [_schema(each) for each in node.items] if node.items else _schema(node.item)
        schema |= {"items": items, "maxItems": node.at_most}
        if node.at_least:
            schema["minItems"] = node.at_least
    return schema


def _object(node: Node) -> dict[str, Any]:
    assert node.model is not None
    names = {name: db_name(node.model, name) for name in node.fields}
    required = [names[name] for name, child in node.fields.items() if child.required]
    schema: dict[str, Any] = {"required": required} if required else {}
    schema["properties"] = {names[name]: _schema(child) for name, child in node.fields.items()}
    schema["additionalProperties"] = False
    return schema


def _bounds(node: Node) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if node.values:
        bounds["enum"] = [*node.values, *([None] if node.nullable else [])]
    for word, value in (("minimum", node.minimum), ("maximum", node.maximum)):
        if value is not None and abs(value) < INT64:
            bounds[word] = value
    fixed = _LENGTHS.get(node.pattern or "")
    shortest, longest = fixed or (node.min_length, node.max_length)
    pattern = None if fixed else node.pattern
    strings = {"minLength": shortest, "maxLength": longest, "pattern": pattern}
    return bounds | {word: value for word, value in strings.items() if value is not None}
