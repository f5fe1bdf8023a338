"""Customer profiles: tier, points and referral code of a shopper; addresses and orders live on their own."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Part,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class Tier(StrEnum):
    """How loyal a customer is."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


class ShoppingStats(Part):
    """What a customer bought so far; counted from events, rebuilt nightly."""

    order_count: Count = 0
    spent: Money


class CustomerProfile(Document):
    account_id: Annotated[Id, Ref("accounts")]
    tier: Tier = Tier.BRONZE
    points_cached: Count = 0
    default_address_id: Annotated[Id | None, Ref("addresses")] = None
    stats: ShoppingStats
    referral_code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{8}$")]
    cash_blocked: bool = False


CUSTOMER_PROFILES = Collection(
    CustomerProfile,
    name="customer_profiles",
    purpose="What the shop knows of one customer: tier, cached points, statistics and referral code.",
    prefix="cus",
    indexes=(
        Unique("account_id", serves="a customer by account"),
        Unique("referral_code", serves="a customer by referral code"),
        Index("tier", desc("id"), serves="customers of a tier, newest first"),
    ),
    retention=Keep(because="it lives as long as its account"),
    cache=NotCached(because="the tier decides discounts"),
    access=Access(app="find insert update"),
    shard_key=("account_id",),
)
