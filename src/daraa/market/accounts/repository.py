"""Reads and writes of logins: accounts, their security, sessions, codes and identities."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.accounts import ACCOUNTS, SUSPENDED, Account, AccountStatus
from daraa.collections.identities import IDENTITIES, Identity
from daraa.collections.otps import OTPS, Otp
from daraa.collections.security_profiles import SECURITY_PROFILES, SecurityProfile
from daraa.collections.sessions import SESSIONS, Session
from daraa.declare import Is, Query, asc, beyond, desc, eq
from daraa.market.accounts.codes import MOST_TRIES
from daraa.market.found import After, required
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session as Transaction

ACCOUNT_BY_ID = Query(ACCOUNTS, "by_id", serves="by id", where=(eq("id"),))
ACCOUNT_BY_PHONE = Query(ACCOUNTS, "by_phone", serves="an account by its phone", where=(eq("phone"),))
ACCOUNTS_OF_STATE = Query(
    ACCOUNTS,
    "of_state",
    serves="accounts of a state, newest first",
    where=(eq("status"),),
    sort=(desc("id"),),
)
SUSPENSIONS_OVER = Query(
    ACCOUNTS,
    "suspensions_over",
    serves="suspensions by their end",
    where=(SUSPENDED, beyond("suspended_until", "lte", "before")),
    sort=(asc("suspended_until"),),
)
SECURITY_BY_ID = Query(SECURITY_PROFILES, "by_id", serves="by id", where=(eq("id"),))
LOCKED = Query(
    SECURITY_PROFILES,
    "locked",
    serves="locked accounts by the end of the lock",
    where=(beyond("locked_until", "gt", "now"),),
    sort=(asc("locked_until"),),
)
SESSION_BY_REFRESH = Query(SESSIONS, "by_refresh", serves="a session by its refresh token", where=(eq("refresh_hash"),))
SESSION_BY_USED_REFRESH = Query(
    SESSIONS,
    "by_used_refresh",
    serves="a session by a token already used",
    where=(eq("used_refresh_hash"),),
)
SESSION_BY_ID = Query(SESSIONS, "by_id", serves="by id", where=(eq("id"),))
LIVE_SESSIONS = Query(
    SESSIONS,
    "live_of_account",
    serves="an account's sessions, newest first",
    where=(eq("account_id"),),
    sort=(desc("id"),),
    also=(Is("revoked_at", None), beyond("expires_at", "gt", "now")),
)
OTP_BY_ID = Query(OTPS, "by_id", serves="by id", where=(eq("id"),))
IDENTITY_BY_ID = Query(IDENTITIES, "by_id", serves="by id", where=(eq("id"),))
IDENTITIES_OF_ACCOUNT = Query(
    IDENTITIES, "of_account", serves="the identities of an account", where=(eq("account_id"),)
)


class AccountRepository:
    """Accounts and how they log in."""

    def __init__(self, mongo: Mongo) -> None:
        self._accounts = Table(ACCOUNTS, mongo)
        self._security = Table(SECURITY_PROFILES, mongo)
        self._sessions = Table(SESSIONS, mongo)
        self._otps = Table(OTPS, mongo)
        self._identities = Table(IDENTITIES, mongo)

    async def get(self, account_id: str, *, session: Transaction | None = None) -> Account:
        """The account; DaraaError `market.thing.missing` when there is none."""
        return required(await self._accounts.find_one(ACCOUNT_BY_ID, session=session, id=account_id), "account")

    async def find_by_phone(self, phone: str, *, session: Transaction | None = None) -> Account | None:
        """The account with that number in E.164 form."""
        return await self._accounts.find_one(ACCOUNT_BY_PHONE, session=session, phone=phone)

    async def list_of_state(self, status: AccountStatus, *, limit: int, after: After = None) -> list[Account]:
        """Accounts of a state, newest first."""
        return await self._accounts.find(ACCOUNTS_OF_STATE, limit=limit, after=after, status=status)

    async def list_suspensions_over(self, before: datetime, *, limit: int) -> list[Account]:
        """Suspended accounts whose suspension ended by then, the longest over first."""
        return await self._accounts.find(SUSPENSIONS_OVER, limit=limit, before=before)

    async def find_security(self, account_id: str, *, session: Transaction | None = None) -> SecurityProfile | None:
        """The security profile that shares the account's id."""
        return await self._security.find_one(SECURITY_BY_ID, session=session, id=account_id)

    async def list_locked(self, now: datetime, *, limit: int, after: After = None) -> list[SecurityProfile]:
        """Profiles that are locked at that time, the first to open first."""
        return await self._security.find(LOCKED, limit=limit, after=after, now=now)

    async def find_session_by_refresh(self, refresh_hash: str) -> Session | None:
        """The session whose current refresh token has this hash."""
        return await self._sessions.find_one(SESSION_BY_REFRESH, refresh_hash=refresh_hash)

    async def find_session_by_used_refresh(self, refresh_hash: str) -> Session | None:
        """The session whose previous refresh token has this hash: somebody uses a stolen one."""
        return await self._sessions.find_one(SESSION_BY_USED_REFRESH, used_refresh_hash=refresh_hash)

    async def find_session(self, session_id: str) -> Session | None:
        """A session, revoked or not."""
        return await self._sessions.find_one(SESSION_BY_ID, id=session_id)

    async def list_sessions(self, account_id: str, now: datetime, *, limit: int, after: After = None) -> list[Session]:
        """An account's live sessions, newest first."""
        return await self._sessions.find(LIVE_SESSIONS, limit=limit, after=after, account_id=account_id, now=now)

    async def find_otp(self, otp_id: str) -> Otp | None:
        """The code of a number and purpose, whether it still counts or not: the TTL only cleans up later."""
        return await self._otps.find_one(OTP_BY_ID, id=otp_id)

    async def find_identity(self, identity_id: str) -> Identity | None:
        """Who claims `phone:+963…`."""
        return await self._identities.find_one(IDENTITY_BY_ID, id=identity_id)

    async def list_identities(self, account_id: str, *, limit: int) -> list[Identity]:
        """Everything an account claims."""
        return await self._identities.find(IDENTITIES_OF_ACCOUNT, limit=limit, account_id=account_id)

    async def insert_account(self, account: Account, identity: Identity, *, session: Transaction) -> None:
        """Add an account with the claim on its number; `stores.key.duplicate` when somebody has the number."""
        await self._identities.insert(identity, session=session)
        await self._accounts.insert(account, session=session)

    async def change_account(
        self,
        account_id: str,
        change: Mapping[str, Any],
        now: datetime,
        *,
        guard: Mapping[str, Any] | None = None,
        session: Transaction | None = None,
    ) -> Account | None:
        """The account after the change; None when there is none or the guard does not hold."""
        return await self._accounts.update_and_get(
            {"id": account_id, **(guard or {})}, _changed(change, now), session=session
        )

    async def insert_security(self, security: SecurityProfile, *, session: Transaction | None = None) -> None:
        """Add the security profile of an account; `stores.key.duplicate` when it has one."""
        await self._security.insert(security, session=session)

    async def change_security(
        self,
        account_id: str,
        change: Mapping[str, Any],
        now: datetime,
        *,
        guard: Mapping[str, Any] | None = None,
        session: Transaction | None = None,
    ) -> bool:
        """Change a security profile; False when there is none or the guard does not hold."""
        where = {"id": account_id, **(guard or {})}
        return await self._security.update_one(where, _changed(change, now), session=session)

    async def insert_session(self, opened: Session, *, session: Transaction) -> None:
        """Add a device's login."""
        await self._sessions.insert(opened, session=session)

    async def rotate(self, known: Session, words: Mapping[str, Any], now: datetime) -> bool:
        """Give a session its next refresh token; False when its present one was spent or it was revoked meanwhile."""
        where = {**_live(known.id, known.account_id), "refresh_hash": known.refresh_hash}
        return await self._sessions.update_one(where, _changed({"$set": words}, now))

    async def revoke_session(
        self, session_id: str, account_id: str, now: datetime, *, session: Transaction | None = None
    ) -> bool:
        """End a session; False when it is none of this account's or ended before."""
        change = _changed({"$set": {"revoked_at": now}}, now)
        return await self._sessions.update_one(_live(session_id, account_id), change, session=session)

    async def revoke_sessions(
        self, account_id: str, now: datetime, *, session: Transaction, but: str | None = None
    ) -> int:
        """End all sessions of an account, but one if given; how many that were."""
        where: dict[str, Any] = {"account_id": account_id, "revoked_at": {"$exists": False}}
        if but is not None:
            where["id"] = {"$ne": but}
        return await self._sessions.update_many(where, _changed({"$set": {"revoked_at": now}}, now), session=session)

    async def insert_otp(self, otp: Otp) -> None:
        """Add the first code of a number; `stores.key.duplicate` when another request was faster."""
        await self._otps.insert(otp)

    async def replace_otp(self, known: Otp, words: Mapping[str, Any], now: datetime) -> bool:
        """Put a new code in the place of the known one; False when another request was faster."""
        change = _changed({"$set": words, "$unset": {"used_at": ""}}, now)
        return await self._otps.update_one({"id": known.id, "ver": known.ver}, change)

    async def free_otp(self, otp_id: str, code_hash: str, sent_at: datetime, now: datetime) -> None:
        """Set back when a code was sent, for it was not; nothing happens if another code stands there."""
        change = _changed({"$set": {"sent_at": sent_at}}, now)
        await self._otps.update_one({"id": otp_id, "code_hash": code_hash}, change)

    async def note_try(self, otp_id: str, now: datetime) -> Otp | None:
        """Count a try BEFORE the code is compared (I18); None when no live code with tries left is there."""
        where = {
            "id": otp_id,
            "tries": {"$lt": MOST_TRIES},
            "valid_until": {"$gt": now},
            "used_at": {"$exists": False},
        }
        return await self._otps.update_and_get(where, {"$inc": {"tries": 1, "ver": 1}, "$set": {"updated_at": now}})

    async def use_otp(self, otp_id: str, code_hash: str, now: datetime) -> bool:
        """Spend a code; False when another request spent it."""
        where = {"id": otp_id, "code_hash": code_hash, "used_at": {"$exists": False}}
        return await self._otps.update_one(where, _changed({"$set": {"used_at": now}}, now))


def _live(session_id: str, account_id: str) -> dict[str, Any]:
    return {"id": session_id, "account_id": account_id, "revoked_at": {"$exists": False}}


def _changed(change: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The change with what every change carries: the next version and its time."""
    return {
        **change,
        "$set": {**change.get("$set", {}), "updated_at": now},
        "$inc": {**change.get("$inc", {}), "ver": 1},
    }
