"""Passwords of staff: tried a few times before a pause, and changed only by who knows the old one."""

from datetime import timedelta

from daraa.collections.accounts import Account, Role
from daraa.collections.security_profiles import SecurityProfile
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.market.accounts.errors import PASSWORD_WEAK, login_refused
from daraa.market.accounts.hashing import Hasher
from daraa.market.accounts.repository import AccountRepository
from daraa.market.accounts.service import Accounts
from daraa.market.actor import ROLE_MISSING, Actor
from daraa.market.audit.service import Audit
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

MOST_TRIES = 5
LOCKED = timedelta(seconds=900)
SHORTEST = 12
LONGEST = 128


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
        """True for the right password of an account that is not locked; the work is the same in every case."""
        stored = account.password_hash if account else None
        counted = account is not None and stored is not None and await self._count_try(account.id)
        right = await self._hasher.matches(stored if counted else None, password)
        if right and account is not None:
            await self._forget_tries(account.id)
        return right

    async def _count_try(self, account_id: str) -> bool:
        """Count a try BEFORE the password is compared; False while the account is locked.

        The fifth try locks in the write that counts it, so that no crash and no crowd gets a sixth.
        """
        now = await server_now(self._mongo)
        unlocked = {"locked_until": {"$exists": False}}
        again = {"$set": {"failed_count": 0}, "$unset": {"locked_until": ""}}
        await self._repository.change_security(account_id, again, now, guard={"locked_until": {"$lte": now}})
        below = {**unlocked, "failed_count": {"$lt": MOST_TRIES - 1}}
        if await self._repository.change_security(account_id, {"$inc": {"failed_count": 1}}, now, guard=below):
            return True
        last = {**unlocked, "failed_count": MOST_TRIES - 1}
        lock = {"$set": {"failed_count": MOST_TRIES, "locked_until": now + LOCKED}}
        if await self._repository.change_security(account_id, lock, now, guard=last):
            return True
        if await self._repository.find_security(account_id) is not None:
            return False
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
        if actor.roles <= {Role.CUSTOMER}:
            raise DaraaError(
                ROLE_MISSING, "Customers log in by code.", hint="You need no password.", ar="يدخل الزبائن بالرمز فقط."
            )
        account = await self._accounts.get(actor.id)
        if account.password_hash is not None and not await self.try_login(account, current or ""):
            raise login_refused()
        hashed = await self.hash(new, account.phone)
        now = await server_now(self._mongo)

        async def work(session: Session) -> None:
            await self._repository.change_account(actor.id, {"$set": {"password_hash": hashed}}, now, session=session)
            await self._accounts.end_sessions(session, actor.id, now, but=actor.session_id)
            await self._audit.record(session, actor, "account.change_password", "account", actor.id)

        await self._mongo.in_transaction(work)
