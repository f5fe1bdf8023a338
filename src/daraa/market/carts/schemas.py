"""What carts take and answer over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from daraa.kernel.ids import ID_PATTERN
from daraa.market.carts.lines import MOST_PIECES
from daraa.market.http import Input, MoneyOut

Reference = Annotated[str, Field(pattern=ID_PATTERN)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=MOST_PIECES)]


class AddLine(Input):
    """So many more of a variant."""

    variant_id: Reference
    quantity: Quantity = 1


class SetLine(Input):
    """Exactly so many of it."""

    quantity: Quantity


class CartAddress(Input):
    """One of the customer's addresses."""

    address_id: Reference


class StoreOfLine(BaseModel):
    """Who sells it; name and slug are null when the variant is gone."""

    id: str
    name: str | None
    slug: str | None


class CartLineOut(BaseModel):
    """`unit_price` is what it costs now, `last_price` what the shopper saw; `reason` why it cannot be bought."""

    variant_id: str
    product_id: str
    store: StoreOfLine
    name: str
    sku: str | None
    image: str | None
    quantity: int
    unit_price: MoneyOut | None
    last_price: MoneyOut
    price_changed: bool
    line_total: MoneyOut | None
    available: int
    sellable: bool
    reason: (
        Literal[
            "store_not_approved",
            "product_not_active",
            "variant_inactive",
            "variant_gone",
            "other_currency",
            "out_of_stock",
            "not_enough_stock",
        ]
        | None
    )
    added_at: datetime


class CartOut(BaseModel):
    """A cart; `goods` is what its sellable lines come to now. An account without a cart has one of version 0."""

    id: str | None
    state: Literal["open", "placing"]
    version: int
    currency: str | None
    lines: list[CartLineOut]
    goods: MoneyOut | None
    sellable: bool
    address_id: str | None
    expires_at: datetime | None


class GuestCartOut(BaseModel):
    """A new guest cart and the only sight of its key."""

    cart_key: str
    cart: CartOut


class LeftOutLine(BaseModel):
    """What of the guest's cart did not fit into the account's."""

    variant_id: str
    quantity: int
    reason: Literal["other_currency", "cart_full", "too_many"]


class MergedCartOut(BaseModel):
    """The account's cart after the merge."""

    cart: CartOut
    left_out: list[LeftOutLine]
