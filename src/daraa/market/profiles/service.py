"""The front door of profiles: customers with their addresses, and what an admin may do."""

import ipaddress
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.accounts import Account
from daraa.collections.addresses import Address
from daraa.collections.customer_profiles import CustomerProfile, ShoppingStats
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.profiles.errors import TOO_MANY
from daraa.market.profiles.repository import AdminRepository, CustomerRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

MOST_ADDRESSES = 10
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Referral codes are read out and typed in: no 0, O, 1 and I."""


class Profiles:
    """Customers, their addresses, and the rights of admins.

    Every change of an address also changes the customer's profile, in the same transaction: that makes changes of one
    customer's addresses wait for each other, so that neither the bound nor the one default can be overrun.
    """

    def __init__(self, mongo: Mongo, currency: str) -> None:
        self._mongo, self._currency = mongo, currency
        self._customers = CustomerRepository(mongo)
        self._admins = AdminRepository(mongo)

    async def open_customer(self, session: Session, account: Account, now: datetime) -> None:
        """Add the customer profile of a new account, in the transaction that makes it."""
        await self._open(session, account.id, account.default_currency, now)

    async def _open(self, session: Session, account_id: str, currency: str, now: datetime) -> None:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
        profile = CustomerProfile(
            id=new_id("cus"),
            account_id=account_id,
            stats=ShoppingStats(spent=Money(amount=0, currency=currency)),
            referral_code=code,
            **stamp(now),
        )
        await self._customers.insert(profile, session=session)

    async def admin_rights(self, account_id: str, ip: str) -> frozenset[str] | None:
        """What an active admin may do from that address, as `resource:action`; None for everybody else."""
        admin = await self._admins.find_by_account(account_id)
        if admin is None or not admin.is_active or not allowed_from(ip, admin.allowed_networks):
            return None
        return frozenset(admin.permissions)

    async def get_customer(self, account_id: str) -> CustomerProfile:
        """The customer profile of an account; `market.thing.missing` when it has none."""
        return required(await self._customers.find_by_account(account_id), "customer")

    async def may_pay_cash(self, account_id: str) -> bool:
        """False for a customer from whom no cash is taken any more, as for one who leaves couriers at closed doors."""
        customer = await self._customers.find_by_account(account_id)
        return customer is None or not customer.cash_blocked

    async def list_addresses(self, customer_id: str) -> list[Address]:
        """A customer's addresses, the last used first; at most `MOST_ADDRESSES`."""
        return await self._customers.list_addresses(customer_id, limit=MOST_ADDRESSES)

    async def get_address(self, customer_id: str, address_id: str) -> Address:
        """An address; `market.thing.missing` when it is another's or was removed."""
        return required(await self._customers.find_address(address_id, customer_id), "address")

    async def add_address(self, customer_id: str, words: Mapping[str, Any], *, default: bool) -> Address:
        """Add an address; the first one is the default. `profiles.addresses.many` when there are ten."""
        now = await server_now(self._mongo)

        async def work(session: Session) -> Address:
            present = await self._customers.list_addresses(customer_id, limit=MOST_ADDRESSES, session=session)
            if len(present) >= MOST_ADDRESSES:
                raise DaraaError(
                    TOO_MANY,
                    f"You have {MOST_ADDRESSES} addresses.",
                    hint="Remove one first.",
                    ar=f"لديك {MOST_ADDRESSES} عناوين؛ احذف واحدا أولا.",
                )
            # Never inserted as the default: it becomes so by an update, see docs/stand-ins.md.
            address = Address(id=new_id("adr"), owner_id=customer_id, last_used_at=now, **words, **stamp(now))
            await self._customers.insert_address(address, session=session)
            if default or not present:
                return await self._make_default(session, customer_id, address, present, now)
            await self._touch(session, customer_id, {}, now)
            return address

        return await self._mongo.in_transaction(work)

    async def change_address(
        self,
        customer_id: str,
        address_id: str,
        words: Mapping[str, Any],
        version: int | None,
        *,
        default: bool,
    ) -> Address:
        """Change an address, and make it the default if wanted; None takes a field away.

        `market.version.stale` when `version` is not the present one.
        """
        now = await server_now(self._mongo)

        async def work(session: Session) -> Address:
            known = required(await self._customers.find_address(address_id, customer_id, session=session), "address")
            if version is not None and known.ver != version:
                raise version_stale()
            changed = await self._change(session, known, words, now) if words else known
            if default and not known.is_default:
                present = await self._customers.list_addresses(customer_id, limit=MOST_ADDRESSES, session=session)
                return await self._make_default(session, customer_id, changed, present, now)
            await self._touch(session, customer_id, {}, now)
            return changed

        return await self._mongo.in_transaction(work)

    async def remove_address(self, customer_id: str, address_id: str) -> None:
        """Remove an address; the last used of the others becomes the default in the place of a removed one."""
        now = await server_now(self._mongo)

        async def work(session: Session) -> None:
            known = required(await self._customers.find_address(address_id, customer_id, session=session), "address")
            present = await self._customers.list_addresses(customer_id, limit=MOST_ADDRESSES, session=session)
            others = [each for each in present if each.id != address_id]
            await self._change(session, known, {"is_active": False, "is_default": False}, now)
            if known.is_default and others:
                await self._make_default(session, customer_id, others[0], others, now)
            else:
                change = {"$unset": {"default_address_id": ""}} if known.is_default else {}
                await self._touch(session, customer_id, change, now)

        await self._mongo.in_transaction(work)

    async def _make_default(
        self,
        session: Session,
        customer_id: str,
        chosen: Address,
        present: list[Address],
        now: datetime,
    ) -> Address:
        for each in present:
            if each.is_default and each.id != chosen.id:
                await self._change(session, each, {"is_default": False}, now)
        await self._touch(session, customer_id, {"$set": {"default_address_id": chosen.id}}, now)
        return await self._change(session, chosen, {"is_default": True}, now)

    async def _change(self, session: Session, known: Address, words: Mapping[str, Any], now: datetime) -> Address:
        return required(await self._customers.change_address(known, words, now, session=session), "address")

    async def _touch(self, session: Session, customer_id: str, change: Mapping[str, Any], now: datetime) -> None:
        if not await self._customers.change(customer_id, change, now, session=session):
            # An account that was made in another way than by registration.
            await self._open(session, customer_id, self._currency, now)
            await self._customers.change(customer_id, change, now, session=session)


def allowed_from(ip: str, networks: tuple[str, ...]) -> bool:
    """True when no network is named, or the address is in one of them."""
    if not networks:
        return True
    try:
        address = ipaddress.ip_address(ip)
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
