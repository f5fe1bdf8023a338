"""Refunds: money given back, each once, never more than was captured."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.parts import Note
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
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
    payment_id: Annotated[Id, Ref("payments")]
    order_id: Annotated[Id, Ref("orders")]
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    amount: Money
    method: RefundMethod
    reason: Note
    status: RefundStatus = RefundStatus.REQUESTED
    requested_by: Annotated[Id, Ref("accounts")]
    approved_by: Annotated[Id | None, Ref("accounts")] = None
    provider_ref: str | None = None
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
    ),
    retention=Keep(because="it proves that money went back"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("customer_id", "id"),
)
