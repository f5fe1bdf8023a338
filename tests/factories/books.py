"""People with money, and the books that must always be right: for tests of wallets and of what posts to them."""

import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from daraa.collections import ALL
from daraa.collections.accounts import ACCOUNTS, Account, Role
from daraa.collections.journals import Journal
from daraa.collections.proofs import PROOFS
from daraa.collections.wallets import WALLETS, Wallet, WalletKind
from daraa.declare.access import user_name
from daraa.declare.collection import Database
from daraa.declare.document import stamp
from daraa.derive.roles import roles
from daraa.kernel.checks import CheckState
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.actor import JOB
from daraa.market.audit.service import Audit
from daraa.market.catalog.service import RELIED_ON
from daraa.market.wallets import postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import Posting
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.account_commands import put_role, set_own_role
from daraa.stores.mongo.codec import encode
from daraa.stores.mongo.proofs import prove
from factories.gate import served_behind_gate, signed_in
from factories.installation import build_indexes, installation
from servers.mongo import MongoServer
from servers.redis import RedisServer

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BOOKS = {"journals.balance", "journals.wallet_lines", "wallets.balance", "wallets.lines_chain"}
_COUNT = itertools.count(1)


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def an_account(*has: Role, **more: Any) -> Account:
    number = next(_COUNT)
    fields = {"full_name": f"Person {number}", "default_currency": "SYP", "roles": has or (Role.CUSTOMER,), **more}
    return Account(id=new_id("acc"), phone=f"+9639330{number:05}", **stamp(NOW), **fields)


@dataclass
class Person:
    """A customer with a wallet; `has` is what the wallet was filled with."""

    account: Account
    wallet: Wallet

    @property
    def headers(self) -> dict[str, str]:
        """Signed in, without a key."""
        return signed_in(self.account.id, *self.account.roles)

    def once(self, key: str | None = None) -> dict[str, str]:
        """Signed in, with an Idempotency-Key."""
        return {**self.headers, "idempotency-key": key or secrets.token_hex(8)}


@dataclass
class Books:
    """An installation with every index and the application's own rights, its API, and the ledger to fill wallets."""

    mongo: Mongo
    client: httpx.AsyncClient
    app: FastAPI

    async def person(self, has: int = 0, **more: Any) -> Person:
        """A customer whose wallet holds that much."""
        account = an_account(**more)
        await self.mongo.collection(ACCOUNTS).insert_one(encode(account))
        wallet = await self.opened(account.id)
        if has:
            await self.fill(wallet.id, has)
        return Person(account, wallet)

    async def opened(self, owner: str, kind: WalletKind = WalletKind.CUSTOMER) -> Wallet:
        """The owner's wallet."""
        return await Wallets(self.mongo, Audit(self.mongo)).get_or_open(owner, kind, "SYP")

    async def fill(self, wallet_id: str, amount: int) -> Journal:
        """Money from outside."""
        return (await self.post(postings.topped_up("local", new_id("top"), wallet_id, syp(amount))))[0]

    async def post(self, *wanted: Posting, longest_s: float = 20) -> Sequence[Journal]:
        """In one transaction, as the platform itself."""
        ledger = Ledger(self.mongo)
        return await self.mongo.in_transaction(
            lambda session: ledger.post(session, wanted, actor=JOB, now=NOW), longest_s=longest_s
        )

    async def balances(self, wallet_id: str) -> tuple[int, int, int]:
        """Available, pending and held, as stored."""
        found = await self.mongo.collection(WALLETS).find_one({"_id": wallet_id})
        assert found is not None
        return found["available"], found["pending"], found["held"]

    async def prove(self) -> None:
        """Everything that must be true of journals and wallets is."""
        wanted = [proof for proof in PROOFS if proof.name in BOOKS]
        assert len(wanted) == len(BOOKS)
        assert [check for check in await prove(self.mongo, wanted) if check.state is not CheckState.OK] == []


@asynccontextmanager
async def open_books(mongo_server: MongoServer, redis_server: RedisServer, home: Path) -> AsyncIterator[Books]:
    """The API behind the believing gate; its database account has the derived rights of `app` and no other."""
    async with installation(mongo_server, redis_server, home) as (settings, admin):
        prefix = settings.mongo.database
        role = roles(ALL, prefix)["app"]
        assert role.name == user_name("app", prefix)
        await put_role(admin, role.name, role.as_command(), exists=False)
        await set_own_role(admin, role.name)
        built = {id(query.collection) for query in RELIED_ON}
        await build_indexes(admin, [each for each in ALL if each.all_indexes and id(each) not in built])
        async with served_behind_gate(settings) as (app, client):
            yield Books(admin, client, app)
        for part in Database:
            await admin.client.drop_database(prefix + part.value)
        await admin.client.admin.command("dropRole", role.name)


def later(days: float) -> datetime:
    """That many days after the day on which these tests play."""
    return NOW + timedelta(days=days)
