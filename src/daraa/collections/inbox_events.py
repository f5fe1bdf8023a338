"""Inbox events: the proof that a consumer has already taken an event, so that a second delivery does nothing."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.declare import Access, Collection, Document, Expire, KeyedBy, Moment, NotCached, Personal


class InboxState(StrEnum):
    """Received from outside and waiting, or applied with its effects."""

    RECEIVED = "received"
    APPLIED = "applied"


class InboxEvent(Document):
    """Written with the effect itself; a payment provider's event is kept as received first and applied later."""

    id: Annotated[str, KeyedBy("consumer and event: `<consumer>:<event id>`")]
    consumer: Annotated[str, StringConstraints(max_length=60)]
    event_id: Annotated[str, StringConstraints(max_length=200)]
    type: Annotated[str, StringConstraints(max_length=100)]
    state: InboxState = InboxState.APPLIED
    body: Annotated[str | None, StringConstraints(max_length=65_536), Personal] = None
    applied_at: Moment | None = None


INBOX_EVENTS = Collection(
    InboxEvent,
    name="inbox_events",
    purpose="That one consumer received one event; kept far longer than anyone repeats a delivery.",
    prefix="",
    retention=Expire(by="created_at", after=timedelta(days=90)),
    cache=NotCached(because="it decides whether an effect happens"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
