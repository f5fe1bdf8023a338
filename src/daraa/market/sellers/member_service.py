"""Who works in a store: invited by the owner, accepted or declined by the invited, ended by either."""

from typing import Any

from daraa.collections.accounts import Account, AccountStatus
from daraa.collections.store_members import MemberRole, MemberStatus, StoreMember
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor, login_needed
from daraa.market.audit.service import Audit
from daraa.market.found import required
from daraa.market.patching import update_of
from daraa.market.sellers import errors
from daraa.market.sellers.repository import MemberRepository
from daraa.market.sellers.schemas import InviteMember
from daraa.market.tenancy import Memberships, StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session

MOST_MEMBERS = 100
MOST_MEMBERSHIPS = 100


class Members:
    """The people of stores. Inviting and removing is for owners alone."""

    def __init__(self, mongo: Mongo, memberships: Memberships, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._memberships, self._audit, self._clock = mongo, memberships, audit, clock
        self._members = MemberRepository(mongo)

    async def list_of_store(self, scope: StoreScope) -> list[tuple[StoreMember, Account | None]]:
        """Everybody who was ever invited, in order of invitation, with their accounts."""
        _owner_alone(scope)
        members = await self._memberships.list_of_store(scope, limit=MOST_MEMBERS)
        accounts = await self._members.list_accounts(sorted({member.account_id for member in members}))
        by_id = {account.id: account for account in accounts}
        return [(member, by_id.get(member.account_id)) for member in sorted(members, key=lambda each: each.id)]

    async def list_of_account(self, actor: Actor) -> list[StoreMember]:
        """The account's memberships and open invitations."""
        states = (MemberStatus.INVITED, MemberStatus.ACTIVE)
        found = [await self._members.list_of_account(actor.id, state, limit=MOST_MEMBERSHIPS) for state in states]
        return [member for each in found for member in each]

    async def invite(self, scope: StoreScope, actor: Actor, wanted: InviteMember) -> tuple[StoreMember, Account]:
        """Invite an existing account, or somebody who left, anew.

        `sellers.person.unknown` when nobody has the number, `sellers.member.known` when invited or a member already.
        """
        _owner_alone(scope)
        account = await self._members.find_account_by_phone(wanted.phone)
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise DaraaError(
                errors.PERSON_UNKNOWN,
                "No account has this telephone number.",
                hint="Ask the person to register first.",
                ar="اطلب من الشخص إنشاء حساب أولا.",
            )
        invited = account

        async def work(session: Session) -> StoreMember:
            known = await self._members.find(scope.store_id, invited.id, session=session)
            words = {"role": wanted.role, "scopes": tuple(dict.fromkeys(each.value for each in wanted.scopes))}
            member = await self._put(scope, invited.id, known, words, session)
            after = {"account_id": invited.id, "role": wanted.role.value, "scopes": list(member.scopes)}
            await self._audit.record(session, actor, "store.invite", "store", scope.store_id, after=after)
            return member

        if len(await self._memberships.list_of_store(scope, limit=MOST_MEMBERS)) >= MOST_MEMBERS:
            raise DaraaError(
                errors.MEMBERS_MANY,
                f"A store has at most {MOST_MEMBERS} members, those who left included.",
                hint="Invite again somebody who left.",
                ar=f"للمتجر {MOST_MEMBERS} عضو على الأكثر.",
            )
        try:
            return await self._mongo.in_transaction(work), account
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise _known() from error
            raise

    async def _put(
        self, scope: StoreScope, account_id: str, known: StoreMember | None, words: dict[str, Any], session: Session
    ) -> StoreMember:
        now = self._clock.now()
        if known is None:
            member = StoreMember(
                id=new_id("stm"),
                store_id=scope.store_id,
                account_id=account_id,
                invited_by=scope.account_id,
                **words,
                **stamp(now),
            )
            await self._members.insert(member, session=session)
            return member
        fields = {**words, "status": MemberStatus.INVITED, "invited_by": scope.account_id}
        guard = {"id": known.id, "status": MemberStatus.LEFT}
        changed = await self._members.change(guard, update_of(fields, now), session=session)
        if changed is None:
            raise _known()
        return changed

    async def remove(self, scope: StoreScope, actor: Actor, account_id: str) -> None:
        """End a membership or take an invitation back; the owner cannot be removed. Once more does nothing."""
        _owner_alone(scope)
        await self._end(actor, scope.store_id, account_id, "store.remove_member")

    async def leave(self, actor: Actor, store_id: str) -> None:
        """Leave a store or decline an invitation; 404 for a store that one has nothing to do with."""
        await self._end(actor, store_id, actor.id, "store.leave")

    async def _end(self, actor: Actor, store_id: str, account_id: str, action: str) -> None:
        async def work(session: Session) -> None:
            member = required(await self._members.find(store_id, account_id, session=session), "membership")
            if member.role is MemberRole.OWNER:
                raise DaraaError(
                    errors.OWNER_STAYS,
                    "A store keeps its owner.",
                    hint="Ask the platform to hand the store over.",
                    ar="لا يترك المالك متجره؛ تواصل مع المنصة لنقل الملكية.",
                )
            if member.status is MemberStatus.LEFT:
                return
            update = update_of({"status": MemberStatus.LEFT}, self._clock.now())
            if await self._members.change({"id": member.id, "ver": member.ver}, update, session=session) is None:
                raise DaraaError(CONFLICT, "Somebody else changed it.", hint="Try again.")
            was, is_now = {"status": member.status.value}, {"status": MemberStatus.LEFT.value, "account_id": account_id}
            await self._audit.record(session, actor, action, "store", store_id, before=was, after=is_now)

        await self._mongo.in_transaction(work)

    async def accept(self, actor: Actor, store_id: str) -> StoreMember:
        """Accept an invitation; `sellers.invitation.closed` when it is none any more, 404 when there never was one."""

        async def work(session: Session) -> StoreMember:
            now = self._clock.now()
            member = required(await self._members.find(store_id, actor.id, session=session), "invitation")
            guard = {"id": member.id, "status": MemberStatus.INVITED}
            update = update_of({"status": MemberStatus.ACTIVE}, now)
            after = await self._members.change(guard, update, session=session)
            if after is None:
                raise DaraaError(
                    errors.INVITATION_STATE,
                    f"The membership is {member.status.value}.",
                    hint="Only an open invitation can be accepted.",
                    ar="لا تقبل إلا الدعوة المفتوحة.",
                )
            account = await self._members.find_account(actor.id, session=session)
            if account is None or not await self._members.touch_account(account, now, session=session):
                raise login_needed()
            was, is_now = {"status": member.status.value}, {"status": after.status.value, "account_id": actor.id}
            await self._audit.record(session, actor, "store.join", "store", store_id, before=was, after=is_now)
            return after

        return await self._mongo.in_transaction(work)


def _owner_alone(scope: StoreScope) -> None:
    if scope.role is not MemberRole.OWNER:
        raise errors.owner_only()


def _known() -> DaraaError:
    return DaraaError(
        errors.MEMBER_KNOWN,
        "This person is invited or works in the store already.",
        hint="Remove them first to change what they may do.",
        ar="أزل العضو أولا ثم ادعه من جديد لتغيير صلاحياته.",
    )
