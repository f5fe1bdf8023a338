"""Delivery tasks: one order's way to its customer, offered to couriers and accepted by one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

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
    Secret,
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


class DeliveryTask(Document):
    order_id: Annotated[Id, Ref("orders")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    zone_id: Annotated[Id, Ref("delivery_zones")]
    courier_id: Annotated[Id | None, Ref("courier_profiles")] = None
    state: TaskState = TaskState.WAITING
    offers: Annotated[tuple[Offer, ...], AtMost(20)] = ()
    offer_expires_at: Moment | None = None
    pickup: Point
    dropoff: Annotated[Point | None, Personal] = None
    pin_hash: Annotated[str | None, Secret] = None
    proof: Proof | None = None
    cod_due: Money | None = None
    cod_collected: Money | None = None
    failed_attempts: Annotated[int, Field(ge=0, le=10)] = 0
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
        Index("offer_expires_at", only=Is("state", TaskState.OFFERED), serves="offered tasks past their deadline"),
    ),
    retention=Keep(because="cash in a courier's custody is counted from it"),
    cache=NotCached(because="it decides who carries cash"),
    access=Access(app="find insert update"),
    shard_key=("order_id", "id"),
)
