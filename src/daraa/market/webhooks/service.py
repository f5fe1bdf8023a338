"""Messages from card providers: verified, kept once, and taken to heart in the same transaction (I12)."""

import logging
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from daraa.collections.inbox_events import InboxEvent, InboxState
from daraa.declare.document import stamp
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB
from daraa.market.found import required
from daraa.market.payments.intent_service import Intents, Weighed
from daraa.market.payments.ranks import Effect
from daraa.market.payments.reports import report_of
from daraa.market.webhooks.hook_message import HookMessage, read_message
from daraa.market.webhooks.repository import HookRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session
from daraa.stores.providers import Keys, keys_from

_LOG = logging.getLogger(__name__)
PATIENCE_S = 4.0
"""How long messages about one intent that come at once may wait for each other."""


class Received(StrEnum):
    """What became of a message."""

    APPLIED = "applied"
    KEPT = "kept"
    DUPLICATE = "duplicate"


class Hooks:
    """The inbox of one provider. The key is asked for at each message, so a rotated one needs no restart."""

    def __init__(
        self, mongo: Mongo, intents: Intents, provider: str, keys: Callable[[], Keys], clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._mongo = mongo
        self._inbox = HookRepository(mongo)
        self._intents = intents
        self._provider = provider
        self._keys = keys
        self._clock = clock

    async def receive(self, provider: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Take one message: verify it, keep it under (provider, event id), and do what it asks for, once.

        `headers` has lower-case names. DaraaError `market.thing.missing` for an unknown provider,
        `stores.signature.invalid` or `.stale`, and `webhooks.body.malformed`; nothing is kept of such a message.
        """
        required(provider if provider == self._provider else None, "provider")
        event_id = self._keys().verify(headers, time.time(), body)
        message = read_message(body)
        if await self._inbox.find(key_of(provider, event_id)) is not None:
            return Received.DUPLICATE
        try:
            return await self._mongo.in_transaction(
                lambda session: self._take(session, event_id, message), longest_s=PATIENCE_S
            )
        except DaraaError as error:
            if error.code != DUPLICATE or await self._inbox.find(key_of(provider, event_id)) is None:
                raise
            return Received.DUPLICATE

    async def _take(self, session: Session, event_id: str, message: HookMessage) -> Received:
        weighed = await self._weigh(session, message)
        used = weighed is not None and weighed.verdict.effect is not Effect.PARK
        await self._inbox.insert(self._row(event_id, message, used=used), session=session)
        if weighed is None:
            _LOG.warning("event %s of type %s is about nothing of ours; kept", event_id, message.type)
            return Received.KEPT
        await self._intents.act(session, weighed, JOB)
        mark("webhooks.applied")
        return Received.APPLIED if used else Received.KEPT

    async def _weigh(self, session: Session, message: HookMessage) -> Weighed | None:
        if message.charge is None:
            return None
        report = report_of(self._provider, message.charge)
        return await self._intents.weigh(session, message.charge.intent_id, report)

    def _row(self, event_id: str, message: HookMessage, *, used: bool) -> InboxEvent:
        now = self._clock.now()
        return InboxEvent(
            id=key_of(self._provider, event_id),
            consumer=f"hooks.{self._provider}",
            event_id=event_id,
            type=message.type,
            state=InboxState.APPLIED if used else InboxState.RECEIVED,
            body=message.text,
            applied_at=now if used else None,
            **stamp(now),
        )


def open_hooks(mongo: Mongo, settings: Settings, intents: Intents) -> Hooks:
    """The inbox of the provider of the settings; a missing key is told at the first message."""
    return Hooks(mongo, intents, settings.payments.provider, lambda: keys_from(settings.secret("provider_key")))


def key_of(provider: str, event_id: str) -> str:
    """The inbox key of a provider's event."""
    return f"hooks.{provider}:{event_id}"
