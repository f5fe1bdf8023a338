"""Watches the outbox: events that were given up, and events that nobody brings, are what a person must hear of."""

import logging
from collections.abc import Mapping
from datetime import timedelta

from daraa.collections.outbox_events import OUTBOX_EVENTS, OutboxEvent, OutboxState
from daraa.declare import Is, Query, asc, beyond, desc, eq
from daraa.jobs.errors import EVENT_NOT_PARKED
from daraa.jobs.registry import Job, JobContext
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.server_time import server_now

PARKED_EVENTS = Query(
    OUTBOX_EVENTS,
    "parked",
    serves="events by state, in the order they are due",
    where=(Is("state", OutboxState.DEAD),),
    sort=(asc("due_at"), asc("id")),
)
PENDING_SINCE = Query(
    OUTBOX_EVENTS,
    "pending_since",
    serves="events by state, in the order they are due",
    where=(Is("state", OutboxState.PENDING), beyond("due_at", "lte", "before")),
)
EVENTS_OF_AGGREGATE = Query(
    OUTBOX_EVENTS,
    "of_aggregate",
    serves="an aggregate's events in order",
    where=(eq("aggregate_id"),),
    sort=(desc("sequence"),),
)
LATE = timedelta(minutes=5)
COUNTED_AT_MOST = 10_000
_LOG = logging.getLogger(__name__)


async def find_stuck(context: JobContext) -> Mapping[str, int]:
    """How many events are parked, and how many should have been delivered five minutes ago (counted to 10,000)."""
    table, now = Table(OUTBOX_EVENTS, context.mongo), await server_now(context.mongo)
    parked = await table.count(PARKED_EVENTS, at_most=COUNTED_AT_MOST)
    late = await table.count(PENDING_SINCE, at_most=COUNTED_AT_MOST, before=now - LATE)
    if parked or late:
        _LOG.error("the outbox is stuck: %d events parked, %d late", parked, late)
    return {"parked": parked, "late": late}


OUTBOX_STUCK = Job(
    name="outbox.stuck",
    purpose="Counts events that were given up or that nobody brings, and says so in the log.",
    run=find_stuck,
    cron="*/5 * * * *",
    timeout_s=30,
)


async def parked_events(mongo: Mongo, limit: int) -> list[OutboxEvent]:
    """The parked events, those given up first first."""
    return await Table(OUTBOX_EVENTS, mongo).find(PARKED_EVENTS, limit=limit)


async def events_of(mongo: Mongo, aggregate_id: str, limit: int) -> list[OutboxEvent]:
    """What was told of one aggregate and still is stored, newest first."""
    return await Table(OUTBOX_EVENTS, mongo).find(EVENTS_OF_AGGREGATE, limit=limit, aggregate_id=aggregate_id)


async def retry_parked(mongo: Mongo, event_id: str) -> None:
    """Let the relay try a parked event again, from its first attempt; `jobs.event.not_parked` when it is none."""
    done = await Table(OUTBOX_EVENTS, mongo).update_one(
        {"id": event_id, "state": OutboxState.DEAD},
        {
            "$set": {"state": OutboxState.PENDING, "attempts": 0, "due_at": await server_now(mongo)},
            "$inc": {"ver": 1},
            "$currentDate": {"updated_at": True},
        },
    )
    if not done:
        raise DaraaError(
            EVENT_NOT_PARKED, f"{event_id} is no parked event.", hint="`daraa jobs parked` lists those that are."
        )
