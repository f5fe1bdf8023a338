"""The consumer's side of at-least-once delivery: the proof of receipt commits or fails together with the effect."""

from daraa.collections.inbox_events import INBOX_EVENTS, InboxEvent
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session
from daraa.stores.mongo.table import Table


class AlreadyTaken(Exception):
    """The consumer has the event already. Leave the transaction (it is over) and count the event as handled."""


async def once(
    mongo: Mongo,
    session: Session,
    *,
    consumer: str,
    event_id: str,
    type: str,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Take the event for `consumer` in the transaction of `session`; AlreadyTaken when that was done before.

    The server ends a transaction on a duplicate key, so AlreadyTaken must pass through the `transaction()` block.
    """
    now = clock.now()
    receipt = InboxEvent(
        id=f"{consumer}:{event_id}",
        consumer=consumer,
        event_id=event_id,
        type=type,
        applied_at=now,
        created_at=now,
        updated_at=now,
    )
    try:
        await Table(INBOX_EVENTS, mongo).insert(receipt, session=session)
    except DaraaError as error:
        if error.code == DUPLICATE:
            raise AlreadyTaken(receipt.id) from error
        raise
