"""One world with everything that a path can name, and the people who own it, stand beside it, or may not touch it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from daraa.api.app import describe_api
from daraa.collections import ALL
from daraa.collections.accounts import Role
from daraa.collections.admin_profiles import AdminRole
from daraa.collections.categories import CATEGORIES
from daraa.collections.formulas import inventory_id
from daraa.collections.journals import JOURNALS
from daraa.collections.notifications import NOTIFICATIONS
from daraa.collections.sessions import SESSIONS, Session
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.profiles.grants import DEFAULT_GRANTS
from factories.bodies import BodyMaker
from factories.catalog import a_kind
from factories.counter import staff_of
from factories.couriers import Trip, delivered, keyed, picked_up
from factories.gate import as_admin, signed_in
from factories.market import SYP, Rider, Shopper, Storefront, Town, in_json, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer

Headers = dict[str, str]
WEALTH = 500_000
DEVICE_TOKEN = "device-token-of-a-telephone"
_TEMPLATE = {
    "key": "order.placed",
    "channel": "push",
    "title": {"ar": "طلب", "en": "Order"},
    "body": {"ar": "طلب جديد", "en": "A new order"},
}
_UNWATCHED = frozenset({"idempotency_keys", "sessions"})
"""What a refused request may leave behind: the key that it came with, and when a session was last seen."""


@dataclass(frozen=True)
class Operation:
    """One method of one path, as the OpenAPI document describes it."""

    method: str
    path: str
    words: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_protected(self) -> bool:
        """True when it asks for a token."""
        return bool(self.words.get("security"))

    def names(self, place: str = "path") -> list[str]:
        """Its parameters in the path, the query or the headers."""
        return [each["name"] for each in self.words.get("parameters", ()) if each["in"] == place]


DOCUMENT = describe_api()
OPERATIONS = tuple(
    Operation(method.upper(), path, words) for path, item in DOCUMENT["paths"].items() for method, words in item.items()
)


@dataclass
class World:
    """`ids` by the name of a parameter or a body's member.

    Where paths mean something else by a name, they have an entry `<prefix>#<name>`.
    """

    town: Town
    shopper: Shopper
    stranger: Shopper
    front: Storefront
    other_front: Storefront
    rider: Rider
    other_rider: Rider
    staff: Headers
    ids: dict[str, str] = field(default_factory=dict)
    admin: Headers = field(default_factory=lambda: _all_powerful())
    second_admin: Headers = field(default_factory=lambda: _all_powerful())
    powerless: Headers = field(default_factory=lambda: signed_in(new_id("acc"), Role.ADMIN))
    _seen: dict[str, Any] = field(default_factory=dict)

    def owner(self, path: str) -> Headers:
        """Who may use this path."""
        if path.startswith("/v1/admin/"):
            return self.second_admin if path.endswith(":approve-reversal") else self.admin
        if path.startswith("/v1/seller/"):
            return self.front.headers
        if path.startswith("/v1/courier/"):
            return self.rider.headers
        return self.staff if path.startswith("/v1/me/memberships/") else self.shopper.headers

    def intruders(self, path: str) -> dict[str, Headers]:
        """Everybody who may not, by what they are."""
        people = {
            "another customer": self.stranger.headers,
            "another store's owner": self.other_front.headers,
            "another courier": self.other_rider.headers,
            "an admin without any right": self.powerless,
        }
        if not path.startswith("/v1/admin/"):
            people["an admin with every right"] = self.admin
        return people

    def known(self, name: str, path: str = "") -> str | None:
        """The id that goes by a parameter's name."""
        special = (value for key, value in self.ids.items() if "#" in key and path.startswith(key.split("#")[0])
                   and key.endswith(f"#{name}"))  # fmt: skip
        return next(special, self.ids.get(name))

    def address(self, operation: Operation, **others: str) -> str:
        """The operation's path with this world's ids, or with the ids of others."""
        path = operation.path
        for name in operation.names():
            found = others.get(name) or self.known(name, operation.path)
            assert found is not None, f"teach the world about {{{name}}} of {operation}"
            path = path.replace(f"{{{name}}}", found)
        return path

    async def send(self, operation: Operation, who: Headers, **others: str) -> httpx.Response:
        """A request to which nothing is lacking but, perhaps, the right."""
        path = self.address(operation, **others)
        headers = keyed(who) if "Idempotency-Key" in operation.names("header") else dict(who)
        if "If-Match" in operation.names("header"):
            headers["if-match"] = await self.version(operation, path, who)
        body = None
        if "requestBody" in operation.words:
            maker = BodyMaker(DOCUMENT, lambda name: self.known(name, operation.path))
            also = ALSO.get(str(operation), ())
            body = maker.of(operation.words, change=operation.method == "PATCH", also=also)
        query = ASKED.get(str(operation), {})
        return await self.town.client.request(operation.method, path, params=query, json=body, headers=headers)

    async def version(self, operation: Operation, path: str, who: Headers) -> str:
        """The ETag that a rightful change would carry: of one's own cart, else of the thing as its owner sees it."""
        reader, seen = self.owner(operation.path), path.rsplit(":", 1)[0] if ":" in path else path
        if path.startswith("/v1/cart"):
            reader, seen = who, "/v1/cart"
        found = await self.town.client.get(seen, headers=reader)
        return found.headers.get("etag", '"1"')

    def everybody(self) -> dict[str, Headers]:
        """A request by each sort of caller."""
        return {
            "nobody": {},
            "a customer": self.shopper.headers,
            "a store's owner": self.front.headers,
            "staff": self.staff,
            "a courier": self.rider.headers,
            "an admin": self.admin,
            "an admin without any right": self.powerless,
        }

    async def changed(self) -> dict[str, Any]:
        """The collections that are not as they were when this was asked last, with what they were and are."""
        before, self._seen = self._seen, await self._fingerprint()
        return {name: (old, self._seen[name]) for name, old in before.items() if old != self._seen[name]}

    async def _fingerprint(self) -> dict[str, Any]:
        """What the database holds: how many of each, the sum of their versions, and the newest change."""
        group = {
            "_id": None,
            "count": {"$sum": 1},
            "versions": {"$sum": "$ver"},
            "newest": {"$max": "$updatedAt"},
        }
        found = {}
        for collection in ALL:
            if collection.name not in _UNWATCHED:
                cursor = await self.town.mongo.collection(collection).aggregate([{"$group": group}])
                found[collection.name] = await cursor.to_list()
        return found


def _all_powerful() -> Headers:
    return as_admin(new_id("acc"), *sorted(DEFAULT_GRANTS[AdminRole.SUPER_ADMIN]))


ALSO: dict[str, tuple[str, ...]] = {
    "POST /v1/courier/tasks/{task_id}:deliver": ("pin",),
    "POST /v1/wallets/{wallet_id}/transfers": ("to_wallet",),
}
"""What a body must say, too, by rules that no schema can tell."""
ASKED: dict[str, dict[str, str]] = {
    "GET /v1/seller/stores/{store_id}/variants": {"sku": "SKU-1"},
}
"""Queries of routes that need one."""


@asynccontextmanager
async def open_world(mongo_server: MongoServer, redis_server: RedisServer, home: Path) -> AsyncIterator[World]:
    """The town with two of everybody, trade behind them and trade under way."""
    async with open_town(mongo_server, redis_server, home) as town:
        fronts = [await town.storefront(10_000), await town.storefront(10_000)]
        for counting in (STORE_OWNER_PROFILES, CATEGORIES):  # the town's goods came in by no counter
            await town.mongo.collection(counting).update_many({}, {"$set": {"productCount": 1}})
        riders = [await town.rider(), await town.rider()]
        await delivered(town, fronts[0], riders[0])
        trip = await picked_up(town, fronts[0], riders[0], wallet=WEALTH)
        staff = await staff_of(town, fronts[0].id, _account(fronts[0]))
        shopper, stranger = await _with_wallet(town, trip.shopper), await town.shopper(WEALTH)
        world = World(
            town, shopper, stranger, fronts[0], fronts[1], riders[0], riders[1], staff=signed_in(staff.id)
        )  # fmt: skip
        world.ids["/v1/seller#account_id"] = staff.id
        await _trade(world, trip)
        await _belongings(world)
        await _offices(world)
        await town.relay()
        await world.changed()
        yield world


def _account(front: Storefront) -> Any:
    return front.store.model_copy(update={"id": front.store.account_id})


async def _made(world: World, path: str, body: Any, headers: Headers) -> str:
    answer = await world.town.client.post(path, json=body, headers=keyed(headers))
    assert answer.is_success, answer.text
    found: str = answer.json()["data"]["id"]
    return found


async def _with_wallet(town: Town, shopper: Shopper) -> Shopper:
    return replace(shopper, wallet=await town.wallet_of(shopper.id))


async def _trade(world: World, trip: Trip) -> None:
    """An order on the road, the declared cash of another, a cart for everybody."""
    town, front = world.town, world.front
    payment = await town.payment_of(trip.order_id)
    world.ids |= {
        "order_id": trip.order_id,
        "task_id": trip.task_id,
        "remittance_id": await _made(world, "/v1/courier/remittances", {"hub": "hub-1"}, world.rider.headers),
        "group_id": payment.group_id,
        "payment_id": payment.id,
        "courier_id": world.rider.profile.id,
        "store_id": front.id,
        "product_id": front.product.id,
        "variant_id": front.variant.id,
        "category_id": front.category.id,
        "inventory_id": inventory_id(front.id, front.variant.id),
        "zone_id": town.zone.id,
        "/v1/products#key": front.product.id,
        "/v1/stores#key": front.id,
        "/v1/categories#key": front.category.id,
        "/v1/delivery-zones#key": town.zone.id,
        "rule_id": town.rule.id,
    }
    await town.fill_cart(world.shopper, {front.variant.id: 1})
    await town.fill_cart(world.stranger, {world.other_front.variant.id: 1})


async def _belongings(world: World) -> None:
    """What a customer has beside orders."""
    town, shopper, now = world.town, world.shopper, SYSTEM_CLOCK.now()
    assert shopper.wallet is not None
    assert world.stranger.wallet is not None
    session = Session(
        id=new_id("ses"), account_id=shopper.id, refresh_hash="0" * 64, token_epoch=0, ip="127.0.0.1",
        last_seen_at=now, expires_at=now + timedelta(days=1), **stamp(now),
    )  # fmt: skip
    await town.put(SESSIONS, session)
    wallet = f"/v1/wallets/{shopper.wallet.id}"
    paid_out = {"amount": in_json(10_000), "destination": "SY00 1234"}
    device = {"token": DEVICE_TOKEN, "platform": "android"}
    topped_up = await town.client.post(f"{wallet}/topups", json={"amount": in_json(1_000)}, headers=shopper.once())
    assert topped_up.is_success, topped_up.text
    world.ids |= {
        "address_id": shopper.address.id,
        "session_id": session.id,
        "wallet_id": shopper.wallet.id,
        "to_wallet": world.stranger.wallet.id,
        "intent_id": topped_up.json()["data"]["intent_id"],
        "withdrawal_id": await _made(world, f"{wallet}/withdrawals", paid_out, shopper.headers),
        "device_id": await _made(world, "/v1/me/device-tokens", device, shopper.headers),
    }


async def _offices(world: World) -> None:
    """What admins look after."""
    town, kind = world.town, a_kind("bakery-of-the-world")
    await town.put(STORE_CATEGORIES, kind)
    journal = await town.mongo.collection(JOURNALS).find_one({})
    assert journal is not None
    template = await _made(world, "/v1/admin/notification-templates", _TEMPLATE, world.admin)
    world.ids |= {
        "kind_id": kind.id,
        "currency": SYP,
        "/v1/store-categories#key": kind.id,
        "provider": "local",
        "journal_id": journal["_id"],
        "template_id": template,
        "account_id": world.shopper.id,
    }


async def notification_of(world: World, account_id: str) -> str:
    """The id of a message in somebody's inbox."""
    found = await world.town.mongo.collection(NOTIFICATIONS).find_one({"recipientId": account_id})
    assert found is not None
    key: str = found["_id"]
    return key
