"""Makes request bodies exact: JSON's own kinds are taken as they are, and "36" never becomes 36 by the way.

pydantic's strict mode is for Python objects: it would refuse the texts by which JSON writes times and enums, and the
lists that become tuples. So only the kinds that JSON has itself are strict here, in whatever a body holds.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

_JSON_KINDS = ("int", "float", "bool")
_TIMES = ("datetime", "date", "time", "timedelta")
_NO_SCHEMAS = frozenset({"default", "metadata", "serialization", "config"})


def _exact(schema: Any) -> Any:
    """The schema with all inside it made exact, in place; a time's is wrapped."""
    if isinstance(schema, list | tuple):
        return type(schema)(_exact(each) for each in schema)
    if not isinstance(schema, dict):
        return schema
    for name, inner in schema.items():
        if name == "fields" and isinstance(inner, dict):  # by their names, which may be any word
            schema[name] = {field: _exact(each) for field, each in inner.items()}
        elif name not in _NO_SCHEMAS:
            schema[name] = _exact(inner)
    if schema.get("type") in _JSON_KINDS:
        schema["strict"] = True
    if schema.get("type") in _TIMES and not schema.get("metadata", {}).get("daraa_exact"):
        schema.setdefault("metadata", {})["daraa_exact"] = True
        return {"type": "function-before", "function": {"type": "no-info", "function": _said}, "schema": schema}
    return schema


def _said(value: Any) -> Any:
    """A time says its date; a number, or a text that is one, would be taken for so many seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _is_number(value)):
        raise PydanticCustomError("time_type", "Input should be a time as ISO 8601 writes it")
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class Exact(BaseModel):
    """A base whose whole numbers, numbers, truth values and times are made from nothing else, in nested parts too.

    A whole number is still taken where any number is wanted, for JSON has one kind of both; 1.0 is no whole number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _exact(handler.resolve_ref_schema(schema))
        return schema
