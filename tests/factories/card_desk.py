"""A market with a card provider beside it: both real processes' worth of HTTP, each with a memory of its own."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI
from pymongo.errors import CollectionInvalid

from daraa.collections import by_name
from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payment_intents import IntentPurpose, IntentStatus, PaymentIntent
from daraa.collections.payments import Payment
from daraa.declare.access import user_name
from daraa.derive.validators import json_schema
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import EmbeddedSettings, PaymentsSettings, Settings
from daraa.market.audit.service import Audit
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.opening import PaymentParts, open_payments
from daraa.market.payments.plan import OrderDue, tenders
from daraa.market.payments.refund_service import Refunds
from daraa.market.payments.service import Payments, new_intent_id
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import LONG_AGO
from daraa.stores.mongo.session import Session
from daraa.stores.process import Child, bind_listener
from daraa.stores.process.http_probe import http_answers
from daraa.stores.providers import HttpCardProvider, Keys, keys_from
from factories.gate import served_behind_gate, signed_in
from factories.installation import build_indexes, installation
from servers.mongo import MongoServer
from servers.ports import free_port
from servers.redis import RedisServer

T = TypeVar("T")
WRITTEN = ("payments", "payment_intents", "refunds", "inbox_events", "outbox_events", "audit_logs")
HOST = "127.0.0.1"


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


@dataclass
class LocalProvider:
    """The provider's process, and how a test speaks to it: signed, like everybody."""

    child: Child
    port: int
    settings: Settings
    client: HttpCardProvider = field(init=False)

    def __post_init__(self) -> None:
        self.client = HttpCardProvider("local", self.url, lambda: self.keys, seconds=5)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def keys(self) -> Keys:
        return keys_from(self.settings.secret("provider_key"))

    async def behave(self, **words: Any) -> None:
        """From now on like this; whatever is not named is as usual."""
        await self.client._call("PUT", "/v1/behaviour", {"settle_ms": 30, **words})

    async def figures(self) -> dict[str, int]:
        """How many charges, refunds and hooks it has."""
        found: dict[str, int] = await self.client._call("GET", "/v1/figures")
        return found


@dataclass
class CardDesk:
    """The API behind the believing gate, served and listening; the provider; our own services over the database."""

    settings: Settings
    mongo: Mongo
    app: FastAPI
    http: httpx.AsyncClient
    provider: LocalProvider
    hook_url: str
    parts: PaymentParts

    @property
    def payments(self) -> Payments:
        return self.parts.payments

    @property
    def intents(self) -> Intents:
        return self.parts.intents

    @property
    def refunds(self) -> Refunds:
        return self.parts.refunds

    async def checkout(self, *dues: int, method: PaymentMethod = PaymentMethod.CARD, wallet: int = 0) -> "Checkout":
        """Payments and, where something goes by card, an intent, as a checkout stores them."""
        group, customer, intent_id = new_id("grp"), new_id("acc"), new_intent_id()
        orders = [OrderDue(new_id("ord"), group, customer, new_id("sto"), syp(due)) for due in dues]
        how = tenders(dues, method, wallet=wallet, cash_step=5, rest=PaymentMethod.CARD)
        planned = self.payments.plan(orders, how, method, intent_id=intent_id)

        async def work(session: Session) -> None:
            await self.payments.add(session, planned)
            if any(each.intent_id for each in planned):
                await self.payments.open_checkout_intent(session, intent_id, group, planned)

        await self.mongo.in_transaction(work)
        return Checkout(customer, group, intent_id, planned)

    async def paid(self, *dues: int) -> "Checkout":
        """A checkout whose card payment has come, as orders would have recorded it."""
        made = await self.checkout(*dues)
        await self.confirm(made)
        intent = await self.until(made, IntentStatus.CAPTURED)

        async def work(session: Session) -> None:
            for share in intent.allocations:
                await self.payments.captured(session, share.payment_id, share.amount)

        await self.mongo.in_transaction(work)
        return made

    async def topup(self, amount: int) -> "Checkout":
        """An intent that fills a wallet."""
        customer, wallet, intent_id = new_id("acc"), new_id("wal"), new_intent_id()

        async def work(session: Session) -> None:
            await self.payments.open_intent(
                session,
                intent_id=intent_id,
                purpose=IntentPurpose.TOPUP,
                target_id=wallet,
                customer_id=customer,
                amount=syp(amount),
            )

        await self.mongo.in_transaction(work)
        return Checkout(customer, wallet, intent_id, [])

    async def confirm(self, made: "Checkout", token: str | None = "tok_ok") -> httpx.Response:
        """The customer pays."""
        path = f"/v1/payment-intents/{made.intent_id}:confirm"
        return await self.http.post(path, json={"token": token}, headers=signed_in(made.customer_id))

    async def intent(self, made: "Checkout") -> PaymentIntent:
        """As it stands."""
        return await self.intents.get_own(made.intent_id, made.customer_id)

    async def until(self, made: "Checkout", *statuses: IntentStatus, within_s: float = 15) -> PaymentIntent:
        """The intent once it is in one of these states."""

        async def reached() -> PaymentIntent | None:
            intent = await self.intent(made)
            return intent if intent.status in statuses else None

        return await eventually(reached, within_s=within_s)

    async def events(self, aggregate_id: str) -> list[str]:
        """What was told of an intent or a refund, oldest first."""
        rows = await self.mongo.collection(by_name("outbox_events")).find({"aggregateId": aggregate_id}).to_list()
        return [row["type"] for row in sorted(rows, key=lambda row: row["sequence"])]

    async def audit(self, target_id: str) -> list[str]:
        """What the audit log says of a thing, oldest first."""
        rows = await self.mongo.collection(by_name("audit_logs")).find({"targetId": target_id}).to_list()
        return [row["action"] for row in sorted(rows, key=lambda row: row["seq"])]

    async def inbox(self, intent_id: str) -> list[str]:
        """The states of the messages that were kept about an intent."""
        rows = await self.mongo.collection(by_name("inbox_events")).find({"body": {"$regex": intent_id}}).to_list()
        return [row["state"] for row in rows]

    async def make_due(self, collection: str, id_: str, field_name: str) -> None:
        """As if the time of the next look had come."""
        long_ago = {"$set": {field_name: LONG_AGO}}
        await self.mongo.collection(by_name(collection)).update_one({"_id": id_}, long_ago)


@dataclass(frozen=True)
class Checkout:
    """What was stored; `target_id` is the group or the wallet."""

    customer_id: str
    target_id: str
    intent_id: str
    payments: Sequence[Payment]


def message(made: Checkout, status: str, amount: int = 1_000, at: datetime | None = None, **data: Any) -> bytes:
    """What the provider tells of a charge."""
    charge = {
        "ref": f"ch_{made.intent_id[-12:]}", "reference": made.intent_id, "amount": amount, "currency": "SYP",
        "status": status, "failure": None, "at": (at or datetime.now(UTC)).isoformat(), **data,
    }  # fmt: skip
    return json.dumps({"type": f"charge.{status}", "data": charge}).encode()


async def eventually(read: Callable[[], Awaitable[T | None]], *, within_s: float = 15) -> T:
    """What `read` gives as soon as it gives something."""
    deadline = time.monotonic() + within_s
    while (value := await read()) is None:
        assert time.monotonic() < deadline, f"nothing within {within_s} s"
        await asyncio.sleep(0.03)
    return value


def provider_process(settings: Settings, port: int, hook_url: str, log: Path) -> Child:
    """The local provider as `daraa up` starts it."""
    return Child(
        "provider",
        (
            sys.executable,
            "-P",
            "-m",
            "daraa.cli",
            "payments",
            "local-provider",
            "--port",
            str(port),
            "--hooks",
            hook_url,
        ),
        log_path=log,
        env={"DARAA_HOME": str(settings.home), "PATH": "/usr/bin:/bin"},
        ready=partial(http_answers, f"http://{HOST}:{port}/health"),
    )


@asynccontextmanager
async def open_card_desk(
    mongo_server: MongoServer, redis_server: RedisServer, home: Path, **payments: Any
) -> AsyncIterator[CardDesk]:
    """Everything, started; whatever was started is stopped."""
    port, api_port = free_port(), free_port()
    async with installation(mongo_server, redis_server, home) as (made, admin):
        card = PaymentsSettings(url=f"http://{HOST}:{port}", timeout_s=2, **payments)
        settings = made.model_copy(update={"payments": card, "embedded": EmbeddedSettings(provider_port=port)})
        await _prepare(admin, settings)
        hook_url = f"http://{HOST}:{api_port}/v1/hooks/local"
        child = provider_process(settings, port, hook_url, home / "provider.log")
        async with served_behind_gate(settings) as (app, client), _listening(app, api_port):
            try:
                await child.start()
                parts = open_payments(admin, settings, Audit(admin))
                yield CardDesk(settings, admin, app, client, LocalProvider(child, port, settings), hook_url, parts)
            finally:
                child.kill()


@asynccontextmanager
async def _listening(app: FastAPI, port: int) -> AsyncIterator[None]:
    """The same application on a port, for those who come from other processes."""
    with bind_listener(HOST, port) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await task


async def _prepare(admin: Mongo, settings: Settings) -> None:
    """The collections that payments write, with validators and indexes, and the account's right to the audit log."""
    declared = [by_name(name) for name in WRITTEN]
    for each in declared:
        try:
            await admin.database(each.database).create_collection(each.db_name, validator=json_schema(each))
        except CollectionInvalid:
            continue
    await build_indexes(admin, declared)
    user = user_name("app", settings.mongo.database)
    roles = [{"role": "readWrite", "db": settings.mongo.database + "_audit"}]
    await admin.client.admin.command("grantRolesToUser", user, roles=roles)
