"""Stores and their members in the database, and what opening one asks of accounts and kinds of stores."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.accounts import ACCOUNTS, Account, Role
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.collections.store_members import STORE_MEMBERS, MemberStatus, StoreMember
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile, StoreStatus
from daraa.declare import Query, desc, eq, one_of
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

STORE_BY_ID = Query(STORE_OWNER_PROFILES, "by_id", serves="by id", where=(eq("id"),))
STORES_BY_ID = Query(STORE_OWNER_PROFILES, "by_ids", serves="by id", where=(one_of("id"),))
STORES_OF_STATE = Query(
    STORE_OWNER_PROFILES,
    "of_state",
    serves="stores of a state, newest first",
    where=(eq("status"),),
    sort=(desc("id"),),
)
STORES_OF_OWNER = Query(
    STORE_OWNER_PROFILES,
    "of_owner",
    serves="an owner's stores, newest first",
    where=(eq("account_id"),),
    sort=(desc("id"),),
)
KINDS_BY_ID = Query(STORE_CATEGORIES, "by_ids", serves="by id", where=(one_of("id"),))
CURRENCY_BY_ID = Query(CURRENCIES, "of_a_store", serves="by id", where=(eq("id"),))
ACCOUNT_BY_ID = Query(ACCOUNTS, "of_a_member", serves="by id", where=(eq("id"),))
ACCOUNT_BY_PHONE = Query(ACCOUNTS, "to_invite", serves="an account by its phone", where=(eq("phone"),))
ACCOUNTS_BY_ID = Query(ACCOUNTS, "of_members", serves="by id", where=(one_of("id"),))
MEMBER = Query(
    STORE_MEMBERS, "one", serves="a member of a store by account", where=(eq("store_id"), eq("account_id"))
)  # fmt: skip
MEMBERSHIPS_OF_STATE = Query(
    STORE_MEMBERS,
    "of_account_in_state",
    serves="an account's memberships by state",
    where=(eq("account_id"), eq("status")),
)


class StoreRepository:
    """Stores as their owners and the admins see them."""

    def __init__(self, mongo: Mongo) -> None:
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._kinds = Table(STORE_CATEGORIES, mongo)
        self._currencies = Table(CURRENCIES, mongo)

    async def find(self, store_id: str, *, session: Session | None = None) -> StoreOwnerProfile | None:
        """The store, whatever its state."""
        return await self._stores.find_one(STORE_BY_ID, session=session, id=store_id)

    async def list_by_id(self, ids: Sequence[str]) -> list[StoreOwnerProfile]:
        """The stores with these ids, in no order."""
        return await self._stores.find(STORES_BY_ID, limit=len(ids), ids=ids)

    async def list_of_state(self, status: StoreStatus, *, limit: int, after: After = None) -> list[StoreOwnerProfile]:
        """Stores of a state, newest first: the queue of those to examine."""
        return await self._stores.find(STORES_OF_STATE, limit=limit, after=after, status=status)

    async def list_of_owner(
        self, account_id: str, *, limit: int, after: After = None, session: Session | None = None
    ) -> list[StoreOwnerProfile]:
        """An owner's stores, newest first."""
        return await self._stores.find(
            STORES_OF_OWNER, limit=limit, after=after, session=session, account_id=account_id
        )

    async def insert(self, store: StoreOwnerProfile, *, session: Session) -> None:
        """Add a store; `stores.key.duplicate` when its slug is taken."""
        await self._stores.insert(store, session=session)

    async def change(
        self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> StoreOwnerProfile | None:
        """Change the store that matches the guard; None when none does."""
        return await self._stores.update_and_get(guard, update, session=session)

    async def list_kinds(self, ids: Sequence[str], *, session: Session | None = None) -> list[StoreCategory]:
        """The kinds of stores with these ids, active or not, in no order."""
        return await self._kinds.find(KINDS_BY_ID, limit=len(ids), session=session, ids=ids)

    async def find_currency(self, code: str, *, session: Session | None = None) -> Currency | None:
        """The currency with that code."""
        return await self._currencies.find_one(CURRENCY_BY_ID, session=session, id=code)


class MemberRepository:
    """Who works in a store, by account and by invitation."""

    def __init__(self, mongo: Mongo) -> None:
        self._members = Table(STORE_MEMBERS, mongo)
        self._accounts = Table(ACCOUNTS, mongo)

    async def find(self, store_id: str, account_id: str, *, session: Session | None = None) -> StoreMember | None:
        """The membership of an account in a store, whatever its state."""
        return await self._members.find_one(MEMBER, session=session, store_id=store_id, account_id=account_id)

    async def list_of_account(self, account_id: str, status: MemberStatus, *, limit: int) -> list[StoreMember]:
        """An account's memberships of a state."""
        return await self._members.find(MEMBERSHIPS_OF_STATE, limit=limit, account_id=account_id, status=status)

    async def insert(self, member: StoreMember, *, session: Session) -> None:
        """Add a membership; `stores.key.duplicate` when the account has one in that store."""
        await self._members.insert(member, session=session)

    async def change(
        self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> StoreMember | None:
        """Change the membership that matches the guard; None when none does."""
        return await self._members.update_and_get(guard, update, session=session)

    async def find_account(self, account_id: str, *, session: Session | None = None) -> Account | None:
        """The account of a member."""
        return await self._accounts.find_one(ACCOUNT_BY_ID, session=session, id=account_id)

    async def find_account_by_phone(self, phone: str) -> Account | None:
        """The account with that number."""
        return await self._accounts.find_one(ACCOUNT_BY_PHONE, phone=phone)

    async def list_accounts(self, ids: Sequence[str]) -> list[Account]:
        """The accounts of members, in no order."""
        return await self._accounts.find(ACCOUNTS_BY_ID, limit=len(ids), ids=ids)

    async def touch_account(self, account: Account, now: datetime, *, session: Session) -> bool:
        """Make the account a seller if it is none yet, and let nobody else change it meanwhile; False when stale."""
        update = {"$addToSet": {"roles": Role.STORE_OWNER}, "$set": {"updated_at": now}, "$inc": {"ver": 1}}
        return await self._accounts.update_one({"id": account.id, "ver": account.ver}, update, session=session)
