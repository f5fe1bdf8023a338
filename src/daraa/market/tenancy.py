"""Tenancy: every seller-side read takes a StoreScope, and only the membership check can make one."""

from dataclasses import InitVar, dataclass

from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.declare import Is, Query, eq
from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo import Mongo, Table

NOT_A_MEMBER = register("market.store.missing", status=404, en="There is no such store", ar="المتجر غير موجود")
SCOPE_MISSING = register("market.scope.missing", status=403, en="You may not do this", ar="لا يسمح لك بهذا")

MEMBER_BY_ACCOUNT = Query(
    STORE_MEMBERS,
    "by_account",
    serves="a member of a store by account",
    where=(eq("store_id"), eq("account_id")),
)
MEMBERS_OF_STORE = Query(
    STORE_MEMBERS,
    "of_store",
    serves="a member of a store by account",
    where=(eq("store_id"),),
)
MEMBERSHIPS = Query(
    STORE_MEMBERS,
    "of_account",
    serves="an account's memberships by state",
    where=(eq("account_id"), Is("status", MemberStatus.ACTIVE)),
)

_MEMBERSHIP_CHECKED = object()


@dataclass(frozen=True, slots=True)
class StoreScope:
    """The proof that an account works in a store; it cannot be made from a header or a path."""

    store_id: str
    account_id: str
    role: MemberRole
    scopes: frozenset[str]
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _MEMBERSHIP_CHECKED:
            raise TypeError("a StoreScope comes from Memberships.get_scope only")

    def require(self, scope: str) -> None:
        """DaraaError `market.scope.missing` unless the member holds the scope (`stock:write`); owners hold all."""
        if self.role is not MemberRole.OWNER and scope not in self.scopes:
            raise DaraaError(
                SCOPE_MISSING, f"This needs the scope {scope}.", hint="Ask the store's owner for it.", scope=scope
            )


class Memberships:
    """Who works where."""

    def __init__(self, mongo: Mongo) -> None:
        self._members = Table(STORE_MEMBERS, mongo)

    async def get_scope(self, store_id: str, account_id: str) -> StoreScope:
        """The scope of an active member; a stranger gets the same DaraaError as for a store that does not exist."""
        member = await self._members.find_one(MEMBER_BY_ACCOUNT, store_id=store_id, account_id=account_id)
        if member is None or member.status is not MemberStatus.ACTIVE:
            raise DaraaError(NOT_A_MEMBER, "There is no such store.", hint="Check the id, and that you work there.")
        return StoreScope(store_id, account_id, member.role, frozenset(member.scopes), _MEMBERSHIP_CHECKED)

    async def list_of_account(self, account_id: str, *, limit: int) -> list[StoreMember]:
        """The active memberships of an account."""
        return await self._members.find(MEMBERSHIPS, limit=limit, account_id=account_id)

    async def list_of_store(self, scope: StoreScope, *, limit: int) -> list[StoreMember]:
        """Everybody who was ever invited to the store."""
        return await self._members.find(MEMBERS_OF_STORE, limit=limit, store_id=scope.store_id)
