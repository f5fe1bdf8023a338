"""Bodies are taken as JSON says them, times and enums included; nothing is made into something else."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from daraa.market.http import Input


class Colour(StrEnum):
    RED = "red"


class Part(Input):
    size: Annotated[float, Field(ge=0)] = 0.0


class Whole(Input):
    count: Annotated[int, Field(ge=0)] = 1
    config: int = 0
    type: bool = False
    when: AwareDatetime | None = None
    colour: Colour | None = None
    numbers: tuple[int, ...] = ()
    moments: tuple[datetime, datetime] | None = None
    parts: list[Part] = Field(default_factory=list)
    part: Part | None = None
    flags: dict[str, bool] = Field(default_factory=dict)
    place: tuple[float, float] | None = None
    text: str | None = None


def read(body: dict[str, Any]) -> Whole:
    """As FastAPI reads a body that was parsed from JSON."""
    return TypeAdapter(Whole).validate_python(body, from_attributes=True)


NOON = "2026-11-23T12:00:00Z"


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ({"count": 36}, "count", 36),
        ({"type": True}, "type", True),
        ({"when": NOON}, "when", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ({"colour": "red"}, "colour", Colour.RED),
        ({"numbers": [1, 2]}, "numbers", (1, 2)),
        ({"moments": [NOON, NOON]}, "moments", (datetime(2026, 11, 23, 12, tzinfo=UTC),) * 2),
        ({"parts": [{"size": 1.5}]}, "parts", [Part(size=1.5)]),
        ({"part": {"size": 3}}, "part", Part(size=3.0)),
        ({"place": [36, 32.5]}, "place", (36.0, 32.5)),
    ],
)
def test_what_json_can_say_is_taken(body: dict[str, Any], name: str, value: object) -> None:
    found = getattr(read(body), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "body",
    [
        {"count": "36"}, {"count": 36.0}, {"count": True}, {"config": "1"}, {"type": 1}, {"type": "true"},
        {"when": 1_700_000_000}, {"when": "1700000000"}, {"when": "1e9"}, {"when": True}, {"colour": 1},
        {"numbers": ["1"]}, {"moments": [1, 2]}, {"parts": [{"size": "3"}]}, {"part": {"size": "36"}},
        {"part": {"size": True}}, {"flags": {"a": "yes"}}, {"place": ["36", 32.5]}, {"text": 7}, {"other": 1},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_is_made_into_something_else(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(body)


def test_the_description_of_a_body_stays_what_it_was() -> None:
    properties = Whole.model_json_schema()["properties"]
    assert properties["count"] == {"default": 1, "minimum": 0, "title": "Count", "type": "integer"}
    assert properties["when"]["anyOf"][0] == {"format": "date-time", "type": "string"}
