"""Payments: how one order is paid, online, from the wallet or in cash at the door."""

from enum import StrEnum
from typing import Annotated

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.parts import Note
from daraa.declare import (
    Access,
    All,
    Archive,
    AtMost,
    Collection,
    Document,
    Id,
    In,
    Index,
    Is,
    Moment,
    Months,
    NotCached,
    Part,
    Present,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class CashState(StrEnum):
    """Where the cash of an order is; it cannot be spent before it is remitted."""

    DUE = "due"
    COLLECTED = "collected"
    REMITTED = "remitted"
    SETTLED = "settled"
    WAIVED = "waived"
    SHORT = "short"
    OVER = "over"


class PaymentPart(Part):
    """One means of a mixed payment; the parts sum to the amount."""

    method: PaymentMethod
    amount: Money


class PaymentTry(Part):
    """One exchange with the provider."""

    at: Moment
    status: PaymentStatus
    provider_code: str | None = None


class Payment(Document):
    order_id: Annotated[Id, Ref("orders")]
    group_id: Annotated[Id, Ref("order_groups")]
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    courier_id: Annotated[Id | None, Ref("courier_profiles")] = None
    method: PaymentMethod
    parts: Annotated[tuple[PaymentPart, ...], AtMost(5)]
    amount: Money
    captured: Money
    refundable: Money
    status: PaymentStatus = PaymentStatus.PENDING
    cash_state: CashState | None = None
    remittance_id: Annotated[Id | None, Ref("remittances")] = None
    intent_id: Annotated[Id | None, Ref("payment_intents")] = None
    provider: str | None = None
    provider_ref: str | None = None
    tries: Annotated[tuple[PaymentTry, ...], AtMost(20)] = ()
    failure_reason: Note | None = None
    paid_at: Moment | None = None
    completed_at: Moment | None = None


PENDING = Is("status", PaymentStatus.PENDING)
PROCESSING = Is("status", PaymentStatus.PROCESSING)
FINISHED = In(
    "status",
    (
        PaymentStatus.COMPLETED,
        PaymentStatus.FAILED,
        PaymentStatus.CANCELLED,
        PaymentStatus.PARTIALLY_REFUNDED,
        PaymentStatus.REFUNDED,
    ),
)

PAYMENTS = Collection(
    Payment,
    name="payments",
    purpose="The payment of one order: its means, what was captured and may be refunded; completed with its order.",
    prefix="pay",
    indexes=(
        Unique("order_id", serves="the payment of an order"),
        Index("group_id", serves="the payments of an order group"),
        Index("store_id", "status", desc("created_at"), serves="a store's payments by state, newest first"),
        Index("store_id", "status", only=PENDING, serves="a store's pending payments"),
        Unique(
            "provider",
            "provider_ref",
            only=All(Present("provider"), Present("provider_ref")),
            serves="a payment by its provider's reference",
        ),
        Index("updated_at", only=PROCESSING, serves="payments in processing by their last change"),
        Index("courier_id", "cash_state", only=Present("courier_id"), serves="a courier's cash payments by state"),
        Index("completed_at", "id", only=FINISHED, serves="finished payments by completion"),
    ),
    retention=Archive(after=Months(6), since="completed_at", when=FINISHED),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update", archiver="find remove"),
    shard_key=("customer_id", "id"),
)
