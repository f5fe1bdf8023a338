"""Delivery zones: the map of where orders are brought, and what that costs and takes."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    CachedEntity,
    Collection,
    Document,
    Geo,
    Id,
    Index,
    Keep,
    Localized,
    Part,
    Point,
    Polygon,
    Ref,
    Unique,
)
from daraa.kernel.money import Money

Minutes = Annotated[int, Field(ge=0, le=1440)]
"""A duration, or a time of day counted from midnight."""


class ZoneKind(StrEnum):
    """How large the zone is meant to be."""

    CITY = "city"
    DISTRICT = "district"
    NEIGHBORHOOD = "neighborhood"
    CUSTOM = "custom"


class ZoneStatus(StrEnum):
    """Only active zones are delivered to."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"


class WorkingHours(Part):
    """When couriers ride on one weekday (0 is Sunday), in local minutes from midnight."""

    day: Annotated[int, Field(ge=0, le=6)]
    opens_minutes: Minutes
    closes_minutes: Minutes
    is_open: bool = True


class DeliveryZone(Document):
    """A point belongs to the deepest active zone that covers it; between equals the lower `rank` wins."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    name: Localized
    kind: ZoneKind
    parent_id: Annotated[Id | None, Ref("delivery_zones")] = None
    depth: Annotated[int, Field(ge=0, le=5)] = 0
    rank: Annotated[int, Field(ge=0)] = 0
    status: ZoneStatus = ZoneStatus.ACTIVE
    polygon: Polygon
    center: Point
    fee: Money
    min_total: Money | None = None
    free_over: Money | None = None
    eta_min_minutes: Minutes = 30
    eta_max_minutes: Minutes = 60
    hours: Annotated[tuple[WorkingHours, ...], AtMost(7)] = ()


DELIVERY_ZONES = Collection(
    DeliveryZone,
    name="delivery_zones",
    purpose="An area that is delivered to, with its fee, least order and expected time.",
    prefix="dzn",
    indexes=(
        Unique("code", serves="a zone by its code"),
        Geo("polygon", serves="the zones that cover a point"),
        Index("status", "depth", "rank", serves="zones by status, from cities down to neighbourhoods"),
        Index("parent_id", "rank", serves="the zones inside a zone in order"),
    ),
    retention=Keep(because="orders and addresses refer to it"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("zone:{id}", "zones")),
    access=Access(app="find insert update"),
)
