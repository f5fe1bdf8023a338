"""Order groups: one checkout, split into one order per store; its state is derived from them, never stored."""

from typing import Annotated

from daraa.collections.order_parts import OrderTotals
from daraa.declare import (
    Access,
    AtMost,
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


class Allocation(Part):
    """The share of one order in the group's money."""

    order_id: Annotated[Id, Ref("orders")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    total: Money


class OrderGroup(Document):
    number: str
    cart_id: Annotated[Id, Ref("carts")]
    attempt_id: Id
    customer_id: Annotated[Id, Ref("accounts")]
    coupon_id: Annotated[Id | None, Ref("coupons")] = None
    totals: OrderTotals
    allocations: Annotated[tuple[Allocation, ...], AtMost(50)]


ORDER_GROUPS = Collection(
    OrderGroup,
    name="order_groups",
    purpose="One checkout of one cart: its totals and how they split over the orders of the stores.",
    prefix="grp",
    indexes=(
        Unique("cart_id", serves="the order group of a cart"),
        Unique("number", serves="an order group by its number"),
        Index("customer_id", desc("id"), serves="a customer's order groups, newest first"),
    ),
    retention=Keep(because="it proves that a cart was placed once, after its orders went to the archive too"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert"),
    shard_key=("customer_id", "id"),
)
