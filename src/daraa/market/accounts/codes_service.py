"""One-time codes by SMS: sent within limits, tried a few times, used once, and silent about who has an account."""

import hmac
import logging
from typing import Any

from daraa.collections.otps import Otp, OtpPurpose
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.languages import Language
from daraa.market.accounts.codes import LIFETIME, WINDOW, CodeHasher, may_send, message, new_code, sends_within
from daraa.market.accounts.errors import CODE_UNSENT
from daraa.market.accounts.repository import AccountRepository
from daraa.stores.messages import SmsSender
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import LONG_AGO, server_now

RACES = 3
_LOG = logging.getLogger(__name__)


class Codes:
    """Sends and takes codes; nothing here looks whether the number belongs to an account."""

    def __init__(self, mongo: Mongo, sms: SmsSender, hasher: CodeHasher) -> None:
        self._mongo, self._sms, self._hasher = mongo, sms, hasher
        self._repository = AccountRepository(mongo)

    async def send(self, phone: str, purpose: OtpPurpose, *, ip: str, language: Language) -> None:
        """Send a new code, unless one was sent just now or too many were: then nothing happens, and nobody is told.

        `accounts.code.unsent` when no message could be handed over; the next try need not wait then.
        """
        code = new_code()
        otp_id, code_hash = self._hasher.id_of(phone, purpose), self._hasher.hash_of(phone, purpose, code)
        if not await self._store(otp_id, code_hash, purpose, ip):
            return
        try:
            await self._sms.send(phone, message(code, language), reference=new_id("otp"))
        except DaraaError as error:
            _LOG.error("a login code was not sent: %s", error.code)
            await self._repository.free_otp(otp_id, code_hash, LONG_AGO, await server_now(self._mongo))
            # The cause would carry this text into the log with its own.
            raise DaraaError(CODE_UNSENT, "The code could not be sent.", hint="Try again in a moment.") from None

    async def _store(self, otp_id: str, code_hash: str, purpose: OtpPurpose, ip: str) -> bool:
        """Put the code in its place; False when none may be sent now. Of two requests at once only one gets through."""
        for _ in range(RACES):
            now = await server_now(self._mongo)
            known = await self._repository.find_otp(otp_id)
            if not may_send(known, now):
                return False
            words: dict[str, Any] = {
                "code_hash": code_hash,
                "tries": 0,
                "sent_at": now,
                "recent_sends": (*sends_within(known, now), now),
                "valid_until": now + LIFETIME,
                "ip": ip,
                "expires_at": now + WINDOW,
            }
            if known is not None:
                if await self._repository.replace_otp(known, words, now):
                    return True
                continue
            try:
                await self._repository.insert_otp(Otp(id=otp_id, purpose=purpose, **words, **stamp(now)))
                return True
            except DaraaError as error:
                if error.code != DUPLICATE:
                    raise
        return False

    async def take(self, phone: str, purpose: OtpPurpose, code: str) -> bool:
        """Spend the code of that number; False for every code that is not the live one, and for the live one twice."""
        otp_id, wanted = self._hasher.id_of(phone, purpose), self._hasher.hash_of(phone, purpose, code)
        now = await server_now(self._mongo)
        otp = await self._repository.note_try(otp_id, now)
        if otp is None or not hmac.compare_digest(otp.code_hash, wanted):
            return False
        return await self._repository.use_otp(otp_id, wanted, now)
