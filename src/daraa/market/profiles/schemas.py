"""What the routes of addresses take and give."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from daraa.collections.addresses import Address, AddressKind
from daraa.declare import Point
from daraa.kernel.ids import ID_PATTERN
from daraa.market.accounts.schemas import Line, PhoneIn
from daraa.market.http import Input
from daraa.market.texts import PARAGRAPHS_PATTERN

Short = Annotated[Line, StringConstraints(max_length=100)]
Long = Annotated[Line, StringConstraints(max_length=200)]
Instructions = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=PARAGRAPHS_PATTERN)
]
ZoneId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class PlaceIn(Input):
    """A position in WGS 84 degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class AddressIn(Input):
    """A new address; the first one is the default."""

    label: Short
    kind: AddressKind = AddressKind.HOME
    recipient: Long
    phone: PhoneIn
    city: Short
    area: Short | None = None
    street: Long | None = None
    building: Short | None = None
    landmark: Long | None = None
    instructions: Instructions | None = None
    location: PlaceIn | None = None
    zone_id: ZoneId | None = None
    is_default: bool = False


class AddressChange(Input):
    """A merge patch: what is left out stays, null takes an optional field away. Another default is chosen by itself."""

    label: Short | None = None
    kind: AddressKind | None = None
    recipient: Long | None = None
    phone: PhoneIn | None = None
    city: Short | None = None
    area: Short | None = None
    street: Long | None = None
    building: Short | None = None
    landmark: Long | None = None
    instructions: Instructions | None = None
    location: PlaceIn | None = None
    zone_id: ZoneId | None = None
    is_default: Literal[True] | None = None


NEEDED = frozenset({"label", "kind", "recipient", "phone", "city"})


class AddressOut(BaseModel):
    """An address."""

    id: str
    label: str
    kind: AddressKind
    recipient: str
    phone: str
    city: str
    area: str | None
    street: str | None
    building: str | None
    landmark: str | None
    instructions: str | None
    location: PlaceIn | None
    zone_id: str | None
    is_default: bool


def address_words(given: Input, *, only_set: bool) -> dict[str, Any]:
    """The fields of the document; `location` as a point."""
    names = given.model_fields_set if only_set else set(type(given).model_fields)
    words = {name: getattr(given, name) for name in names if name != "is_default"}
    place = words.get("location")
    if place is not None:
        words["location"] = Point(coordinates=(place.longitude, place.latitude))
    return words


def address_row(address: Address) -> dict[str, Any]:
    """An address for its owner."""
    words = {name: getattr(address, name) for name in AddressOut.model_fields if name != "location"}
    place = None
    if address.location is not None:
        longitude, latitude = address.location.coordinates
        place = PlaceIn(latitude=latitude, longitude=longitude)
    return AddressOut(location=place, **words).model_dump(mode="json")
