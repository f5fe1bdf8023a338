"""What people want to hear, when, and on which devices."""

import hashlib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from daraa.collections.device_tokens import DeviceToken, Platform
from daraa.collections.notification_preferences import Choice, NotificationPreference, QuietHours
from daraa.collections.notifications import Channel
from daraa.collections.parts import Locale
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.notifications.channels import FORCED
from daraa.market.notifications.errors import choice_fixed, choice_repeated, quiet_invalid
from daraa.market.notifications.repository import PreferenceRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE

MOST_DEVICES = 10


class Preferences:
    """Choices and devices of one account; nobody else's are ever reached."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository, self._clock = PreferenceRepository(mongo), clock

    async def find(self, account_id: str) -> NotificationPreference | None:
        """What was chosen; None while everything is as it comes."""
        found = await self._repository.list_of_accounts((account_id,))
        return found[0] if found else None

    async def put(
        self, account_id: str, version: int, choices: Sequence[Choice], quiet: QuietHours | None, locale: Locale
    ) -> NotificationPreference:
        """Replace the choices; `market.version.stale` unless `version` is the one that stands (0: none does)."""
        check_choices(choices)
        check_quiet(quiet)
        now = self._clock.now()
        if version == 0:
            made = NotificationPreference(
                id=account_id, choices=tuple(choices), quiet_hours=quiet, locale=locale, **stamp(now)
            )
            try:
                await self._repository.preferences.insert(made)
            except DaraaError as error:
                if error.code != DUPLICATE:
                    raise
                raise version_stale() from error
            return made
        words: dict[str, Any] = {"choices": tuple(choices), "locale": locale, "updated_at": now}
        change: dict[str, Any] = {"$set": words, "$inc": {"ver": 1}}
        if quiet is None:
            change["$unset"] = {"quiet_hours": ""}
        else:
            words["quiet_hours"] = quiet
        changed = await self._repository.preferences.update_and_get({"id": account_id, "ver": version}, change)
        if changed is None:
            raise version_stale()
        return changed

    async def register(
        self, account_id: str, token: str, platform: Platform, locale: Locale
    ) -> tuple[DeviceToken, bool]:
        """Let push messages of this account go to the device; whoever had it before loses it. True when it is new.

        An account keeps its ten latest devices.
        """
        now = self._clock.now()
        device = DeviceToken(
            id=device_id(token),
            account_id=account_id,
            token=token,
            platform=platform,
            locale=locale,
            last_seen_at=now,
            **stamp(now),
        )
        try:
            await self._repository.devices.insert(device)
            is_new = True
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            device, is_new = await self._move(device), False
        await self._retire_oldest(account_id)
        return device, is_new

    async def _move(self, device: DeviceToken) -> DeviceToken:
        words = {
            "account_id": device.account_id,
            "platform": device.platform,
            "locale": device.locale,
            "is_live": True,
            "last_seen_at": device.last_seen_at,
            "updated_at": device.updated_at,
        }
        change = {"$set": words, "$unset": {"dead_at": ""}, "$inc": {"ver": 1}}
        return required(await self._repository.devices.update_and_get({"id": device.id}, change), "device")

    async def _retire_oldest(self, account_id: str) -> None:
        devices = await self._repository.list_devices((account_id,), limit=5 * MOST_DEVICES)
        by_age = sorted(devices, key=lambda each: (each.last_seen_at, each.id), reverse=True)
        for device in by_age[MOST_DEVICES:]:
            await self._forget(account_id, device.id)

    async def forget(self, account_id: str, device: str) -> None:
        """Send no more push messages to a device of this account; `market.thing.missing` when it has no such one."""
        required(await self._forget(account_id, device) or None, "device")

    async def _forget(self, account_id: str, device: str) -> bool:
        now = self._clock.now()
        return await self._repository.devices.update_one(
            {"id": device, "account_id": account_id, "is_live": True},
            {"$set": {"is_live": False, "dead_at": now, "updated_at": now}, "$inc": {"ver": 1}},
        )


def device_id(token: str) -> str:
    """A device by the hash of its token: the token itself is in no address and no log."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_choices(choices: Sequence[Choice]) -> None:
    """Every type and channel once, and nothing turned off that must reach a person."""
    seen: set[tuple[str, str]] = set()
    for each in choices:
        key = (each.type.value, each.channel.value)
        if key in seen:
            raise choice_repeated(*key)
        seen.add(key)
        if not each.wanted and (each.channel is Channel.IN_APP or each.type in FORCED):
            raise choice_fixed(*key)


def check_quiet(quiet: QuietHours | None) -> None:
    """Quiet hours with a length, in a zone that the machine knows."""
    if quiet is None:
        return
    if quiet.from_minutes == quiet.to_minutes:
        raise quiet_invalid("The quiet hours begin and end at the same time.", "وقت البداية هو وقت النهاية.")
    try:
        ZoneInfo(quiet.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise quiet_invalid("No such time zone is known.", "المنطقة الزمنية غير معروفة.") from None
