"""Merge patches (RFC 7396): what a request wants changed, and the guarded update that does it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import model_validator

from daraa.market.http import Input


class Patch(Input):
    """The base of every PATCH body: fields left out stay, null removes a field of `clearable`."""

    clearable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        for name in sorted(self.model_fields_set - self.clearable):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be removed: leave it out, or send a value")
        return self

    def given(self) -> dict[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


def update_of(fields: Mapping[str, Any], now: datetime, **increments: int) -> dict[str, Any]:
    """The update that sets `fields` (None removes one, for nulls are not stored) and makes the next version."""
    gone = {name: "" for name, value in fields.items() if value is None}
    kept = {name: value for name, value in fields.items() if value is not None}
    update: dict[str, Any] = {"$set": {**kept, "updated_at": now}, "$inc": {"ver": 1, **increments}}
    return update | ({"$unset": gone} if gone else {})


def changed_fields(before: Any, after: Any, names: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The named fields of two versions of a document as JSON-ready values, for the audit log."""
    include = set(names)
    return before.model_dump(mode="json", include=include), after.model_dump(mode="json", include=include)
