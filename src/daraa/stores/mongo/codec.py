"""Between our frozen models and what the driver sends: camelCase names, plain strings for enums, no stored nulls."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel

from daraa.declare.document import Document
from daraa.declare.names import to_db_path

D = TypeVar("D", bound=Document)


def encode(document: BaseModel) -> dict[str, Any]:
    """A model as the driver takes it. Absent means None: a missing optional field is not stored."""
    return document.model_dump(by_alias=True, exclude_none=True)


def decode(model: type[D], raw: Mapping[str, Any]) -> D:
    """A stored document as its model. Lenient about int for float and list for tuple, strict about names."""
    return model.model_validate(raw, strict=False)


def encode_value(value: Any) -> Any:
    """A filter or update value as the driver takes it."""
    if isinstance(value, BaseModel):
        return encode(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [encode_value(each) for each in value]
    return value


def encode_names(words: Mapping[str, Any]) -> dict[str, Any]:
    """A filter or update written with Python paths, in database names; operators (`$set`) are kept."""
    encoded: dict[str, Any] = {}
    for key, value in words.items():
        if key.startswith("$"):
            encoded[key] = encode_names(value) if isinstance(value, Mapping) else encode_value(value)
        elif isinstance(value, Mapping) and any(str(inner).startswith("$") for inner in value):
            encoded[to_db_path(key)] = {op: encode_value(inner) for op, inner in value.items()}
        else:
            encoded[to_db_path(key)] = encode_value(value)
    return encoded
