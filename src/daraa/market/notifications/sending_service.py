"""Sends what is due over push, SMS and e-mail: at least once, bounded, and by one worker at a time."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.accounts import Account, AccountStatus
from daraa.collections.device_tokens import DeviceToken
from daraa.collections.notification_preferences import NotificationPreference
from daraa.collections.notifications import Channel, Notification, Sending, SendState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import MessagesSettings
from daraa.market.notifications.channels import earliest, next_due, pause_after, wants
from daraa.market.notifications.repository import NotificationRepository, PeopleRepository, PreferenceRepository
from daraa.stores.messages import DEVICE_UNREGISTERED, EmailSender, PushSender, SmsSender
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now

AT_ONCE = 8
LONGEST_S = 60.0
"""How long one sweep begins new batches; the next one goes on."""
MOST_DEVICES = 10
LONGEST_ERROR = 500
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Senders:
    """Who carries what; None where no provider is set."""

    sms: SmsSender | None
    email: EmailSender | None
    push: PushSender | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a device shows."""

    title: str
    text: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Reach:
    """How one person is reached now; without an account they are not."""

    account: Account | None
    preference: NotificationPreference | None
    devices: tuple[DeviceToken, ...]


class Post:
    """The sweeper of waiting messages. Any number may run beside each other."""

    def __init__(self, mongo: Mongo, senders: Senders, settings: MessagesSettings) -> None:
        self._mongo, self._senders, self._settings = mongo, senders, settings
        self._notifications = NotificationRepository(mongo)
        self._preferences = PreferenceRepository(mongo)
        self._people = PeopleRepository(mongo)
        # Three channels one after the other, a device after a device, and room for the database.
        self._lease = timedelta(seconds=settings.timeout_s * (2 + MOST_DEVICES) + 30)

    async def sweep(self) -> Mapping[str, int]:
        """Send what is due now; counts by outcome.

        A worker takes a row by moving its `due_at`, so two never send the same; one that dies leaves it to be taken
        again, with the same references, by which a provider knows a message that it has already.
        """
        counts = {"sent": 0, "failed": 0, "skipped": 0, "put_off": 0}
        until = time.monotonic() + LONGEST_S
        while time.monotonic() < until:
            due = await self._notifications.list_due(await server_now(self._mongo), limit=self._settings.batch)
            reach = await self._reach(tuple({row.recipient_id: None for row in due}))
            gate = asyncio.Semaphore(AT_ONCE)
            work = (self._send(row, reach[row.recipient_id], counts, gate) for row in due)
            for ended in await asyncio.gather(*work, return_exceptions=True):
                if isinstance(ended, BaseException):
                    raise ended
            if len(due) < self._settings.batch:
                break
        return counts

    async def _take(self, row: Notification, now: datetime) -> Notification | None:
        """The row with one more try on what is due, counted before it is made; None when another worker was faster."""
        sendings = tuple(
            each.model_copy(update={"tries": each.tries + 1}) if _is_due(each, now) else each for each in row.sendings
        )
        # No two claims of a row share their end: each begins when the one before it is over.
        return await self._notifications.table.update_and_get(
            {"id": row.id, "due_at": row.due_at},
            {"$set": {"due_at": now + self._lease, "updated_at": now, "sendings": sendings}, "$inc": {"ver": 1}},
        )

    async def _reach(self, account_ids: tuple[str, ...]) -> Mapping[str, Reach]:
        if not account_ids:
            return {}
        accounts = {each.id: each for each in await self._people.list_accounts(account_ids)}
        preferences = {each.id: each for each in await self._preferences.list_of_accounts(account_ids)}
        devices: dict[str, list[DeviceToken]] = {}
        for device in await self._preferences.list_devices(account_ids, limit=MOST_DEVICES * len(account_ids)):
            devices.setdefault(device.account_id, []).append(device)
        return {
            account_id: Reach(
                accounts.get(account_id),
                preferences.get(account_id),
                tuple(devices.get(account_id, ())[:MOST_DEVICES]),
            )
            for account_id in account_ids
        }

    async def _send(self, found: Notification, reach: Reach, counts: dict[str, int], gate: asyncio.Semaphore) -> None:
        async with gate:
            # Taken only now: the lease must not run while a row waits for its turn.
            now = await server_now(self._mongo)
            row = await self._take(found, now)
            if row is None:
                return
            sendings: list[Sending] = []
            for each in row.sendings:
                done = await self._send_one(row, each, reach, now) if _is_due(each, now) else each
                if done is not each:
                    counts["put_off" if done.state is SendState.PENDING else done.state.value] += 1
                sendings.append(done)
            await self._finish(row, tuple(sendings))

    async def _finish(self, row: Notification, sendings: tuple[Sending, ...]) -> None:
        due_at = next_due(sendings)
        words: dict[str, Any] = {"sendings": sendings, "updated_at": await server_now(self._mongo)}
        change: dict[str, Any] = {"$set": words, "$inc": {"ver": 1}}
        if due_at is None:
            change["$unset"] = {"due_at": ""}
        else:
            words["due_at"] = due_at
        if not await self._notifications.table.update_one({"id": row.id, "due_at": row.due_at}, change):
            _LOG.warning("%s took so long that another worker has taken it", row.id)

    async def _send_one(self, row: Notification, sending: Sending, reach: Reach, now: datetime) -> Sending:
        """The channel as it is after one try, or after the decision not to make one."""
        if reason := _reason_not_to(row, sending, reach, now):
            return _ended(sending, SendState.SKIPPED, error=reason)
        may_be = earliest(reach.preference, row.type, now)
        if may_be > now:
            return sending.model_copy(update={"due_at": may_be, "tries": sending.tries - 1})
        if sending.tries > self._settings.attempts:
            return _ended(sending, SendState.FAILED, error=f"{sending.error or 'the worker died'} (last of all tries)")
        try:
            provider_id = await self._hand_over(row, sending, reach)
        except DaraaError as error:
            return self._after(error, row, sending, reach, now)
        if provider_id is None:
            return _ended(sending, SendState.SKIPPED, error="there is nowhere to send it to")
        return _ended(sending, SendState.SENT, provider_id=provider_id)

    def _after(self, error: DaraaError, row: Notification, sending: Sending, reach: Reach, now: datetime) -> Sending:
        """A failure: for good, or put off with a growing pause that ends outside the quiet hours."""
        reason = f"{error.code}: {error.message}"[:LONGEST_ERROR]
        if not error.retryable or sending.tries >= self._settings.attempts:
            _LOG.warning("%s was given up on %s after %d tries: %s", row.id, sending.channel, sending.tries, reason)
            return _ended(sending, SendState.FAILED, error=reason)
        # Spread, so that what failed together does not come back together.
        pause = pause_after(sending.tries) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
        due_at = earliest(reach.preference, row.type, now + pause)
        return sending.model_copy(update={"due_at": due_at, "error": reason})

    async def _hand_over(self, row: Notification, sending: Sending, reach: Reach) -> str | None:
        """The provider's id; None when there is no provider, number, address or device."""
        account = reach.account
        assert account is not None
        title, text = sending.title or row.title, sending.message or row.message
        reference = f"{row.id}:{sending.channel.value}"
        match sending.channel:
            case Channel.SMS if self._senders.sms is not None:
                return await self._senders.sms.send(account.phone, text, reference=reference)
            case Channel.EMAIL if self._senders.email is not None and account.email:
                return await self._senders.email.send(account.email, title, text, reference=reference)
            case Channel.PUSH if self._senders.push is not None and reach.devices:
                return await self._push(
                    self._senders.push, reach.devices, Pushed(title, text, row.action_path), reference
                )
        return None

    async def _push(
        self, sender: PushSender, devices: Sequence[DeviceToken], words: Pushed, reference: str
    ) -> str | None:
        """To every device; it has arrived when one took it. The error of a device counts when none did."""
        first: str | None = None
        failure: DaraaError | None = None
        for device in devices:
            try:
                told = await sender.send(
                    device.token,
                    words.title,
                    words.text,
                    reference=f"{reference}:{device.id[:16]}",
                    path=words.path,
                )
                first = first or told
            except DaraaError as error:
                if error.code == DEVICE_UNREGISTERED:
                    await self._bury(device)
                elif failure is None or error.retryable:
                    failure = error
        if first is None and failure is not None:
            raise failure
        return first

    async def _bury(self, device: DeviceToken) -> None:
        now = await server_now(self._mongo)
        await self._preferences.devices.update_one(
            {"id": device.id, "is_live": True},
            {"$set": {"is_live": False, "dead_at": now, "updated_at": now}, "$inc": {"ver": 1}},
        )


def _is_due(sending: Sending, now: datetime) -> bool:
    return sending.state is SendState.PENDING and sending.due_at is not None and sending.due_at <= now


def _reason_not_to(row: Notification, sending: Sending, reach: Reach, now: datetime) -> str:
    """Why this message is no longer to be sent; empty when it is."""
    if reach.account is None or reach.account.status is AccountStatus.CLOSED:
        return "the account is closed"
    if row.send_until is not None and now > row.send_until:
        return "it came too late to be of use"
    if not wants(reach.preference, row.type, sending.channel):
        return "the person does not want it"
    return ""


def _ended(sending: Sending, state: SendState, *, provider_id: str | None = None, error: str | None = None) -> Sending:
    return sending.model_copy(update={"state": state, "due_at": None, "provider_id": provider_id, "error": error})
