"""Points transactions: loyalty points earned, spent and expired; earned rows are lots, burned first in, first out."""

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
    Is,
    Keep,
    Localized,
    Moment,
    NotCached,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class PointsTransactionType(StrEnum):
    """Why the points moved."""

    EARNED = "earned"
    SPENT = "spent"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    ADMIN_ADJUSTMENT = "admin_adjustment"


OPEN_LOT = Is("is_open", True)


class PointsTransaction(Document):
    """`amount` is signed, in `PTS`. A lot is open while `left` points of it are neither spent nor expired."""

    customer_id: Annotated[Id, Ref("accounts")]
    type: PointsTransactionType
    amount: Money
    balance_before: Money
    balance_after: Money
    business_key: Annotated[str, StringConstraints(pattern=r"^[a-z_]+:.+$", max_length=200)]
    left: Count = 0
    is_open: bool = False
    expires_at: Moment | None = None
    order_id: Annotated[Id | None, Ref("orders")] = None
    journal_id: Annotated[Id | None, Ref("journals")] = None
    description: Localized | None = None


POINTS_TRANSACTIONS = Collection(
    PointsTransaction,
    name="points_transactions",
    purpose="One movement of a customer's loyalty points; earned ones carry what is left of them.",
    prefix="pts",
    indexes=(
        Unique("business_key", serves="a points movement by its business key"),
        Index("customer_id", desc("id"), serves="a customer's points movements, newest first"),
        Index("customer_id", "expires_at", only=OPEN_LOT, serves="a customer's open lots, first to expire first"),
        Index("expires_at", only=OPEN_LOT, serves="open lots past their expiry"),
    ),
    retention=Keep(because="a balance of points must stay explainable"),
    cache=NotCached(because="points pay for orders"),
    access=Access(app="find insert update"),
    shard_key=("customer_id", "id"),
)
