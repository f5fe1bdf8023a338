"""Reads of logins: accounts, their security, sessions, codes, identities and devices."""

from datetime import datetime

from daraa.collections.accounts import ACCOUNTS, SUSPENDED, Account, AccountStatus
from daraa.collections.device_tokens import DEVICE_TOKENS, DeviceToken
from daraa.collections.identities import IDENTITIES, Identity
from daraa.collections.otps import OTPS, Otp
from daraa.collections.security_profiles import SECURITY_PROFILES, SecurityProfile
from daraa.collections.sessions import SESSIONS, Session
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.market.found import After, required
from daraa.stores.mongo import Mongo, Table

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
SESSIONS_OF_ACCOUNT = Query(
    SESSIONS,
    "of_account",
    serves="an account's sessions, newest first",
    where=(eq("account_id"),),
    sort=(desc("id"),),
)
OTP_BY_ID = Query(OTPS, "by_id", serves="by id", where=(eq("id"),), also=(beyond("expires_at", "gt", "now"),))
IDENTITY_BY_ID = Query(IDENTITIES, "by_id", serves="by id", where=(eq("id"),))
IDENTITIES_OF_ACCOUNT = Query(
    IDENTITIES, "of_account", serves="the identities of an account", where=(eq("account_id"),)
)
LIVE_DEVICES = Query(
    DEVICE_TOKENS,
    "live_of_accounts",
    serves="an account's live devices",
    where=(one_of("account_id"), Is("is_live", True)),
)


class AccountRepository:
    """Accounts and how they log in."""

    def __init__(self, mongo: Mongo) -> None:
        self._accounts = Table(ACCOUNTS, mongo)
        self._security = Table(SECURITY_PROFILES, mongo)
        self._sessions = Table(SESSIONS, mongo)
        self._otps = Table(OTPS, mongo)
        self._identities = Table(IDENTITIES, mongo)
        self._devices = Table(DEVICE_TOKENS, mongo)

    async def get(self, account_id: str) -> Account:
        """The account; DaraaError `market.thing.missing` when there is none."""
        return required(await self._accounts.find_one(ACCOUNT_BY_ID, id=account_id), "account")

    async def find_by_phone(self, phone: str) -> Account | None:
        """The account with that number in E.164 form."""
        return await self._accounts.find_one(ACCOUNT_BY_PHONE, phone=phone)

    async def list_of_state(self, status: AccountStatus, *, limit: int, after: After = None) -> list[Account]:
        """Accounts of a state, newest first."""
        return await self._accounts.find(ACCOUNTS_OF_STATE, limit=limit, after=after, status=status)

    async def list_suspensions_over(self, before: datetime, *, limit: int) -> list[Account]:
        """Suspended accounts whose suspension ended by then, the longest over first."""
        return await self._accounts.find(SUSPENSIONS_OVER, limit=limit, before=before)

    async def find_security(self, account_id: str) -> SecurityProfile | None:
        """The security profile that shares the account's id."""
        return await self._security.find_one(SECURITY_BY_ID, id=account_id)

    async def list_locked(self, now: datetime, *, limit: int, after: After = None) -> list[SecurityProfile]:
        """Profiles that are locked at that time, the first to open first."""
        return await self._security.find(LOCKED, limit=limit, after=after, now=now)

    async def find_session_by_refresh(self, refresh_hash: str) -> Session | None:
        """The session whose current refresh token has this hash."""
        return await self._sessions.find_one(SESSION_BY_REFRESH, refresh_hash=refresh_hash)

    async def find_session_by_used_refresh(self, refresh_hash: str) -> Session | None:
        """The session whose previous refresh token has this hash: somebody uses a stolen one."""
        return await self._sessions.find_one(SESSION_BY_USED_REFRESH, used_refresh_hash=refresh_hash)

    async def list_sessions(self, account_id: str, *, limit: int, after: After = None) -> list[Session]:
        """An account's sessions, newest first, revoked ones too."""
        return await self._sessions.find(SESSIONS_OF_ACCOUNT, limit=limit, after=after, account_id=account_id)

    async def find_otp(self, otp_id: str, now: datetime) -> Otp | None:
        """The code of a phone and purpose, if it is still good at that time: the TTL only cleans up later."""
        return await self._otps.find_one(OTP_BY_ID, id=otp_id, now=now)

    async def find_identity(self, identity_id: str) -> Identity | None:
        """Who claims `phone:+963…`."""
        return await self._identities.find_one(IDENTITY_BY_ID, id=identity_id)

    async def list_identities(self, account_id: str, *, limit: int) -> list[Identity]:
        """Everything an account claims."""
        return await self._identities.find(IDENTITIES_OF_ACCOUNT, limit=limit, account_id=account_id)

    async def list_live_devices(self, account_ids: tuple[str, ...], *, limit: int) -> list[DeviceToken]:
        """Where push messages to these accounts go."""
        return await self._devices.find(LIVE_DEVICES, limit=limit, account_ids=account_ids)
