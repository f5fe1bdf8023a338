"""Disputes: complaints about order lines, talked over, decided by a person and executed once."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
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
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class DisputeType(StrEnum):
    """What went wrong, in the reporter's view."""

    WRONG_ITEM = "wrong_item"
    DAMAGED_ITEM = "damaged_item"
    LATE_DELIVERY = "late_delivery"
    MISSING_ITEM = "missing_item"
    PAYMENT_ISSUE = "payment_issue"
    OTHER = "other"


class DisputeState(StrEnum):
    """Where a dispute stands; it moves forward only."""

    OPEN = "open"
    WAITING_STORE = "waiting_store"
    WAITING_CUSTOMER = "waiting_customer"
    MEDIATING = "mediating"
    DECIDED = "decided"
    EXECUTED = "executed"


class DecisionKind(StrEnum):
    """What the mediator decided."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    COMPENSATION = "compensation"
    WARNING = "warning"
    NO_ACTION = "no_action"


class DisputedLine(Part):
    """How much of one order line is disputed."""

    line_id: Id
    quantity: Annotated[int, Field(ge=1)]
    reason: Annotated[str, StringConstraints(max_length=500)]


class Evidence(Part):
    """A photo or document, by its key in the object store."""

    object_key: Annotated[str, Personal]
    media_type: str
    added_by: Annotated[Id, Ref("accounts")]


class Message(Part):
    """One message of the conversation."""

    sender_id: Annotated[Id, Ref("accounts")]
    text: Annotated[str, StringConstraints(max_length=2000), Personal]
    by_admin: bool = False
    at: Moment


class Decision(Part):
    """The outcome; its money is posted once, under the business key `dispute:<id>`."""

    kind: DecisionKind
    amount: Money | None = None
    notes: str | None = None
    decided_by: Annotated[Id, Ref("accounts")]
    journal_id: Annotated[Id | None, Ref("journals")] = None


class Dispute(Document):
    order_id: Annotated[Id, Ref("orders")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    opened_by: Annotated[Id, Ref("accounts")]
    type: DisputeType
    state: DisputeState = DisputeState.OPEN
    is_open: bool = True
    priority: Annotated[int, Field(ge=1, le=4)] = 2  # 1 low … 4 urgent: a number, so that the queue sorts by it
    due_at: Moment
    description: Annotated[str, StringConstraints(max_length=2000), Personal]
    lines: Annotated[tuple[DisputedLine, ...], AtMost(100), Field(min_length=1)]
    evidence: Annotated[tuple[Evidence, ...], AtMost(20)] = ()
    messages: Annotated[tuple[Message, ...], AtMost(50)] = ()
    earlier_messages: Count = 0
    assigned_to: Annotated[Id | None, Ref("accounts")] = None
    decision: Decision | None = None
    resolved_at: Moment | None = None


DISPUTES = Collection(
    Dispute,
    name="disputes",
    purpose="A complaint about lines of one order, from its opening to the executed decision.",
    prefix="dsp",
    indexes=(
        Unique("lines.line_id", only=Is("is_open", True), serves="the open dispute of an order line"),
        Index("order_id", serves="the disputes of an order"),
        Index("store_id", desc("id"), serves="a store's disputes, newest first"),
        Index("opened_by", desc("id"), serves="the disputes an account opened, newest first"),
        Index("state", desc("priority"), "due_at", serves="the queue of disputes by state, most urgent first"),
    ),
    retention=Keep(because="money decisions rest on it"),
    cache=NotCached(because="an open dispute pauses a payout"),
    access=Access(app="find insert update"),
    shard_key=("order_id", "id"),
)
