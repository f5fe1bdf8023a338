"""Reads and writes of profiles: customers and their addresses, admins."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.addresses import ADDRESSES, IN_USE, Address
from daraa.collections.admin_profiles import ADMIN_PROFILES, WORKING, AdminProfile, AdminRole
from daraa.collections.customer_profiles import CUSTOMER_PROFILES, CustomerProfile, Tier
from daraa.declare import Is, Polygon, Query, asc, desc, eq, within
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

ADMIN_BY_ACCOUNT = Query(ADMIN_PROFILES, "by_account", serves="an admin by account", where=(eq("account_id"),))
ADMINS_OF_ROLE = Query(
    ADMIN_PROFILES,
    "of_role",
    serves="active admins of a role",
    where=(eq("role"), WORKING),
    sort=(asc("id"),),
)
ADMINS_WITH_PERMISSION = Query(
    ADMIN_PROFILES,
    "with_permission",
    serves="active admins who hold a permission",
    where=(eq("permissions", "permission"), WORKING),
    sort=(asc("id"),),
)
CUSTOMER_BY_ACCOUNT = Query(CUSTOMER_PROFILES, "by_account", serves="a customer by account", where=(eq("account_id"),))
CUSTOMER_BY_CODE = Query(
    CUSTOMER_PROFILES, "by_referral_code", serves="a customer by referral code", where=(eq("referral_code"),)
)
CUSTOMERS_OF_TIER = Query(
    CUSTOMER_PROFILES,
    "of_tier",
    serves="customers of a tier, newest first",
    where=(eq("tier"),),
    sort=(desc("id"),),
)
ADDRESS_BY_ID = Query(ADDRESSES, "by_id", serves="by id", where=(eq("id"),), also=(eq("owner_id"), IN_USE))
ADDRESSES_OF_OWNER = Query(
    ADDRESSES,
    "of_owner",
    serves="an owner's addresses, last used first",
    where=(eq("owner_id"), IN_USE),
    sort=(desc("last_used_at"),),
)
DEFAULT_ADDRESS = Query(
    ADDRESSES,
    "default_of_owner",
    serves="an owner's default address",
    where=(eq("owner_id"), Is("is_default", True)),
)
ADDRESSES_WITHIN = Query(
    ADDRESSES,
    "within",
    serves="addresses inside an area",
    where=(within("location", "area"),),
)


class CustomerRepository:
    """Customers and where they have things delivered."""

    def __init__(self, mongo: Mongo) -> None:
        self._customers = Table(CUSTOMER_PROFILES, mongo)
        self._addresses = Table(ADDRESSES, mongo)

    async def find_by_account(self, account_id: str) -> CustomerProfile | None:
        """The customer profile of an account."""
        return await self._customers.find_one(CUSTOMER_BY_ACCOUNT, account_id=account_id)

    async def find_by_referral_code(self, code: str) -> CustomerProfile | None:
        """Who invites people with this code."""
        return await self._customers.find_one(CUSTOMER_BY_CODE, referral_code=code)

    async def list_of_tier(self, tier: Tier, *, limit: int, after: After = None) -> list[CustomerProfile]:
        """Customers of a tier, newest first."""
        return await self._customers.find(CUSTOMERS_OF_TIER, limit=limit, after=after, tier=tier)

    async def find_address(self, address_id: str, owner_id: str, *, session: Session | None = None) -> Address | None:
        """An address, if it is this owner's and still in use."""
        return await self._addresses.find_one(ADDRESS_BY_ID, session=session, id=address_id, owner_id=owner_id)

    async def list_addresses(self, owner_id: str, *, limit: int, session: Session | None = None) -> list[Address]:
        """An owner's addresses, the last used first."""
        return await self._addresses.find(ADDRESSES_OF_OWNER, limit=limit, session=session, owner_id=owner_id)

    async def find_default_address(self, owner_id: str) -> Address | None:
        """Where an owner usually has things delivered."""
        return await self._addresses.find_one(DEFAULT_ADDRESS, owner_id=owner_id)

    async def list_addresses_within(self, area: Polygon, *, limit: int) -> list[Address]:
        """Addresses inside an area, in no order: those to look at when a zone's border moves."""
        return await self._addresses.find(ADDRESSES_WITHIN, limit=limit, area=area)

    async def insert(self, profile: CustomerProfile, *, session: Session) -> None:
        """Add a profile; `stores.key.duplicate` when the account has one, or the referral code is taken."""
        await self._customers.insert(profile, session=session)

    async def change(self, account_id: str, change: Mapping[str, Any], now: datetime, *, session: Session) -> bool:
        """Change the profile of an account; False when it has none."""
        return await self._customers.update_one({"account_id": account_id}, _changed(change, now), session=session)

    async def insert_address(self, address: Address, *, session: Session) -> None:
        """Add an address."""
        await self._addresses.insert(address, session=session)

    async def change_address(
        self, known: Address, words: Mapping[str, Any], now: datetime, *, session: Session
    ) -> Address | None:
        """The address after the change; None takes a field away. None when it was changed meanwhile."""
        kept = {name: value for name, value in words.items() if value is not None}
        gone = {name: "" for name, value in words.items() if value is None}
        change = {"$set": kept} | ({"$unset": gone} if gone else {})
        where = {"id": known.id, "owner_id": known.owner_id, "ver": known.ver}
        return await self._addresses.update_and_get(where, _changed(change, now), session=session)


class AdminRepository:
    """Admins."""

    def __init__(self, mongo: Mongo) -> None:
        self._admins = Table(ADMIN_PROFILES, mongo)

    async def find_by_account(self, account_id: str) -> AdminProfile | None:
        """The admin profile of an account."""
        return await self._admins.find_one(ADMIN_BY_ACCOUNT, account_id=account_id)

    async def count_active(self, role: AdminRole, *, at_most: int) -> int:
        """How many active admins hold a role: the last super admin cannot go."""
        return await self._admins.count(ADMINS_OF_ROLE, at_most=at_most, role=role)

    async def list_of_role(self, role: AdminRole, *, limit: int, after: After = None) -> list[AdminProfile]:
        """Active admins of a role, longest serving first."""
        return await self._admins.find(ADMINS_OF_ROLE, limit=limit, after=after, role=role)

    async def list_with_permission(self, permission: str, *, limit: int) -> list[AdminProfile]:
        """Active admins who may do `resource:action`: whom to ask for a second pair of eyes."""
        return await self._admins.find(ADMINS_WITH_PERMISSION, limit=limit, permission=permission)

    async def insert(self, profile: AdminProfile, *, session: Session) -> None:
        """Add a profile; `stores.key.duplicate` when the account has one."""
        await self._admins.insert(profile, session=session)


def _changed(change: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The change with what every change carries: the next version and its time."""
    return {**change, "$set": {**change.get("$set", {}), "updated_at": now}, "$inc": {"ver": 1}}
