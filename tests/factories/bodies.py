"""Small valid request bodies, made from the schemas of the OpenAPI document, so that no route's body is told twice."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Known = Callable[[str], Any]
"""What the world has under a property's name (`address_id`), or None."""

_TEXTS = (
    "some words", "12:30", "Polygon", "1234", "123456", "a" * 32, "0" * 64, "SYP", "some-words", "words_of_mine",
    "somebody@example.test", "+963944123456", "order.placed", "36.1,32.6", "tok_ok",
)  # fmt: skip


class BodyMaker:
    """Makes the smallest body that a schema takes; `known` gives ids of things that are there."""

    def __init__(self, document: Mapping[str, Any], known: Known) -> None:
        self._schemas: Mapping[str, Any] = document["components"]["schemas"]
        self._known = known

    def of(self, operation: Mapping[str, Any], *, change: bool, also: Iterable[str] = ()) -> Any:
        """The body of an operation, with the members named in `also`; with `change` a patch, which says something."""
        schema = self._plain(operation["requestBody"]["content"]["application/json"]["schema"])
        body = self._value("", schema)
        also = also or ([] if body or not change else [next(iter(schema["properties"]))])
        return body | {name: self._value(name, schema["properties"][name]) for name in also}

    def _plain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        choices = [each for each in schema.get("anyOf", schema.get("oneOf", ())) if each.get("type") != "null"]
        return self._plain({**choices[0], "title": schema.get("title")}) if choices else schema

    def _value(self, name: str, schema: Mapping[str, Any]) -> Any:
        schema = self._plain(schema)
        for given in ("const", "default"):
            if schema.get(given) is not None:
                return schema[given]
        if "enum" in schema:
            return schema["enum"][0]
        makers = {"object": self._object, "array": self._array, "string": self._text, "boolean": lambda *_: True}
        return makers.get(schema.get("type", ""), _number)(name, schema)

    def _object(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        properties = schema.get("properties", {})
        return {each: self._value(each, properties[each]) for each in schema.get("required", ())}

    def _array(self, name: str, schema: Mapping[str, Any]) -> list[Any]:
        items = schema.get("prefixItems") or [schema["items"]] * schema.get("minItems", 0)
        return [self._value(name.removesuffix("s"), each) for each in items]

    def _text(self, name: str, schema: Mapping[str, Any]) -> str:
        if schema.get("format") == "date-time":
            return "2027-01-01T00:00:00Z"
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10_000)
        for text in (self._known(name), *_TEXTS, "word" * 8):
            fits = text is not None and shortest <= len(text) <= longest
            if fits and re.search(schema.get("pattern", ""), text):
                return str(text)
        raise AssertionError(f"teach factories.bodies a text for {name!r}: {schema}")


def _number(name: str, schema: Mapping[str, Any]) -> int:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return int(min(max(least, 1), schema.get("maximum", 10**9)))
