"""What a stored document may be made of: one frozen base, nested parts, and the markers that annotate fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from daraa.declare.names import to_db_name
from daraa.kernel.ids import ID_PATTERN


@dataclass(frozen=True, slots=True)
class AtMost:
    """The bound that every array and map must carry: how many elements it may hold."""

    count: int


@dataclass(frozen=True, slots=True)
class Ref:
    """The field holds the id of a document in the named collection (Python name, e.g. `accounts`)."""

    collection: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How carefully a field must be handled; use the markers `Personal` and `Secret`."""

    level: Literal["personal", "secret"]


Personal = Sensitivity("personal")
"""Tells something about a person: masked in logs and read-only views, reached by erasure."""
Secret = Sensitivity("secret")
"""Never leaves the database in any answer, log or view (password hashes, one-time codes)."""

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""A `prefix_uuidv7` string."""
Moment = AwareDatetime
"""A UTC time in whole milliseconds."""


def _document_name(name: str) -> str:
    return "_id" if name == "id" else to_db_name(name)


class Part(BaseModel):
    """A nested piece of a document: frozen, nothing unknown allowed, camelCase in the database."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=to_db_name,
        validate_by_name=True,
        validate_by_alias=True,
    )


class Document(BaseModel):
    """A stored document. `ver` counts its changes (the ETag), `schema_v` says which shape it was written in."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        alias_generator=_document_name,
        validate_by_name=True,
        validate_by_alias=True,
    )

    id: Id
    ver: Annotated[int, Field(ge=1)] = 1
    schema_v: Annotated[int, Field(ge=1)] = 1
    created_at: Moment
    updated_at: Moment


@dataclass(frozen=True, slots=True)
class KeyedBy:
    """Marks an `id` that is a natural key instead of a random one, and says of what it is made."""

    what: str


class Localized(Part):
    """A text in both languages of the platform."""

    ar: Annotated[str, StringConstraints(max_length=5000)]
    en: Annotated[str, StringConstraints(max_length=5000)]


Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Position = tuple[Longitude, Latitude]


class Point(Part):
    """A GeoJSON point; coordinates are [longitude, latitude] in WGS 84 degrees."""

    type: Literal["Point"] = "Point"
    coordinates: Position


class LineString(Part):
    """A GeoJSON line of at most 1,000 positions."""

    type: Literal["LineString"] = "LineString"
    coordinates: Annotated[tuple[Position, ...], AtMost(1000)]


class Polygon(Part):
    """A GeoJSON polygon: an outer ring (first position repeated last) and holes; at most 1,000 positions a ring."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: Annotated[tuple[Annotated[tuple[Position, ...], AtMost(1000)], ...], AtMost(10)]


def stamp(moment: datetime) -> dict[str, Any]:
    """The two time fields of a new document."""
    return {"created_at": moment, "updated_at": moment}
