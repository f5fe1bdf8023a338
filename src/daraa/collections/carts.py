"""Carts: what a customer or guest is about to buy; the cart is the arbiter of a placement attempt."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Currency
from daraa.declare import (
    Access,
    All,
    AtMost,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    Is,
    Localized,
    Moment,
    NotCached,
    Part,
    Personal,
    Present,
    Ref,
    Unique,
)
from daraa.kernel.money import Money


class CartState(StrEnum):
    """Where a cart stands between open and bought; `is_active` holds while it is open or placing."""

    OPEN = "open"
    PLACING = "placing"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


class Attempt(Part):
    """One try to place the cart; past the deadline it is burned."""

    id: Id
    deadline: Moment


class Quote(Part):
    """The total last shown; a quote, never an authority."""

    hash: str
    total: Money
    until: Moment


class CartItem(Part):
    """One variant in the cart, with a copy of what it looked like when it was added."""

    variant_id: Annotated[Id, Ref("product_variants")]
    product_id: Annotated[Id, Ref("products")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    quantity: Annotated[int, Field(ge=1, le=999)]
    name: Localized
    image: str | None = None
    last_price: Money
    added_at: Moment


class Cart(Document):
    customer_id: Annotated[Id | None, Ref("accounts")] = None
    guest_key_hash: Annotated[str | None, Personal] = None
    state: CartState = CartState.OPEN
    is_active: bool = True
    attempt: Attempt | None = None
    items: Annotated[tuple[CartItem, ...], AtMost(100)] = ()
    currency: Currency
    coupon_code: str | None = None
    address_id: Annotated[Id | None, Ref("addresses")] = None
    quote: Quote | None = None
    order_group_id: Annotated[Id | None, Ref("order_groups")] = None
    touched_at: Moment
    expires_at: Moment | None = None


ACTIVE = Is("is_active", True)

CARTS = Collection(
    Cart,
    name="carts",
    purpose="What one customer or guest is about to buy, from any number of stores.",
    prefix="crt",
    indexes=(
        Index("customer_id", "is_active", serves="a customer's carts by activity"),
        Index("customer_id", "items.product_id", serves="a customer's carts that hold a product"),
        Unique("customer_id", only=All(Present("customer_id"), ACTIVE), serves="a customer's open cart"),
        Unique("guest_key_hash", only=All(Present("guest_key_hash"), ACTIVE), serves="a guest's open cart"),
        Index("attempt.id", only=Present("attempt.id"), serves="a cart by its attempt"),
        Index("attempt.deadline", only=Is("state", CartState.PLACING), serves="carts in placement by deadline"),
        Index("touched_at", only=Is("state", CartState.OPEN), serves="open carts by their last touch"),
    ),
    retention=Expire(
        by="expires_at",
        set_by="guest carts when made; account carts by the job that releases their holds after 7 idle days",
    ),
    cache=NotCached(because="placement compares and sets it"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
