"""Writes events into the outbox in the transaction that makes them true: all that a capability needs to publish."""

import json
from collections.abc import Mapping
from typing import Any

from daraa.collections.outbox_events import OUTBOX_EVENTS, OutboxEvent
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.session import Session
from daraa.stores.mongo.table import Table


async def append_event(
    mongo: Mongo,
    session: Session,
    *,
    type: str,
    aggregate: str,
    aggregate_id: str,
    sequence: int,
    payload: Mapping[str, Any],
    version: int = 1,
    traceparent: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> str:
    """Add one event to the transaction of `session` and return its id; nothing is sent before that commits.

    `sequence` is the aggregate's `ver` after the change, so one change tells of one event and a second writer of the
    same change fails with `stores.key.duplicate`. `payload` is JSON-ready and at most 64 KiB as text.
    """
    now = clock.now()
    event = OutboxEvent(
        id=new_id("evt"),
        aggregate=aggregate,
        aggregate_id=aggregate_id,
        sequence=sequence,
        type=type,
        version=version,
        occurred_at=now,
        due_at=now,
        payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        traceparent=traceparent,
        created_at=now,
        updated_at=now,
    )
    await Table(OUTBOX_EVENTS, mongo).insert(event, session=session)
    return event.id
