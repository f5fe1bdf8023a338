"""The front door of accounts: who an access token belongs to, what a person may read and change of their account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daraa.collections.accounts import Account, AccountStatus, Role
from daraa.collections.security_profiles import SecurityProfile
from daraa.collections.sessions import Session as DeviceSession
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import to_milliseconds
from daraa.market.accounts.errors import SELF_FORBIDDEN, STATE_CONFLICT, UNTIL_PAST
from daraa.market.accounts.repository import AccountRepository
from daraa.market.accounts.seen_sessions import SeenSessions
from daraa.market.accounts.tokens import Tokens
from daraa.market.actor import JOB, Actor, login_needed, roles_of
from daraa.market.audit.service import Audit
from daraa.market.found import After, required
from daraa.market.http import version_stale
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

SWEPT = 100


@dataclass(frozen=True, slots=True)
class Contact:
    """How a person is reached and addressed."""

    account_id: str
    phone: str
    email: str | None
    locale: str
    name: str


class Accounts:
    """Accounts and their sessions."""

    def __init__(self, mongo: Mongo, audit: Audit, tokens: Tokens, seen: SeenSessions | None = None) -> None:
        self._mongo, self._audit, self._tokens = mongo, audit, tokens
        self._seen = seen or SeenSessions()
        self._repository = AccountRepository(mongo)

    async def identify(self, token: str | None, *, ip: str, request_id: str) -> Actor:
        """The actor of an access token; `accounts.login.needed` unless we signed it and its session is alive.

        A session ended in another process is refused at most 5 s later. Roles and rights are those of the moment
        the token was made: at most 10 minutes old, and a refresh brings the new ones.
        """
        claims = self._tokens.read_access(token) if token else None
        if claims is None:
            raise login_needed()
        if not self._seen.holds(claims.session_id, claims.account_id, claims.epoch):
            asked_at = self._seen.monotonic()
            found = await self._repository.find_session(claims.session_id)
            if (
                found is None
                or found.account_id != claims.account_id
                or found.token_epoch != claims.epoch
                or found.revoked_at is not None
            ):
                raise login_needed()
            self._seen.keep(claims.session_id, claims.account_id, claims.epoch, asked_at)
        return Actor(
            account_id=claims.account_id,
            session_id=claims.session_id,
            roles=roles_of(claims.roles),
            scopes=claims.scopes,
            by=claims.by,
            ip=ip,
            request_id=request_id,
        )

    async def get(self, account_id: str) -> Account:
        """The account; `market.thing.missing` when there is none."""
        return await self._repository.get(account_id)

    async def find_by_phone(self, phone: str) -> Account | None:
        """The account with that number in E.164 form."""
        return await self._repository.find_by_phone(phone)

    async def get_contact(self, account_id: str) -> Contact:
        """How to reach an account; `market.thing.missing` when there is none."""
        account = await self._repository.get(account_id)
        return Contact(account.id, account.phone, account.email, account.locale.value, account.full_name)

    async def change(self, account_id: str, words: Mapping[str, Any], version: int | None) -> Account:
        """Change name, e-mail or locale; None takes the e-mail away. A stale `version` is `market.version.stale`."""
        if not words:
            return await self._repository.get(account_id)
        now = await server_now(self._mongo)
        kept = {name: value for name, value in words.items() if value is not None}
        gone = {name: "" for name, value in words.items() if value is None}
        change = {"$set": kept} | ({"$unset": gone} if gone else {})
        guard = {} if version is None else {"ver": version}
        changed = await self._repository.change_account(account_id, change, now, guard=guard)
        if changed is None:
            await self._repository.get(account_id)
            raise version_stale()
        return changed

    async def list_sessions(self, account_id: str, *, limit: int, after: After = None) -> list[DeviceSession]:
        """The devices on which an account is logged in, newest first."""
        return await self._repository.list_sessions(account_id, await server_now(self._mongo), limit=limit, after=after)

    async def end_session(self, account_id: str, session_id: str) -> None:
        """Log a device out; `market.thing.missing` when it is not this account's, or logged out already."""
        ended = await self._repository.revoke_session(session_id, account_id, await server_now(self._mongo))
        self._seen.forget(session_id)
        required(ended or None, "session")

    def forget_session(self, session_id: str) -> None:
        """Look at a session anew when it is next used in this process."""
        self._seen.forget(session_id)

    async def end_sessions(self, session: Session, account_id: str, now: datetime, *, but: str | None = None) -> None:
        """Log all devices out, but one if given, in the caller's transaction."""
        await self._repository.revoke_sessions(account_id, now, session=session, but=but)
        self._seen.forget_account(account_id)

    async def raise_epoch(self, session: Session, account_id: str, now: datetime) -> None:
        """Make every token of an account worthless, in the caller's transaction."""
        if not await self._repository.change_security(account_id, {"$inc": {"token_epoch": 1}}, now, session=session):
            security = SecurityProfile(id=account_id, token_epoch=1, **stamp(now))
            await self._repository.insert_security(security, session=session)
        await self.end_sessions(session, account_id, now)

    async def grant_role(self, session: Session, account_id: str, role: Role) -> None:
        """Let an account enter a surface, in the caller's transaction; it shows after the next refresh or login."""
        account = await self._repository.get(account_id, session=session)
        if role not in account.roles:
            change = {"$set": {"roles": (*account.roles, role)}}
            await self._repository.change_account(account_id, change, await server_now(self._mongo), session=session)

    async def revoke_role(self, session: Session, account_id: str, role: Role) -> None:
        """Shut a surface to an account, in the caller's transaction; all its tokens end, as they say otherwise."""
        account = await self._repository.get(account_id, session=session)
        if role in account.roles:
            now = await server_now(self._mongo)
            change = {"$set": {"roles": tuple(each for each in account.roles if each is not role)}}
            await self._repository.change_account(account_id, change, now, session=session)
            await self.raise_epoch(session, account_id, now)

    async def make_admin(
        self, session: Session, account_id: str, name: str, password_hash: str, now: datetime
    ) -> Account:
        """Let an existing account be an admin, in the caller's transaction; all its devices are logged out."""
        before = await self._repository.get(account_id, session=session)
        roles = (*before.roles, *({Role.ADMIN} - set(before.roles)))
        change = {"$set": {"roles": roles, "full_name": name, "password_hash": password_hash}}
        changed = await self._repository.change_account(account_id, change, now, session=session)
        await self.raise_epoch(session, account_id, now)
        return required(changed, "account")

    async def suspend(self, actor: Actor, account_id: str, reason: str, until: datetime | None) -> Account:
        """Shut an account out at once, on all devices. Admins need `admin:write` to be suspended; nobody can oneself.

        `accounts.state.conflict` unless it is active.
        """
        actor.require("account:suspend")
        if account_id == actor.account_id:
            raise DaraaError(
                SELF_FORBIDDEN, "You cannot suspend yourself.", hint="Ask another admin.", ar="لا يمكنك إيقاف نفسك."
            )
        now = await server_now(self._mongo)
        if until is not None and until <= now:
            raise DaraaError(
                UNTIL_PAST, "The suspension would be over already.", hint="Name a time to come.",
                ar="وقت انتهاء الإيقاف قد مضى.",
            )  # fmt: skip

        async def work(session: Session) -> Account:
            before = await self._repository.get(account_id, session=session)
            if Role.ADMIN in before.roles:
                actor.require("admin:write")
            words = {"status": AccountStatus.SUSPENDED, "suspended_by": actor.id, "suspension_reason": reason}
            change = {"$set": words | ({"suspended_until": to_milliseconds(until)} if until else {})}
            changed = await self._move(session, before, AccountStatus.ACTIVE, change, now)
            await self.raise_epoch(session, account_id, now)
            await self._record(session, actor, "account.suspend", before, changed, reason)
            return changed

        suspended = await self._mongo.in_transaction(work)
        # Once more after the commit: a request in between may have seen a session alive.
        self._seen.forget_account(account_id)
        return suspended

    async def restore(self, actor: Actor, account_id: str, reason: str) -> Account:
        """Let a suspended account in again; it has to log in. `accounts.state.conflict` unless it is suspended."""
        actor.require("account:suspend")
        return await self._restore(actor, account_id, reason)

    async def _restore(self, actor: Actor, account_id: str, reason: str) -> Account:
        now = await server_now(self._mongo)

        async def work(session: Session) -> Account:
            before = await self._repository.get(account_id, session=session)
            if Role.ADMIN in before.roles and actor.account_id is not None:
                actor.require("admin:write")
            gone = {"suspended_by": "", "suspended_until": "", "suspension_reason": ""}
            change = {"$set": {"status": AccountStatus.ACTIVE}, "$unset": gone}
            changed = await self._move(session, before, AccountStatus.SUSPENDED, change, now)
            await self._record(session, actor, "account.restore", before, changed, reason)
            return changed

        return await self._mongo.in_transaction(work)

    async def sweep_suspensions(self) -> Mapping[str, int]:
        """Restore accounts whose suspension is over."""
        over = await self._repository.list_suspensions_over(await server_now(self._mongo), limit=SWEPT)
        for account in over:
            await self._restore(JOB, account.id, "The suspension is over.")
        return {"restored": len(over)}

    async def _move(
        self, session: Session, before: Account, allowed: AccountStatus, change: Mapping[str, Any], now: datetime
    ) -> Account:
        guard = {"status": allowed, "ver": before.ver}
        changed = await self._repository.change_account(before.id, change, now, guard=guard, session=session)
        if changed is None:
            raise DaraaError(
                STATE_CONFLICT,
                f"The account is {before.status.value}.",
                hint="Read it again.",
                status_now=before.status.value,
                ar="حالة الحساب لا تسمح بذلك.",
            )
        return changed

    async def _record(
        self, session: Session, actor: Actor, action: str, before: Account, after: Account, reason: str
    ) -> None:
        shown = {"status", "suspended_until"}
        await self._audit.record(
            session, actor, action, "account", before.id,
            before=before.model_dump(mode="json", include=shown),
            after=after.model_dump(mode="json", include=shown),
            reason=reason,
        )  # fmt: skip
