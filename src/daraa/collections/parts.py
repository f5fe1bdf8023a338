"""Pieces that several collections share."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import Id, Moment, Part, Personal, Point, Ref

Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""A telephone number in E.164 form."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=120)]
"""The readable name of a thing in a URL."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code; `PTS` counts loyalty points."""
Note = Annotated[str, StringConstraints(max_length=500)]
"""A short free text."""
Count = Annotated[int, Field(ge=0)]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
"""A rate in hundredths of a percent."""


class Rating(Part):
    """Stars given so far; the mean is sum/count. Changed by events, rebuilt nightly."""

    sum: Count = 0
    count: Count = 0


class AddressCopy(Part):
    """A full copy of an address as it was when it was used; history on purpose, never synced."""

    recipient: Annotated[str, Personal]
    phone: Annotated[Phone, Personal]
    city: str
    area: str | None = None
    street: Annotated[str | None, Personal] = None
    landmark: Annotated[str | None, Personal] = None
    zone_id: Annotated[Id | None, Ref("delivery_zones")] = None
    location: Annotated[Point | None, Personal] = None


class Locale(StrEnum):
    """The languages in which the platform speaks to a person."""

    AR = "ar"
    EN = "en"


class Hold(Part):
    """Something set aside for one placement attempt until its time runs out or the attempt completes."""

    attempt_id: Id
    quantity: Annotated[int, Field(ge=1)]
    expires_at: Moment


class Decision(Part):
    """What somebody decided about a request, when and why."""

    approved: bool
    by: Annotated[Id, Ref("accounts")]
    at: Moment
    note: Note | None = None
