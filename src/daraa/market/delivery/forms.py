"""What couriers, sellers and admins send to delivery: strict bodies, bounded everywhere."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from daraa.collections.courier_profiles import VehicleKind
from daraa.collections.delivery_zones import ZoneKind
from daraa.declare import Id, Localized, Point, Polygon
from daraa.kernel.money import CURRENCY_PATTERN, INT64_MAX, Money
from daraa.market.http import Input, Parameters
from daraa.market.texts import LINE_PATTERN

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=LINE_PATTERN)]
Minutes = Annotated[int, Field(ge=0, le=1440)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="In degrees.")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="In degrees.")]
Place = tuple[Longitude, Latitude]
Ring = Annotated[list[Place], Field(min_length=4, max_length=1000)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=LINE_PATTERN)]
_Mark = StringConstraints(strip_whitespace=True, min_length=2, max_length=30, pattern=LINE_PATTERN)


MOST_POSITIONS = 1_000
"""Of one zone in all; every pair of edges may have to be compared."""


class AmountIn(Input):
    """An amount of whole minor units, zero or more."""

    amount: Annotated[int, Field(ge=0, le=INT64_MAX // 1_000)]
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)]

    def money(self) -> Money:
        """The same as the kernel's Money."""
        return Money(amount=self.amount, currency=self.currency)


class LatLng(Input):
    """A place, in WGS 84 degrees."""

    lat: Latitude
    lng: Longitude

    def point(self) -> Point:
        """The same as GeoJSON."""
        return Point(coordinates=(self.lng, self.lat))


class LocatedAt(Parameters):
    """A place in a query, in WGS 84 degrees."""

    lat: Latitude
    lng: Longitude

    def point(self) -> Point:
        """The same as GeoJSON."""
        return Point(coordinates=(self.lng, self.lat))


class Names(Input):
    """A name in both languages."""

    ar: Text
    en: Text

    def localized(self) -> Localized:
        """The same as it is stored."""
        return Localized(ar=self.ar, en=self.en)


class Area(Input):
    """A GeoJSON polygon: rings of [longitude, latitude], the first one outside, the others holes."""

    type: Annotated[str, Field(pattern="^Polygon$")] = "Polygon"
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if sum(len(ring) for ring in self.coordinates) > MOST_POSITIONS:
            raise ValueError(f"a zone has at most {MOST_POSITIONS} positions in all its rings")
        return self

    def polygon(self) -> Polygon:
        """The same as it is stored."""
        return Polygon(coordinates=tuple(tuple(ring) for ring in self.coordinates))


class NewZone(Input):
    """A zone to be drawn; it is not delivered to before it is activated."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    name: Names
    kind: ZoneKind
    parent_id: Id | None = None
    rank: Annotated[int, Field(ge=0, le=10_000)] = 0
    polygon: Area
    center: LatLng
    fee: AmountIn
    min_total: AmountIn | None = None
    free_over: AmountIn | None = None
    eta_min_minutes: Minutes = 30
    eta_max_minutes: Minutes = 60

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        _check_order(self.eta_min_minutes, self.eta_max_minutes)
        return self


class ZoneChange(Input):
    """The fields of a zone that change; what is left out stays, `min_total` and `free_over` as null go away."""

    name: Names | None = None
    rank: Annotated[int | None, Field(ge=0, le=10_000)] = None
    polygon: Area | None = None
    center: LatLng | None = None
    fee: AmountIn | None = None
    min_total: AmountIn | None = None
    free_over: AmountIn | None = None
    eta_min_minutes: Minutes | None = None
    eta_max_minutes: Minutes | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("say at least one field to change")
        for name in self.model_fields_set - {"min_total", "free_over"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class Terms(Input):
    """A store's own terms for a zone; what is left out is the zone's own."""

    fee: AmountIn | None = None
    min_total: AmountIn | None = None
    free_over: AmountIn | None = None
    eta_min_minutes: Minutes | None = None
    eta_max_minutes: Minutes | None = None
    is_active: bool = True
    rank: Annotated[int, Field(ge=0, le=10_000)] = 0

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        _check_order(self.eta_min_minutes, self.eta_max_minutes)
        return self


def _check_order(shortest: int | None, longest: int | None) -> None:
    if shortest is not None and longest is not None and shortest > longest:
        raise ValueError("eta_min_minutes is above eta_max_minutes")


class VehicleIn(Input):
    """What the courier rides."""

    kind: VehicleKind
    plate: Annotated[str, _Mark, StringConstraints(max_length=20)] | None = None
    colour: Annotated[str, _Mark] | None = None


class Application(Input):
    """Somebody wants to deliver; the zones are those whose tasks will be offered."""

    vehicle: VehicleIn
    national_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,20}$")]
    zone_ids: Annotated[list[Id], Field(min_length=1, max_length=50)]


class ShiftState(StrEnum):
    """What a courier may say of themselves; `busy` follows from the tasks carried."""

    AVAILABLE = "available"
    OFFLINE = "offline"
    ON_BREAK = "on_break"


class Shift(Input):
    """The courier starts, pauses or ends the shift."""

    status: ShiftState


class Why(Input):
    """Why an admin decides so; it stands in the audit log and is shown to the courier."""

    reason: Reason


class Approval(Input):
    """Why a courier is approved, and what they may carry."""

    reason: Reason
    max_active: Annotated[int, Field(ge=1, le=20)] = 3
    cash_limit: AmountIn | None = None


class Assignment(Input):
    """Who is to carry a task, and why it was not left to the offers."""

    courier_id: Id
    reason: Reason
