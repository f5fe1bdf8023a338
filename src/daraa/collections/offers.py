"""Offers: a store's automatic discounts, evaluated by a pure function over the cart."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import BasisPoints, Count
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Moment,
    NotCached,
    Ref,
    desc,
)
from daraa.kernel.money import Money


class DiscountKind(StrEnum):
    """How a discount is counted."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"


class OfferStatus(StrEnum):
    """Where an offer stands; jobs start and end it by its dates."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    ENDED = "ended"


class Offer(Document):
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    title: Localized
    description: Localized | None = None
    image: str | None = None
    kind: DiscountKind
    rate_basis_points: BasisPoints | None = None
    amount: Money | None = None
    minimum_total: Money | None = None
    maximum_discount: Money | None = None
    product_ids: Annotated[tuple[Annotated[Id, Ref("products")], ...], AtMost(100)] = ()
    priority: Count = 0
    is_exclusive: bool = False
    status: OfferStatus = OfferStatus.DRAFT
    starts_at: Moment
    ends_at: Moment


OFFERS = Collection(
    Offer,
    name="offers",
    purpose="One automatic discount of a store: on which products (none means all), how much, and when.",
    prefix="off",
    indexes=(
        Index("store_id", "status", desc("id"), serves="a store's offers by state, newest first"),
        Index("product_ids", only=Is("status", OfferStatus.ACTIVE), serves="active offers on products"),
        Index("status", "starts_at", serves="offers of a state by their start"),
        Index("status", "ends_at", serves="offers of a state by their end"),
    ),
    retention=Keep(because="order lines name the offer that lowered them"),
    cache=NotCached(because="it decides prices"),
    access=Access(app="find insert update"),
    shard_key=("store_id",),
)
