"""Orders: what one customer bought from one store; its money never changes after placement."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.order_parts import CommissionCopy, OrderLine, OrderTotals, PaymentMethod, StoreName
from daraa.collections.parts import AddressCopy, Count, Note
from daraa.declare import (
    Access,
    Archive,
    AtMost,
    Collection,
    Document,
    Geo,
    Id,
    In,
    Index,
    Moment,
    Months,
    NotCached,
    Part,
    Personal,
    Present,
    Ref,
    Unique,
    desc,
)


class OrderStatus(StrEnum):
    """Where an order stands; the plan's "processing" is confirmed, preparing and ready."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PREPARING = "preparing"
    READY = "ready"
    PICKED_UP = "picked_up"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNING = "returning"
    RETURNED = "returned"


class PaymentState(StrEnum):
    """Whether an order is paid."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class OrderStep(Part):
    """One change of an order's state."""

    status: OrderStatus
    at: Moment
    by: Annotated[Id | None, Ref("accounts")] = None
    note: Note | None = None


class Order(Document):
    """`awaits_payment`: its card part is not captured yet, so nobody may confirm it. `delivery_commission` is the
    platform's share of the delivery fee, frozen like that of the lines; the rest is the courier's.
    """

    order_number: str
    group_id: Annotated[Id, Ref("order_groups")]
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    store: StoreName
    courier_id: Annotated[Id | None, Ref("courier_profiles")] = None
    order_status: OrderStatus = OrderStatus.PENDING
    payment_method: PaymentMethod
    payment_state: PaymentState = PaymentState.PENDING
    items: Annotated[tuple[OrderLine, ...], AtMost(100)]
    totals: OrderTotals
    totals_hash: str
    attempt_id: Id | None = None
    awaits_payment: bool = False
    delivery_commission: CommissionCopy | None = None
    return_days: Annotated[int, Field(ge=0, le=90)] = 7
    delivery_minutes: Count | None = None
    delivery_address: Annotated[AddressCopy, Personal]
    customer_note: Annotated[Note | None, Personal] = None
    cancel_reason: Note | None = None
    history: Annotated[tuple[OrderStep, ...], AtMost(40)] = ()
    due_at: Moment
    completed_at: Moment | None = None


OPEN = In("order_status", (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PREPARING, OrderStatus.READY))
FINISHED = In("order_status", (OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED))

ORDERS = Collection(
    Order,
    name="orders",
    purpose="What one customer bought from one store: lines, sealed totals, address copy and state.",
    prefix="ord",
    indexes=(
        Unique("order_number", serves="an order by its number"),
        Index("customer_id", "order_status", desc("created_at"), serves="a customer's orders by state, newest first"),
        Index("customer_id", "order_status", only=OPEN, serves="a customer's open orders"),
        Index("customer_id", desc("id"), serves="a customer's orders, newest first"),
        Index("store_id", "order_status", desc("created_at"), serves="a store's orders by state, newest first"),
        Index("courier_id", "order_status", only=Present("courier_id"), serves="a courier's orders by state"),
        Index("group_id", serves="the orders of a group"),
        Index("due_at", only=OPEN, serves="open orders by the time they are due"),
        Index("completed_at", "id", only=FINISHED, serves="finished orders by completion"),
        Geo("delivery_address.location", serves="deliveries near a point"),
    ),
    retention=Archive(after=Months(6), since="completed_at", when=FINISHED),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update", archiver="find remove"),
    shard_key=("customer_id", "id"),
)
