"""Courier profiles: who delivers, with which vehicle, how much at once, and how much cash they carry."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Count, Note, Rating
from daraa.declare import (
    Access,
    All,
    AtMost,
    Collection,
    Document,
    Geo,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Part,
    Personal,
    Point,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class CourierStatus(StrEnum):
    """Whether a courier can take a task now."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    BUSY = "busy"
    ON_BREAK = "on_break"


class Verification(StrEnum):
    """Whether the platform trusts a courier."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


class VehicleKind(StrEnum):
    """What a courier rides."""

    MOTORCYCLE = "motorcycle"
    CAR = "car"
    BICYCLE = "bicycle"
    SCOOTER = "scooter"


class Vehicle(Part):
    """The vehicle of a courier."""

    kind: VehicleKind
    plate: Annotated[str | None, Personal] = None
    colour: str | None = None


class CourierProfile(Document):
    """Only an approved courier is ever available; `busy` is one who carries `max_active` tasks."""

    account_id: Annotated[Id, Ref("accounts")]
    status: CourierStatus = CourierStatus.OFFLINE
    verification: Verification = Verification.PENDING
    verification_note: Note | None = None
    national_number: Annotated[str | None, Personal] = None
    vehicle: Vehicle
    zone_ids: Annotated[tuple[Annotated[Id, Ref("delivery_zones")], ...], AtMost(50)] = ()
    max_active: Annotated[int, Field(ge=1, le=20)] = 3
    active_count: Count = 0
    cash_held: Money
    cash_limit: Money
    over_cash_limit: bool = False
    rating: Rating = Rating()
    location: Annotated[Point | None, Personal] = None
    located_at: Moment | None = None
    last_offered_at: Moment | None = None


READY = All(Is("status", CourierStatus.AVAILABLE), Is("over_cash_limit", False))


COURIER_PROFILES = Collection(
    CourierProfile,
    name="courier_profiles",
    purpose="A courier: trust, vehicle, zones, load, cash in custody, and the last place known (about a minute old).",
    prefix="cor",
    indexes=(
        Unique("account_id", serves="a courier by account"),
        Geo("location", serves="couriers near a point"),
        Index("verification", "id", serves="couriers by trust, longest waiting first"),
        Index(
            "zone_ids",
            "last_offered_at",
            only=READY,
            serves="couriers ready for a task of a zone, longest without an offer first",
        ),
        Index(desc("cash_held.amount"), only=Is("over_cash_limit", True), serves="couriers over their cash limit"),
    ),
    retention=Keep(because="orders and the ledger refer to it"),
    cache=NotCached(because="it decides who gets a task and who may take cash"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
