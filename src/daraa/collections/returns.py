"""Returns: goods that a customer sends back, line by line, until refunded, replaced or rejected."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Decision, Note
from daraa.collections.refunds import RefundMethod
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
    Part,
    Ref,
    desc,
)


class ReturnStatus(StrEnum):
    """Where a return stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    PICKED_UP = "picked_up"
    INSPECTED = "inspected"
    REFUNDED = "refunded"
    REPLACED = "replaced"
    REJECTED_BACK = "rejected_back"


class ReturnReason(StrEnum):
    """Why a line comes back."""

    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    OTHER = "other"


class ReturnMethod(StrEnum):
    """How the goods come back."""

    COURIER_PICKUP = "courier_pickup"
    DROP_OFF = "drop_off"


class ReturnLine(Part):
    """How much of one order line comes back."""

    order_line_id: Id
    quantity: Annotated[int, Field(ge=1, le=999)]
    reason: ReturnReason
    detail: Note | None = None
    images: Annotated[tuple[str, ...], AtMost(6)] = ()


class Return(Document):
    order_id: Annotated[Id, Ref("orders")]
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    lines: Annotated[tuple[ReturnLine, ...], AtMost(100)]
    method: ReturnMethod
    refund_method: RefundMethod = RefundMethod.WALLET
    status: ReturnStatus = ReturnStatus.REQUESTED
    store_decision: Decision | None = None
    admin_decision: Decision | None = None
    refund_id: Annotated[Id | None, Ref("refunds")] = None
    due_at: Moment
    closed_at: Moment | None = None


RETURNS = Collection(
    Return,
    name="returns",
    purpose="One request to send goods of an order back: lines with reasons, decisions and the outcome.",
    prefix="ret",
    indexes=(
        Index("order_id", serves="the returns of an order"),
        Index("customer_id", desc("id"), serves="a customer's returns, newest first"),
        Index("store_id", "status", desc("id"), serves="a store's returns by state, newest first"),
        Index("status", "due_at", serves="returns of a state by the time they are due"),
    ),
    retention=Keep(because="it proves why money went back"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("order_id",),
)
