"""Brings every event of the outbox to its consumers: at least once, in order per aggregate, effects once (I17)."""

import asyncio
import contextlib
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.outbox_events import OUTBOX_EVENTS, OutboxEvent, OutboxState
from daraa.declare import Is, Query, asc, beyond, one_of
from daraa.jobs.errors import LEASE_LOST
from daraa.jobs.registry import Fence
from daraa.jobs.subscriptions import Subscription, Subscriptions, event_from
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.logs import log_context
from daraa.kernel.redaction import redact_text
from daraa.kernel.settings import JobsSettings
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.inbox import AlreadyTaken, once
from daraa.stores.mongo.outbox import Event
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

DUE_EVENTS = Query(
    OUTBOX_EVENTS,
    "due",
    serves="events by state, in the order they are due",
    where=(Is("state", OutboxState.PENDING), beyond("due_at", "lte", "now")),
    sort=(asc("due_at"), asc("id")),
)
PENDING_OF_AGGREGATES = Query(
    OUTBOX_EVENTS,
    "pending_of_aggregates",
    serves="pending events of some aggregates in order",
    where=(one_of("aggregate_id"), Is("state", OutboxState.PENDING)),
    sort=(asc("sequence"),),
)
LEASE_NAME = "outbox.relay"
LONGEST_PAUSE_S = 300.0
HANDLER_S = 30.0
LANES = 8
"""Aggregates whose events are delivered beside each other: a delivery mostly waits for the database."""
LONGEST_ERROR = 500
_LOG = logging.getLogger(__name__)


def pause_after(attempts: int) -> float:
    """Seconds until an event is tried again after `attempts` failures: 1, 2, 4 … at most 300."""
    return float(min(LONGEST_PAUSE_S, 2 ** min(attempts - 1, 30)))


@dataclass(slots=True)
class Moved:
    """What one pass did: events delivered, put off and parked."""

    delivered: int = 0
    put_off: int = 0
    parked: int = 0


class Relay:
    """Delivers events while it holds the lease whose token is `fence`; `is_lost` tells when it must stop."""

    def __init__(
        self,
        mongo: Mongo,
        subscriptions: Subscriptions,
        settings: JobsSettings,
        *,
        fence: Fence,
        is_lost: Callable[[], bool] = lambda: False,
        handler_s: float = HANDLER_S,
    ) -> None:
        self._mongo, self._subscriptions, self._settings = mongo, subscriptions, settings
        self._fence, self._is_lost, self._handler_s = fence, is_lost, handler_s
        self._table: Table[OutboxEvent] = Table(OUTBOX_EVENTS, mongo)
        self._alone: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def drain(self) -> Moved:
        """Deliver until nothing more can be now. Raises `jobs.lease.lost` when a newer relay has been at an event."""
        moved = Moved()
        while await self._pass(moved):
            pass
        return moved

    async def _pass(self, moved: Moved) -> bool:
        """Once over everything that is due; True when it delivered something, so that another pass may find more.

        An event that waits behind a failing one of its aggregate is due all the time. Paging on behind such events
        keeps one sick aggregate from starving the others.
        """
        now, before, batch = await server_now(self._mongo), moved.delivered, self._settings.outbox_batch
        seen: set[str] = set()
        after: tuple[datetime, str] | None = None
        while not self._is_lost():
            page = await self._table.find(DUE_EVENTS, limit=batch, after=after, now=now)
            fresh = list(dict.fromkeys(row.aggregate_id for row in page if row.aggregate_id not in seen))
            seen.update(fresh)
            if fresh:
                await self._deliver_aggregates(fresh, now, moved)
            if len(page) < batch:
                break
            after = (page[-1].due_at, page[-1].id)
        return moved.delivered > before and not self._is_lost()

    async def _deliver_aggregates(self, aggregate_ids: list[str], now: datetime, moved: Moved) -> None:
        # Sorted by sequence over all of them, so a bounded answer holds the beginning of every aggregate's queue.
        limit = 2 * self._settings.outbox_batch
        rows = await self._table.find(PENDING_OF_AGGREGATES, limit=limit, aggregate_ids=aggregate_ids)
        queues: dict[str, list[OutboxEvent]] = {aggregate_id: [] for aggregate_id in aggregate_ids}
        for row in rows:
            queues[row.aggregate_id].append(row)
        waiting = deque(queues.values())
        lanes = (self._lane(waiting, now, moved) for _ in range(min(LANES, len(waiting))))
        # All lanes come to an end before an error goes up: nothing is delivered behind the back of the caller.
        for ended in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _lane(self, waiting: deque[list[OutboxEvent]], now: datetime, moved: Moved) -> None:
        """Deliver queue after queue; one aggregate's events never leave their lane, so they stay in order."""
        try:
            while waiting:
                for row in waiting.popleft():
                    if self._is_lost() or row.due_at > now or not await self._deliver(row, moved):
                        break
        except BaseException:
            waiting.clear()
            raise

    async def _deliver(self, row: OutboxEvent, moved: Moved) -> bool:
        """True when the events behind it may follow: it was delivered, or parked."""
        trace_id = row.traceparent.split("-")[1] if row.traceparent and row.traceparent.count("-") == 3 else None
        with log_context(trace_id=trace_id, event=row.id, event_type=row.type):
            try:
                event = event_from(row)
                for subscription in self._subscriptions.of(row.type):
                    await self._apply(subscription, event)
            except Exception as error:  # noqa: BLE001, RUF100 - one bad event or consumer must not stop the others
                return await self._put_off(row, error, moved)
            mark("jobs.relay.applied")
            await self._mark(row, {"state": OutboxState.DELIVERED}, "delivered_at")
            moved.delivered += 1
            return True

    async def _apply(self, subscription: Subscription, event: Event) -> None:
        async def take(session: Session) -> None:
            await once(self._mongo, session, consumer=subscription.consumer, event_id=event.id, type=event.type)
            await subscription.handle(event, session)

        try:
            room = subscription.consumer.partition(".")[0]
            async with self._alone[room] if subscription.alone else contextlib.nullcontext():
                # A hot document is changed by others all the time: such a conflict is over in milliseconds, no failure.
                async with asyncio.timeout(self._handler_s):
                    await self._mongo.in_transaction(take)
        except AlreadyTaken:
            _LOG.debug("%s has taken this event before", subscription.consumer)

    async def _put_off(self, row: OutboxEvent, error: Exception, moved: Moved) -> bool:
        attempts = row.attempts + 1
        reason = redact_text(f"{getattr(error, 'code', type(error).__name__)}: {error}")[:LONGEST_ERROR]
        parked = attempts >= self._settings.outbox_attempts
        words: dict[str, Any] = {"last_error": reason}
        if parked:
            words["state"] = OutboxState.DEAD
            moved.parked += 1
        else:
            pause = timedelta(seconds=pause_after(attempts))
            words["due_at"] = await server_now(self._mongo) + pause
            moved.put_off += 1
        await self._mark(row, words)
        _LOG.log(
            logging.ERROR if parked else logging.WARNING,
            "event %s was %s after attempt %d: %s", row.id, "parked" if parked else "put off", attempts, reason,
            exc_info=error if parked else None,
        )  # fmt: skip
        return parked

    async def _mark(self, row: OutboxEvent, words: dict[str, Any], *moments: str) -> None:
        """Set these words, and these moments to the server's time."""
        mine = await self._table.update_one(
            {"id": row.id, "state": OutboxState.PENDING, **self._fence.guard()},
            {
                "$set": {**words, "fence": self._fence.number},
                "$inc": {"attempts": 1, "ver": 1},
                "$currentDate": dict.fromkeys(("updated_at", *moments), True),
            },
        )
        if not mine:
            raise DaraaError(
                LEASE_LOST, f"Another relay has been at event {row.id}.", hint="Nothing to do: it goes on."
            )
