"""A market in which people are told things: a database, three local providers, the relay and the sweeper."""

import itertools
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pymongo

from daraa.collections import by_name
from daraa.collections.accounts import ACCOUNTS, Account, Role
from daraa.collections.admin_profiles import ADMIN_PROFILES, AdminProfile
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile, Vehicle, VehicleKind
from daraa.collections.device_tokens import Platform
from daraa.collections.notification_preferences import NOTIFICATION_PREFERENCES, NotificationPreference
from daraa.collections.notifications import NOTIFICATIONS, Channel, Notification, Sending
from daraa.collections.parts import Locale
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare.document import stamp
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema
from daraa.jobs.registry import Fence
from daraa.jobs.relay import Moved, Relay
from daraa.jobs.subscriptions import Subscriptions
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import MessagesSettings, MongoSettings, Settings
from daraa.market.notifications.preference_service import Preferences
from daraa.market.notifications.service import Notifications
from daraa.market.seed.service import Seed
from daraa.stores.mongo import Capabilities, Mongo, Table
from daraa.stores.mongo.codec import decode
from daraa.stores.mongo.outbox import News, append_events
from factories.catalog import a_store
from servers.gateway import Gateway, gateway
from servers.mail import HOST, MailBox, mail_server
from servers.mongo import MongoServer

USED = (
    *("accounts", "admin_profiles", "store_owner_profiles", "store_members", "courier_profiles", "currencies"),
    *("notifications", "notification_templates", "notification_preferences", "device_tokens", "audit_logs"),
    *("outbox_events", "inbox_events", "delivery_zones", "categories", "store_categories", "commission_rules"),
)
_PHONES = itertools.count(933_000_001)


@dataclass
class Providers:
    """The three of them."""

    sms: Gateway
    push: Gateway
    mail: MailBox


@contextmanager
def providers() -> Iterator[Providers]:
    """All three, started."""
    with ExitStack() as stack:
        yield Providers(
            stack.enter_context(gateway()), stack.enter_context(gateway()), stack.enter_context(mail_server())
        )


def settings_for(home: Path, mongo: MongoSettings, to: Providers, **words: Any) -> Settings:
    """Settings that name the providers, with their keys in secret files."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, server in (("sms_key", to.sms), ("push_key", to.push)):
        (folder / name).write_text(server.key)
        (folder / name).chmod(0o600)
    messages = MessagesSettings(
        sms_url=to.sms.url,
        push_url=to.push.url,
        smtp_host=HOST,
        smtp_port=to.mail.port,
        smtp_tls="none",
        smtp_from="shop@daraa.example",
        **{"timeout_s": 5, "attempts": 3, **words},
    )
    return Settings(home=home, mongo=mongo, messages=messages)


@asynccontextmanager
async def empty_database(server: MongoServer) -> AsyncIterator[Mongo]:
    """A database with validators and indexes of what is used here."""
    client: Any = pymongo.AsyncMongoClient(server.uri, tz_aware=True)
    settings = MongoSettings(database=f"t{secrets.token_hex(5)}", read_timeout_s=20, write_timeout_s=20)
    mongo = Mongo(client, settings, Capabilities())
    try:
        for declared in map(by_name, USED):
            database = mongo.database(declared.database)
            await database.create_collection(declared.db_name, validator=json_schema(declared))
            indexes = [spec.as_command() for spec in index_plan(declared) if not spec.needs]
            if indexes:
                await database.command("createIndexes", declared.db_name, indexes=indexes)
        yield mongo
        for part in {by_name(name).database for name in USED}:
            await client.drop_database(settings.database + part.value)
    finally:
        await mongo.close()


@dataclass
class Told:
    """The market; `home` keeps its secrets."""

    mongo: Mongo
    settings: Settings
    to: Providers
    notifications: Notifications = field(init=False)
    preferences: Preferences = field(init=False)
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.notifications = Notifications(self.mongo, self.settings)
        self.preferences = Preferences(self.mongo)

    async def add(self, collection: Any, document: Any) -> Any:
        await Table(collection, self.mongo).insert(document)
        return document

    async def person(self, *roles: Role, locale: Locale = Locale.AR, **more: Any) -> Account:
        """Somebody with a number of their own, a mailbox and one device."""
        words = {"email": f"p{secrets.token_hex(4)}@example.org", "full_name": "هدى الرفاعي", **more}
        account = Account(
            id=new_id("acc"), phone=f"+963{next(_PHONES)}", roles=roles or (Role.CUSTOMER,), locale=locale,
            default_currency="SYP", **stamp(now()), **words,
        )  # fmt: skip
        await self.add(ACCOUNTS, account)
        await self.preferences.register(account.id, self.token_of(account.id), Platform.ANDROID, locale)
        return account

    @staticmethod
    def token_of(account_id: str) -> str:
        return f"device-token-of-{account_id}"

    async def store(self, **more: Any) -> tuple[StoreOwnerProfile, Account]:
        """An approved store and its owner."""
        owner = await self.person(Role.STORE_OWNER)
        made = a_store(f"store-{secrets.token_hex(4)}", **more).model_copy(update={"account_id": owner.id})
        await self.add(STORE_OWNER_PROFILES, made)
        await self.member(made.id, owner, role=MemberRole.OWNER)
        return made, owner

    async def member(self, store_id: str, account: Account, **more: Any) -> None:
        words = {"role": MemberRole.STAFF, "status": MemberStatus.ACTIVE, **more}
        member = StoreMember(id=new_id("stm"), store_id=store_id, account_id=account.id, **stamp(now()), **words)
        await self.add(STORE_MEMBERS, member)

    async def courier(self) -> tuple[CourierProfile, Account]:
        account = await self.person(Role.COURIER)
        money = Money(amount=0, currency="SYP")
        profile = CourierProfile(
            id=new_id("cor"), account_id=account.id, vehicle=Vehicle(kind=VehicleKind.BICYCLE), cash_held=money,
            cash_limit=money, **stamp(now()),
        )  # fmt: skip
        return await self.add(COURIER_PROFILES, profile), account

    async def admin(self, *permissions: str) -> Account:
        account = await self.person(Role.ADMIN)
        limit = Money(amount=0, currency="SYP")
        profile = AdminProfile(
            id=new_id("adm"), account_id=account.id, permissions=permissions, four_eyes_limit=limit, **stamp(now())
        )
        await self.add(ADMIN_PROFILES, profile)
        return account

    async def prefers(self, account: Account, **words: Any) -> None:
        await self.add(NOTIFICATION_PREFERENCES, NotificationPreference(id=account.id, **stamp(now()), **words))

    async def publish(self, type: str, aggregate_id: str, payload: Mapping[str, Any]) -> str:
        """Write an event as its capability would; its id."""
        news = News(type, type.split(".")[0], aggregate_id, next(self._sequence), payload)
        async with self.mongo.transaction() as session:
            (event_id,) = await append_events(self.mongo, session, [news])
        return event_id

    async def order_event(self, type: str, store: StoreOwnerProfile, customer: Account, **more: Any) -> str:
        """One step of an order."""
        order_id = more.pop("order_id", new_id("ord"))
        payload = {
            "order_id": order_id, "order_number": "A7K2M", "group_id": new_id("grp"), "customer_id": customer.id,
            "store_id": store.id, "courier_id": None, "status": type.split(".")[1],
            "total": {"amount": 125_050, "currency": "SYP"}, "payment_method": "cash", "lines": [], **more,
        }  # fmt: skip
        return await self.publish(type, order_id, payload)

    async def relay(self) -> Moved:
        """Deliver what is pending to the notifications."""
        subscriptions = Subscriptions()
        subscriptions.add(self.notifications.consumers())
        return await Relay(self.mongo, subscriptions, self.settings.jobs, fence=Fence(1)).drain()

    async def tell(self, type: str, aggregate_id: str, payload: Mapping[str, Any]) -> list[Notification]:
        """Publish, relay, and what came of it."""
        event_id = await self.publish(type, aggregate_id, payload)
        moved = await self.relay()
        assert (moved.delivered, moved.put_off, moved.parked) == (1, 0, 0)
        return [row for row in await self.rows() if row.dedupe_key.startswith(event_id)]

    async def rows(self, **where: Any) -> list[Notification]:
        """All notifications, oldest first."""
        raw = await self.mongo.collection(NOTIFICATIONS).find(where).sort("_id", 1).to_list(None)
        return [decode(Notification, each) for each in raw]

    async def of(self, account: Account) -> list[Notification]:
        return await self.rows(recipientId=account.id)

    async def make_due(self) -> None:
        """Let the pause of everything that waits be over."""
        past = now() - timedelta(seconds=1)
        for row in await self.rows(dueAt={"$exists": True}):
            waiting = [
                each.model_copy(update={"due_at": past}) if each.due_at is not None else each for each in row.sendings
            ]
            change = {"$set": {"due_at": past, "sendings": tuple(waiting)}}
            assert await Table(NOTIFICATIONS, self.mongo).update_one({"id": row.id}, change)


def sending(row: Notification, channel: Channel) -> Sending | None:
    """What became of one channel."""
    return next((each for each in row.sendings if each.channel is channel), None)


def now() -> datetime:
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


async def seeded(mongo: Mongo) -> None:
    """What a real market starts with."""
    seed = Seed(mongo)
    await seed.apply(await seed.plan())
