"""Refunds: money given back, each once, never more than was captured."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Count, Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
    Present,
    Ref,
)
from daraa.kernel.money import Money


class RefundStatus(StrEnum):
    """Where a refund stands; the provider is called after `approved` is committed."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class RefundMethod(StrEnum):
    """Where the money goes."""

    ORIGINAL_PAYMENT = "original_payment"
    WALLET = "wallet"
    POINTS = "points"


class Refund(Document):
    """Nobody asked for one that the platform owes by itself (a late capture). `due_at` is when the provider is called
    (again); without it nothing is left to do. `intent_id` is the charge on which it goes back.
    """

    payment_id: Annotated[Id, Ref("payments")]
    order_id: Annotated[Id, Ref("orders")]
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    amount: Money
    method: RefundMethod
    reason: Note
    status: RefundStatus = RefundStatus.REQUESTED
    requested_by: Annotated[Id | None, Ref("accounts")] = None
    approved_by: Annotated[Id | None, Ref("accounts")] = None
    intent_id: Annotated[Id | None, Ref("payment_intents")] = None
    provider_ref: str | None = None
    tries: Count = 0
    due_at: Moment | None = None
    failure_reason: Note | None = None
    journal_id: Annotated[str | None, Ref("journals")] = None
    done_at: Moment | None = None


REFUNDS = Collection(
    Refund,
    name="refunds",
    purpose="One sum given back on one payment: who asked, who approved, where it went.",
    prefix="ref",
    indexes=(
        Index("payment_id", serves="the refunds of a payment"),
        Index("order_id", serves="the refunds of an order"),
        Index("status", "id", serves="refunds of a state, longest waiting first"),
        Index("due_at", only=Present("due_at"), serves="refunds that the provider is to make, longest due first"),
    ),
    retention=Keep(because="it proves that money went back"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("customer_id", "id"),
)
