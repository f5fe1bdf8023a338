"""Coupon redemptions: every use of a coupon; the numbers make a customer's limit a unique key."""

from typing import Annotated

from pydantic import Field

from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    NotCached,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class CouponRedemption(Document):
    coupon_id: Annotated[Id, Ref("coupons")]
    customer_id: Annotated[Id, Ref("accounts")]
    order_group_id: Annotated[Id, Ref("order_groups")]
    use_number: Annotated[int, Field(ge=1)]
    discount: Money


COUPON_REDEMPTIONS = Collection(
    CouponRedemption,
    name="coupon_redemptions",
    purpose="One use of a coupon by one customer in one order group, with the discount it gave.",
    prefix="cpr",
    indexes=(
        Unique("coupon_id", "customer_id", "use_number", serves="a customer's uses of a coupon by number"),
        Unique("coupon_id", "order_group_id", serves="the use of a coupon in an order group"),
        Index("customer_id", desc("id"), serves="a customer's coupon uses, newest first"),
    ),
    retention=Keep(because="the coupon proof counts them"),
    cache=NotCached(because="it decides whether a coupon may be used again"),
    access=Access(app="find insert"),
    shard_key=("coupon_id",),
)
