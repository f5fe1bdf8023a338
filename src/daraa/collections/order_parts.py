"""What an order is made of: lines as they were bought and the sealed totals, shared with groups and payments."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import BasisPoints, Count
from daraa.declare import AtMost, Id, Localized, Part, Ref
from daraa.kernel.money import Money


class PaymentMethod(StrEnum):
    """How a customer pays."""

    CASH = "cash"
    CARD = "card"
    POINTS = "points"
    WALLET = "wallet"
    MIXED = "mixed"


class StoreName(Part):
    """What an order shows of its store, as it was when it was placed."""

    name: Localized
    slug: str


class OrderTotals(Part):
    """What the money of an order is made of; total = goods - discount + delivery + tax + cash rounding."""

    goods: Money
    discount: Money
    delivery: Money
    tax: Money
    cash_rounding: Money
    total: Money


class LineDiscount(Part):
    """What lowered a line, and by how much."""

    source_id: Id
    amount: Money


class CommissionCopy(Part):
    """The commission as agreed when the order was placed; never shown to the customer."""

    rule_id: Annotated[Id, Ref("commission_rules")]
    rate_basis_points: BasisPoints
    base: Money
    amount: Money


class OrderLine(Part):
    """One variant as it was bought."""

    id: Id
    product_id: Annotated[Id, Ref("products")]
    variant_id: Annotated[Id, Ref("product_variants")]
    name: Localized
    sku: str
    image: str | None = None
    unit_price: Money
    quantity: Annotated[int, Field(ge=1, le=999)]
    discounts: Annotated[tuple[LineDiscount, ...], AtMost(10)] = ()
    total: Money
    commission: CommissionCopy
    returned_quantity: Count = 0
