"""Passwords of staff: tried a few times before a pause, and changed only by who knows the old one."""

from datetime import datetime, timedelta
from typing import Any

from daraa.collections.accounts import Account, Role
from daraa.collections.security_profiles import SecurityProfile
from daraa.collections.sessions import LoginWay
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.market.accounts.errors import PASSWORD_WEAK, login_refused
from daraa.market.accounts.hashing import Hasher
from daraa.market.accounts.repository import AccountRepository
from daraa.market.accounts.service import Accounts
from daraa.market.actor import ROLE_MISSING, Actor, password_needed
from daraa.market.audit.service import Audit
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

MOST_TRIES = 5
LOCKED = timedelta(seconds=900)
SHORTEST = 12
LONGEST = 128

NOBODY = "acc_00000000-0000-7000-8000-000000000000"
"""Stands in for an account that is not there, so that looking for it costs the same."""


def may_try(known: SecurityProfile, now: datetime) -> bool:
    """True unless the account is locked at that time."""
    return known.locked_until is None or known.locked_until <= now


def counted_try(known: SecurityProfile, now: datetime) -> dict[str, Any]:
    """The change that counts one more try; the fifth one locks, and the first after a lock counts anew."""
    count = 1 if known.locked_until is not None else known.failed_count + 1
    if count >= MOST_TRIES:
        return {"$set": {"failed_count": MOST_TRIES, "locked_until": now + LOCKED}}
    return {"$set": {"failed_count": count}, "$unset": {"locked_until": ""}}


def check_strength(password: str, phone: str) -> None:
    """`accounts.password.weak` unless it has 12 to 128 characters, 5 different ones, and is not the number."""
    if SHORTEST <= len(password) <= LONGEST and len(set(password)) >= 5 and phone.lstrip("+") not in password:
        return
    raise DaraaError(
        PASSWORD_WEAK,
        f"A password has {SHORTEST} to {LONGEST} characters, not all alike, and not your number.",
        hint="Take four words that do not belong together.",
        ar="كلمة المرور من 12 إلى 128 حرفا متنوعا، وليست رقم هاتفك.",
    )


class Passwords:
    """Checks and changes passwords."""

    def __init__(self, mongo: Mongo, accounts: Accounts, audit: Audit, hasher: Hasher) -> None:
        self._mongo, self._accounts, self._audit, self._hasher = mongo, accounts, audit, hasher
        self._repository = AccountRepository(mongo)

    async def hash(self, password: str, phone: str) -> str:
        """The hash of a new password; `accounts.password.weak` for one that is easily guessed."""
        check_strength(password, phone)
        return await self._hasher.hash(password)

    async def try_login(self, account: Account | None, password: str) -> bool:
        """True for the right password of an account that is not locked; the work is the same in every other case."""
        stored = account.password_hash if account else None
        counted = await self._count_try(account.id if account and stored else None)
        right = await self._hasher.matches(stored if counted else None, password)
        if right and account is not None:
            await self._forget_tries(account.id)
        return right

    async def _count_try(self, account_id: str | None) -> bool:
        """Count a try BEFORE the password is compared; False while the account is locked, or for nobody.

        The fifth try locks in the write that counts it, so that no crash and no crowd gets a sixth.
        """
        now = await server_now(self._mongo)
        # Each lost race is a try that another one counted.
        for _ in range(MOST_TRIES + 1):
            known = await self._repository.find_security(account_id or NOBODY)
            if known is None and account_id is not None:
                return await self._count_first(account_id, now)
            may = known is not None and may_try(known, now)
            guard = {"ver": known.ver if known and may else 0}
            change = counted_try(known, now) if known and may else {}
            if await self._repository.change_security(account_id or NOBODY, change, now, guard=guard):
                return True
            if not may:
                return False
        return False

    async def _count_first(self, account_id: str, now: datetime) -> bool:
        """For an account that was made in another way than by registration."""
        try:
            await self._repository.insert_security(SecurityProfile(id=account_id, failed_count=1, **stamp(now)))
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            return False
        return True

    async def _forget_tries(self, account_id: str) -> None:
        change = {"$set": {"failed_count": 0}, "$unset": {"locked_until": ""}}
        await self._repository.change_security(account_id, change, await server_now(self._mongo))

    async def change(self, actor: Actor, current: str | None, new: str) -> None:
        """Set the password of the caller, who must know the old one if there is one; all other devices are logged out.

        For people who work here; `accounts.login.refused` when the old one is wrong, as at a login.
        """
        account = await self._accounts.get(actor.id)
        if Role.ADMIN in account.roles and actor.by is LoginWay.CODE:
            # Or a stolen number could give itself the first password of an account that has none.
            raise password_needed()
        if actor.roles <= {Role.CUSTOMER}:
            raise DaraaError(
                ROLE_MISSING, "Customers log in by code.", hint="You need no password.", ar="يدخل الزبائن بالرمز فقط."
            )
        if account.password_hash is not None and not await self.try_login(account, current or ""):
            raise login_refused()
        hashed = await self.hash(new, account.phone)
        now = await server_now(self._mongo)

        async def work(session: Session) -> None:
            await self._repository.change_account(actor.id, {"$set": {"password_hash": hashed}}, now, session=session)
            await self._accounts.end_sessions(session, actor.id, now, but=actor.session_id)
            await self._audit.record(session, actor, "account.change_password", "account", actor.id)

        await self._mongo.in_transaction(work)
