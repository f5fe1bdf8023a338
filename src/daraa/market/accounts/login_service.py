"""Logging in and out: sessions are opened after a code or a password, live by rotating tokens, and end on a theft."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.collections.accounts import Account, AccountStatus, Role
from daraa.collections.otps import OtpPurpose
from daraa.collections.parts import Locale
from daraa.collections.security_profiles import Login, SecurityProfile
from daraa.collections.sessions import LoginWay
from daraa.collections.sessions import Session as DeviceSession
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.languages import Language
from daraa.market.accounts.address_limit import AddressLimit
from daraa.market.accounts.codes_service import Codes
from daraa.market.accounts.errors import CLOSED, SUSPENDED, code_refused, login_refused, refresh_refused
from daraa.market.accounts.password_service import Passwords
from daraa.market.accounts.people import People
from daraa.market.accounts.registration_service import Newcomer, Registration
from daraa.market.accounts.repository import AccountRepository
from daraa.market.accounts.service import Accounts
from daraa.market.accounts.tokens import Claims, Tokens, hash_of
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

SESSION = timedelta(days=30)
"""How long a refresh token holds; each refresh begins anew."""
LOGINS_KEPT = 20
RACES = 3
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from; `name` is what the person calls it."""

    ip: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a login gives: the two tokens, whose they are, and in which roles they let that person act."""

    account: Account
    roles: frozenset[str]
    access_token: str
    refresh_token: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one network address may ask for codes and try to log in."""

    codes: AddressLimit
    logins: AddressLimit


class Logins:
    """Opens, renews and ends sessions."""

    def __init__(
        self,
        mongo: Mongo,
        accounts: Accounts,
        audit: Audit,
        tokens: Tokens,
        codes: Codes,
        passwords: Passwords,
        people: People,
        limits: Limits,
        currency: str,
    ) -> None:
        self._mongo, self._accounts, self._audit, self._tokens = mongo, accounts, audit, tokens
        self._codes, self._passwords, self._people, self._limits = codes, passwords, people, limits
        self._currency = currency
        self._repository = AccountRepository(mongo)
        self._registration = Registration(mongo, people)

    async def send_code(self, phone: str, *, ip: str, language: Language) -> None:
        """Send a login code; the same for every number, whether it has an account or not."""
        await self._limits.codes.take(ip)
        await self._codes.send(phone, OtpPurpose.LOGIN, ip=ip, language=language)

    async def by_code(self, phone: str, code: str, device: Device, name: str, language: Language) -> Opened:
        """Log in with a code; a number without an account gets one, as a customer. `accounts.code.refused` if wrong."""
        await self._limits.logins.take(device.ip)
        if not await self._codes.take(phone, OtpPurpose.LOGIN, code):
            raise code_refused()
        newcomer = Newcomer(phone, name, Locale(language), self._currency, verified=True)
        for _ in range(RACES):
            try:
                return await self._enter(newcomer, device, LoginWay.CODE)
            except DaraaError as error:
                # Somebody registered the number at this moment, or the account got its security profile: look again.
                if error.code != DUPLICATE:
                    raise
        return await self._enter(newcomer, device, LoginWay.CODE)

    async def by_password(self, phone: str, password: str, device: Device) -> Opened:
        """Log in with a password; one answer, `accounts.login.refused`, for all that can be wrong."""
        await self._limits.logins.take(device.ip)
        account = await self._repository.find_by_phone(phone)
        right = await self._passwords.try_login(account, password)
        if account is None or not right:
            raise login_refused()
        return await self._enter(account, device, LoginWay.PASSWORD)

    async def _enter(self, who: Newcomer | Account, device: Device, by: LoginWay) -> Opened:
        now = await server_now(self._mongo)
        session_id = new_id("ses")
        refresh_token = self._tokens.refresh(session_id)

        async def work(session: Session) -> tuple[Account, SecurityProfile, bool]:
            account = await self._repository.find_by_phone(who.phone, session=session)
            is_new = account is None
            if account is None:
                if isinstance(who, Account):
                    raise login_refused()
                account = await self._registration.add(session, who, now)
            _require_open(account)
            security = await self._note_login(session, account, device, now)
            changed = await self._repository.change_account(
                account.id, {"$set": {"last_login_at": now}}, now, session=session
            )
            opened = DeviceSession(
                id=session_id,
                account_id=account.id,
                by=by,
                refresh_hash=hash_of(refresh_token),
                token_epoch=security.token_epoch,
                device=device.name,
                ip=device.ip,
                last_seen_at=now,
                expires_at=now + SESSION,
                **stamp(now),
            )
            await self._repository.insert_session(opened, session=session)
            return changed or account, security, is_new

        account, security, is_new = await self._mongo.in_transaction(work)
        claims = await self._claims(account, session_id, by, security.token_epoch, device.ip)
        return Opened(account, claims.roles, self._tokens.access(claims), refresh_token, is_new)

    async def _note_login(self, session: Session, account: Account, device: Device, now: datetime) -> SecurityProfile:
        """Write the login down. A suspension writes the same document, so that neither can overlook the other."""
        login = Login(at=now, succeeded=True, ip=device.ip, device=device.name)
        security = await self._repository.find_security(account.id, session=session)
        if security is None:
            security = SecurityProfile(id=account.id, logins=(login,), **stamp(now))
            await self._repository.insert_security(security, session=session)
            return security
        logins = (*security.logins, login)[-LOGINS_KEPT:]
        await self._repository.change_security(account.id, {"$set": {"logins": logins}}, now, session=session)
        return security

    async def refresh(self, token: str, ip: str) -> Opened:
        """Two new tokens for a refresh token; it is spent by that. One spent before ends its whole session.

        `accounts.refresh.refused` in every other case, a suspended account too.
        """
        now = await server_now(self._mongo)
        known = await self._repository.find_session_by_refresh(hash_of(token))
        if known is None:
            await self._end_stolen(token, ip, now)
            raise refresh_refused()
        account = await self._accounts.get(known.account_id)
        security = await self._repository.find_security(known.account_id)
        epoch = security.token_epoch if security else 0
        if (
            known.revoked_at is not None
            or known.expires_at <= now
            or account.status is not AccountStatus.ACTIVE
            or epoch != known.token_epoch
        ):
            raise refresh_refused()
        following = self._tokens.refresh(known.id)
        words = {
            "refresh_hash": hash_of(following),
            "used_refresh_hash": known.refresh_hash,
            "last_seen_at": now,
            "ip": ip,
            "expires_at": now + SESSION,
        }
        if not await self._repository.rotate(known, words, now):
            # Two sent the same token at once. Which of them is the thief cannot be told, so neither goes on.
            await self._end_stolen(token, ip, now)
            raise refresh_refused()
        claims = await self._claims(account, known.id, known.by or LoginWay.CODE, epoch, ip)
        return Opened(account, claims.roles, self._tokens.access(claims), following)

    async def _end_stolen(self, token: str, ip: str, now: datetime) -> None:
        """End the session that a spent token once belonged to; a token that we never made ends nothing."""
        session_id = self._tokens.session_of(token)
        if session_id is None:
            return
        known = await self._repository.find_session_by_used_refresh(hash_of(token))
        known = known or await self._repository.find_session(session_id)
        if known is None or known.revoked_at is not None:
            return
        actor = Actor(None, ip=ip)
        stolen = known

        async def work(session: Session) -> bool:
            ended = await self._repository.revoke_session(stolen.id, stolen.account_id, now, session=session)
            if ended:
                await self._audit.record(
                    session, actor, "session.revoke", "session", stolen.id,
                    before={"revoked": False}, after={"revoked": True}, reason="A spent refresh token was used again.",
                )  # fmt: skip
            return ended

        if await self._mongo.in_transaction(work):
            _LOG.warning("session %s ended: a spent refresh token was used again", stolen.id)
        self._accounts.forget_session(stolen.id)

    async def logout(self, actor: Actor) -> None:
        """End the session of the caller; a second time is no error."""
        if actor.session_id is not None:
            await self._repository.revoke_session(actor.session_id, actor.id, await server_now(self._mongo))
            self._accounts.forget_session(actor.session_id)

    async def _claims(self, account: Account, session_id: str, by: LoginWay, epoch: int, ip: str) -> Claims:
        """What the account may do in this session. Who only proved to hold the telephone is no admin: a number can
        be stolen, and the rights would go with it.
        """
        roles, scopes = frozenset(account.roles), None
        if Role.ADMIN in roles and by is LoginWay.PASSWORD:
            scopes = await self._people.admin_rights(account.id, ip)
        if scopes is None:
            roles -= {Role.ADMIN}
        return Claims(account.id, session_id, by, roles, scopes or frozenset(), epoch)


def _require_open(account: Account) -> None:
    """DaraaError for an account that is shut; its owner has proved to be its owner by now."""
    if account.status is AccountStatus.SUSPENDED:
        until = account.suspended_until.isoformat() if account.suspended_until else None
        raise DaraaError(
            SUSPENDED, "This account is suspended.", hint="Write to the support.", until=until,
            ar="هذا الحساب موقوف؛ تواصل مع الدعم.",
        )  # fmt: skip
    if account.status is AccountStatus.CLOSED:
        raise DaraaError(CLOSED, "This account is closed.", hint="Write to the support.", ar="هذا الحساب مغلق.")
