"""Payouts: earnings sent to the bank account of a store or courier, each earning once."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
    Personal,
    Ref,
    desc,
)
from daraa.kernel.money import Money


class PayeeKind(StrEnum):
    """Who is paid."""

    STORE = "store"
    COURIER = "courier"


class PayoutState(StrEnum):
    """Draft has claimed its lines; returned money becomes payable again through a new journal."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    PAID = "paid"
    RETURNED = "returned"


class Payout(Document):
    """`amount` is the sum of its lines; `payee_id` is the store or the courier profile."""

    payee_kind: PayeeKind
    payee_id: Id
    wallet_id: Annotated[Id, Ref("wallets")]
    state: PayoutState = PayoutState.DRAFT
    amount: Money
    line_count: Count
    period_from: Moment
    period_to: Moment
    bank_account: Annotated[str, Personal]
    bank_reference: Annotated[str | None, Personal] = None
    approved_by: Annotated[Id | None, Ref("accounts")] = None
    sent_at: Moment | None = None
    paid_at: Moment | None = None
    journal_id: Annotated[Id | None, Ref("journals")] = None


PAYOUTS = Collection(
    Payout,
    name="payouts",
    purpose="One transfer of earnings to a store or courier, from draft to the bank's confirmation.",
    prefix="pyt",
    indexes=(
        Index("payee_id", desc("id"), serves="a payee's payouts, newest first"),
        Index("state", "id", serves="payouts by state, oldest first"),
    ),
    retention=Keep(because="the books refer to it"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("payee_id", "id"),
)
