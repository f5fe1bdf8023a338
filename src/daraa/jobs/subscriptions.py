"""Who consumes which events: a closed list, because an event that nobody knows must not vanish."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from daraa.collections.outbox_events import OutboxEvent
from daraa.declare.names import did_you_mean
from daraa.jobs.errors import EVENT_UNCLAIMED
from daraa.kernel.errors import DaraaError, DeclarationError
from daraa.stores.mongo.outbox import Consumer, Event, Handler


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer of one type of event; `alone`: never beside another like it (see `Consumer`)."""

    consumer: str
    handle: Handler
    alone: bool = False


class Subscriptions:
    """All consumers that a worker knows."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[Subscription]] = {}
        self._ignored: dict[str, str] = {}

    def subscribe(self, event_type: str, consumer: str, handle: Handler, *, alone: bool = False) -> None:
        """Let `consumer` (room.effect, e.g. `notifications.order_placed`) take every event of the type, once."""
        known = self._by_type.setdefault(event_type, [])
        if any(each.consumer == consumer for each in known):
            raise DeclarationError(
                f"Consumer {consumer!r}", f"it takes {event_type!r} twice", "Give each effect a name of its own."
            )
        known.append(Subscription(consumer, handle, alone))

    def add(self, consumers: Iterable[Consumer]) -> None:
        """Subscribe what the capabilities offer, each as it asks to be run."""
        for each in consumers:
            self.subscribe(each.event_type, each.name, each.handle, alone=each.alone)

    def ignore(self, event_type: str, because: str) -> None:
        """Say that nobody needs this type (yet): such events count as delivered."""
        self._ignored[event_type] = because

    def of(self, event_type: str) -> tuple[Subscription, ...]:
        """The consumers of a type; `jobs.event.unclaimed` for one that is neither consumed nor ignored.

        That happens while a deploy has new writers beside old workers: the event waits for a worker that knows it.
        """
        if event_type not in self._by_type and event_type not in self._ignored:
            known = (*self._by_type, *self._ignored)
            raise DaraaError(
                EVENT_UNCLAIMED,
                f"No consumer takes events of type {event_type!r}.",
                hint=f"Subscribe or ignore it. {did_you_mean(event_type, known) if known else ''}".strip(),
            )
        return tuple(self._by_type.get(event_type, ()))


def event_from(row: OutboxEvent) -> Event:
    """The consumer's view of a stored row."""
    return Event(
        id=row.id,
        type=row.type,
        version=row.version,
        aggregate=row.aggregate,
        aggregate_id=row.aggregate_id,
        sequence=row.sequence,
        occurred_at=row.occurred_at,
        payload=json.loads(row.payload),
        traceparent=row.traceparent,
        attempt=row.attempts + 1,
    )
