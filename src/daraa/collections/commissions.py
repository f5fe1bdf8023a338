"""Commissions: what the platform earns on an order, settled from the rule frozen on its lines."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import BasisPoints
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class CommissionKind(StrEnum):
    """What the commission is taken on."""

    PLATFORM = "platform"
    DELIVERY = "delivery"
    PAYMENT = "payment"


class CommissionStatus(StrEnum):
    """Accrued at placement, earned once the return window is over, reversed when the order is undone."""

    ACCRUED = "accrued"
    EARNED = "earned"
    REVERSED = "reversed"


class Commission(Document):
    """`amount` is `base` times `rate_bp`; `reversed_amount` is what partial refunds took back, pro rata."""

    order_id: Annotated[Id, Ref("orders")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    courier_id: Annotated[Id | None, Ref("courier_profiles")] = None
    kind: CommissionKind
    status: CommissionStatus = CommissionStatus.ACCRUED
    rule_id: Annotated[Id | None, Ref("commission_rules")] = None
    base: Money
    rate_bp: BasisPoints
    amount: Money
    reversed_amount: Money
    due_at: Moment
    earned_at: Moment | None = None
    journal_id: Annotated[Id | None, Ref("journals")] = None


COMMISSIONS = Collection(
    Commission,
    name="commissions",
    purpose="The platform's earning of one kind on one order.",
    prefix="com",
    indexes=(
        Index("store_id", "status", desc("created_at"), serves="a store's commissions by status, newest first"),
        Index("order_id", serves="the commissions of an order"),
        Unique("order_id", "kind", serves="an order's commission of a kind"),
        Index("due_at", only=Is("status", CommissionStatus.ACCRUED), serves="accrued commissions past their window"),
    ),
    retention=Keep(because="the books refer to it"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("store_id", "id"),
)
