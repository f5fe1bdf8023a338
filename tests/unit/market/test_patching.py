"""Merge patches: what is left out stays, null removes only what may be removed, the next version is made."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from daraa.market.patching import Patch, update_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Change(Patch):
    """An example."""

    clearable: ClassVar[frozenset[str]] = frozenset({"note"})
    name: str | None = None
    note: str | None = None


@pytest.mark.parametrize("body", [{}, {"name": None}, {"name": None, "note": "x"}, {"other": 1}])
def test_a_patch_that_says_nothing_or_too_much_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Change.model_validate(body)


def test_only_what_was_sent_is_given() -> None:
    assert Change.model_validate({"note": None}).given() == {"note": None}
    assert Change.model_validate({"name": "a"}).given() == {"name": "a"}


def test_a_removed_field_is_unset_for_nulls_are_not_stored() -> None:
    assert update_of({"name": "a", "note": None}, NOW, count=2) == {
        "$set": {"name": "a", "updated_at": NOW},
        "$unset": {"note": ""},
        "$inc": {"ver": 1, "count": 2},
    }
    assert "$unset" not in update_of({"name": "a"}, NOW)
