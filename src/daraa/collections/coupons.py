"""Coupons: codes that lower a total; their limits are enforced when a use is claimed, never by counting."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.customer_profiles import Tier
from daraa.collections.parts import BasisPoints, Count, Hold
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
    Part,
    Present,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class CouponKind(StrEnum):
    """What a coupon gives."""

    PERCENTAGE = "percentage"
    FIXED = "fixed"
    FREE_SHIPPING = "free_shipping"


class Funder(StrEnum):
    """Whose earning a coupon lowers."""

    PLATFORM = "platform"
    STORE = "store"
    SHARED = "shared"


class CouponScope(Part):
    """What a coupon applies to; an empty list means no limit of that sort."""

    store_ids: Annotated[tuple[Annotated[Id, Ref("store_owner_profiles")], ...], AtMost(50)] = ()
    category_ids: Annotated[tuple[Annotated[Id, Ref("categories")], ...], AtMost(50)] = ()
    product_ids: Annotated[tuple[Annotated[Id, Ref("products")], ...], AtMost(100)] = ()
    tiers: Annotated[tuple[Tier, ...], AtMost(4)] = ()
    new_customers_only: bool = False


class Coupon(Document):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,32}$")]
    title: Localized | None = None
    store_id: Annotated[Id | None, Ref("store_owner_profiles")] = None
    kind: CouponKind
    rate_basis_points: BasisPoints | None = None
    amount: Money | None = None
    minimum_total: Money | None = None
    maximum_discount: Money | None = None
    scope: CouponScope = CouponScope()
    limit_total: Annotated[int | None, Field(ge=1)] = None
    limit_per_customer: Annotated[int | None, Field(ge=1)] = None
    used: Count = 0
    holds: Annotated[tuple[Hold, ...], AtMost(200)] = ()
    funder: Funder = Funder.PLATFORM
    platform_share_basis_points: BasisPoints = 10_000
    is_active: bool = True
    starts_at: Moment
    ends_at: Moment
    created_by: Annotated[Id, Ref("accounts")]


COUPONS = Collection(
    Coupon,
    name="coupons",
    purpose="One code that lowers a total: its value, scope, limits, uses, and who pays for it.",
    prefix="cpn",
    indexes=(
        Unique("code", serves="a coupon by its code"),
        Index("store_id", desc("id"), only=Present("store_id"), serves="a store's coupons, newest first"),
        Index("ends_at", only=Is("is_active", True), serves="active coupons by their end"),
        Index("holds.expires_at", serves="coupons whose holds expired"),
    ),
    retention=Keep(because="redemptions and orders name it"),
    cache=NotCached(because="it decides prices and its limit is claimed"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
