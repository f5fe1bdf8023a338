"""Delivery tasks: one order's way to its customer, offered to couriers and accepted by one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.order_parts import StoreName
from daraa.collections.parts import AddressCopy, Note
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Part,
    Personal,
    Point,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class TaskState(StrEnum):
    """Waiting for an offer, offered to one courier, accepted by one, and on its way."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class OfferAnswer(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class Offer(Part):
    """One courier asked once."""

    courier_id: Annotated[Id, Ref("courier_profiles")]
    offered_at: Moment
    answer: OfferAnswer = OfferAnswer.OPEN


class Proof(Part):
    """How we know that it was handed over."""

    photo_key: Annotated[str | None, Personal] = None
    location: Annotated[Point | None, Personal] = None
    at: Moment


class FailureReason(StrEnum):
    """Why an attempt to hand an order over came to nothing."""

    CUSTOMER_ABSENT = "customer_absent"
    UNREACHABLE = "unreachable"
    ADDRESS_WRONG = "address_wrong"
    REFUSED = "refused"
    CASH_MISSING = "cash_missing"
    DAMAGED = "damaged"
    OTHER = "other"


class Failure(Part):
    """One attempt that came to nothing."""

    at: Moment
    reason: FailureReason
    note: Note | None = None


class DeliveryTask(Document):
    """`courier_id` is the courier it is offered to, and later the one who accepted it; `due_at` is when a waiting task
    is offered next. The customer's PIN is not stored: it follows from the task's id and a key of the installation.
    `pin_tries` counts wrong ones. The address is a copy, as the order's.
    """

    order_id: Annotated[Id, Ref("orders")]
    order_number: str | None = None
    customer_id: Annotated[Id | None, Ref("accounts")] = None
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    store: StoreName | None = None
    zone_id: Annotated[Id, Ref("delivery_zones")]
    courier_id: Annotated[Id | None, Ref("courier_profiles")] = None
    state: TaskState = TaskState.WAITING
    offers: Annotated[tuple[Offer, ...], AtMost(20)] = ()
    offer_expires_at: Moment | None = None
    due_at: Moment | None = None
    pickup: Point | None = None
    dropoff: Annotated[Point | None, Personal] = None
    address: Annotated[AddressCopy | None, Personal] = None
    pin_tries: Annotated[int, Field(ge=0, le=10)] = 0
    proof: Proof | None = None
    cod_due: Money | None = None
    cod_collected: Money | None = None
    failed_attempts: Annotated[int, Field(ge=0, le=10)] = 0
    failures: Annotated[tuple[Failure, ...], AtMost(10)] = ()
    picked_up_at: Moment | None = None
    delivered_at: Moment | None = None


DELIVERY_TASKS = Collection(
    DeliveryTask,
    name="delivery_tasks",
    purpose="The transport of one order: its courier, its offers, the cash to collect and the proof of delivery.",
    prefix="tsk",
    indexes=(
        Unique("order_id", serves="the delivery task of an order"),
        Index("courier_id", "state", desc("id"), serves="a courier's tasks by state, newest first"),
        Index("zone_id", "id", only=Is("state", TaskState.WAITING), serves="waiting tasks of a zone, oldest first"),
        Index("due_at", only=Is("state", TaskState.WAITING), serves="waiting tasks by when they are offered next"),
        Index("offer_expires_at", only=Is("state", TaskState.OFFERED), serves="offered tasks past their deadline"),
    ),
    retention=Keep(because="cash in a courier's custody is counted from it"),
    cache=NotCached(because="it decides who carries cash"),
    access=Access(app="find insert update"),
    shard_key=("order_id", "id"),
)
