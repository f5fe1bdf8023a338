"""Outbox events: what happened, written in the transaction that made it happen and relayed at least once."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Expire, Id, Index, Is, Moment, NotCached, Personal, Unique


class OutboxState(StrEnum):
    """Dead events were tried too often and wait for a person."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class OutboxEvent(Document):
    """`sequence` is the aggregate's `ver` after the change it tells of, so it only grows; `payload` is JSON text.

    `due_at` is when the relay may try it (again); `fence` is the token of the relay that touched it last.
    """

    aggregate: Annotated[str, StringConstraints(max_length=60)]
    aggregate_id: Id
    sequence: Annotated[int, Field(ge=1)]
    type: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=100)]
    version: Annotated[int, Field(ge=1)] = 1
    occurred_at: Moment
    payload: Annotated[str, StringConstraints(max_length=65_536), Personal]
    traceparent: Annotated[str | None, StringConstraints(max_length=60)] = None
    state: OutboxState = OutboxState.PENDING
    attempts: Count = 0
    due_at: Moment
    fence: Count = 0
    last_error: Annotated[str | None, StringConstraints(max_length=500)] = None
    delivered_at: Moment | None = None


OUTBOX_EVENTS = Collection(
    OutboxEvent,
    name="outbox_events",
    purpose="One event waiting for its consumers, or delivered within the last week.",
    prefix="evt",
    indexes=(
        Unique("aggregate_id", "sequence", serves="an aggregate's events in order"),
        Index("state", "due_at", "id", serves="events by state, in the order they are due"),
        Index(
            "aggregate_id",
            "sequence",
            only=Is("state", OutboxState.PENDING),
            serves="pending events of some aggregates in order",
        ),
    ),
    retention=Expire(by="delivered_at", after=timedelta(days=7), set_by="the relay, once every consumer took it"),
    cache=NotCached(because="each event is read once"),
    access=Access(app="find insert update"),
    shard_key=("aggregate_id", "id"),
)
