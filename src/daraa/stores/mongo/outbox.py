"""Events: written in the transaction that makes them true, and how a consumer sees them."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from daraa.collections.outbox_events import OUTBOX_EVENTS, OutboxEvent
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.session import Session
from daraa.stores.mongo.table import Table


@dataclass(frozen=True, slots=True)
class Event:
    """What a consumer sees. A lower `sequence` than one already seen of the aggregate tells of an older change."""

    id: str
    type: str
    version: int
    aggregate: str
    aggregate_id: str
    sequence: int
    occurred_at: datetime
    payload: Any
    traceparent: str | None
    attempt: int


Handler: TypeAlias = Callable[[Event, Session], Awaitable[None]]
"""Makes the effect by writes in the session's transaction. Anything outside the database belongs into a job."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """One consumer of one type of event; `name` is room.effect (`notifications.order_placed`), once per type.

    `alone`: it decides on documents that many events share, so the relay runs it, and all others of its room like it,
    one at a time; beside each other they would conflict, or count past each other.
    """

    event_type: str
    name: str
    handle: Handler
    alone: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """One event to be published: `sequence` is the aggregate's `ver` after the change, `payload` is JSON-ready.

    One change tells of one event: a second writer of the same change fails with `stores.key.duplicate`.
    The payload is at most 64 KiB as text.
    """

    type: str
    aggregate: str
    aggregate_id: str
    sequence: int
    payload: Mapping[str, Any]
    version: int = 1
    traceparent: str | None = None


async def append_events(
    mongo: Mongo, session: Session, news: Iterable[News], *, clock: Clock = SYSTEM_CLOCK
) -> list[str]:
    """Add events to the transaction of `session`, in one command; their ids. Nothing is sent before it commits."""
    now = clock.now()
    rows = [
        OutboxEvent(
            id=new_id("evt"),
            aggregate=each.aggregate,
            aggregate_id=each.aggregate_id,
            sequence=each.sequence,
            type=each.type,
            version=each.version,
            occurred_at=now,
            due_at=now,
            payload=json.dumps(each.payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
            traceparent=each.traceparent,
            created_at=now,
            updated_at=now,
        )
        for each in news
    ]
    await Table(OUTBOX_EVENTS, mongo).insert_many(rows, session=session)
    return [row.id for row in rows]
