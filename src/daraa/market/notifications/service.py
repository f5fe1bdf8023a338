"""The front door of notifications: events become messages, messages are sent, people read them."""

from collections.abc import Mapping

from daraa.collections.notifications import Notification
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.found import After
from daraa.market.notifications.repository import NotificationRepository
from daraa.market.notifications.sending_service import Post, Senders
from daraa.market.notifications.telling_service import Teller
from daraa.stores.messages import open_email, open_push, open_sms
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer
from daraa.stores.mongo.session import Session

MOST_COUNTED = 1000
BATCH, MOST_BATCHES = 500, 20


def open_senders(settings: Settings) -> Senders:
    """The providers that the settings name; unsafe settings are refused at once."""
    return Senders(open_sms(settings), open_email(settings), open_push(settings))


class Notifications:
    """A person's inbox, and what fills and empties the queue behind it."""

    def __init__(self, mongo: Mongo, settings: Settings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._clock = mongo, clock
        self._repository = NotificationRepository(mongo)
        self._teller = Teller(mongo, settings.messages, clock)
        self._post = Post(mongo, open_senders(settings), settings.messages)

    def consumers(self) -> tuple[Consumer, ...]:
        """Who takes which event."""
        return self._teller.consumers()

    async def sweep_messages(self) -> Mapping[str, int]:
        """Send what is due now over push, SMS and e-mail; counts by outcome."""
        return await self._post.sweep()

    async def list_of(
        self, account_id: str, *, unread_only: bool, limit: int, after: After = None
    ) -> list[Notification]:
        """A person's messages, newest first."""
        if unread_only:
            return await self._repository.list_unread(account_id, limit=limit, after=after)
        return await self._repository.list_all(account_id, limit=limit, after=after)

    async def count_unread(self, account_id: str) -> int:
        """How many a person has not read, counting no further than 1,000."""
        return await self._repository.count_unread(account_id, at_most=MOST_COUNTED)

    async def mark_read(self, account_id: str, ids: tuple[str, ...]) -> int:
        """Mark these as read; how many were not. Others' and unknown ones change nothing."""
        now = self._clock.now()

        async def work(session: Session) -> int:
            return await self._repository.table.update_many(
                {"recipient_id": account_id, "is_read": False, "id": {"$in": list(ids)}},
                {"$set": {"is_read": True, "read_at": now, "updated_at": now}, "$inc": {"ver": 1}},
                session=session,
            )

        return await self._mongo.in_transaction(work) if ids else 0

    async def mark_read_up_to(self, account_id: str, up_to: str) -> int:
        """Mark that one and everything older as read, in batches; how many were not."""
        marked = 0
        for _ in range(MOST_BATCHES):
            rows = await self._repository.list_unread_up_to(account_id, up_to, limit=BATCH)
            marked += await self.mark_read(account_id, tuple(row.id for row in rows))
            if len(rows) < BATCH:
                break
        return marked
