"""A town to trade in: stores with stock, customers with addresses and money, couriers, and the API that serves them.

Everything is written through the collections' models, in a moment; money comes in through the ledger, so the proofs
hold from the beginning. `async with open_town(mongo_server, redis_server, home) as town:` gives the API behind the
believing gate (`factories.gate`) over a database with the whole schema and the application's own rights.
"""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from daraa.collections import ALL
from daraa.collections.accounts import ACCOUNTS, Account, Role
from daraa.collections.addresses import ADDRESSES, Address
from daraa.collections.carts import CARTS, Cart, CartItem
from daraa.collections.categories import CATEGORIES
from daraa.collections.commission_rules import COMMISSION_RULES, CommissionRule, RuleScope
from daraa.collections.courier_profiles import (
    COURIER_PROFILES,
    CourierProfile,
    CourierStatus,
    Vehicle,
    VehicleKind,
    Verification,
)
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.customer_profiles import CUSTOMER_PROFILES, CustomerProfile, ShoppingStats
from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone
from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.orders import ORDERS, Order
from daraa.collections.payments import PAYMENTS, Payment
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS
from daraa.collections.proofs import PROOFS
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind, StockMovement
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.collections.wallets import WALLETS, Wallet, WalletKind
from daraa.declare import Collection, Document, Localized, Point
from daraa.declare.access import user_name
from daraa.declare.collection import Database
from daraa.declare.document import stamp
from daraa.derive.roles import roles
from daraa.jobs.registry import Fence
from daraa.jobs.relay import Moved, Relay
from daraa.jobs.worker import product_subscriptions
from daraa.kernel.checks import CheckState
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.actor import JOB
from daraa.market.assembly import Market, opened_market
from daraa.market.wallets import postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.service import Wallets
from daraa.ops.schema.apply import apply_schema
from daraa.ops.schema.wanted import wanted
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.account_commands import put_role, set_own_role
from daraa.stores.mongo.codec import encode
from daraa.stores.mongo.proofs import prove
from factories.catalog import a_category, a_product, a_store, a_variant
from factories.delivery import a_zone, some_terms, square
from factories.gate import as_admin, served_behind_gate
from factories.installation import installation
from factories.traders import Rider, Shopper, Storefront
from servers.mongo import MongoServer
from servers.redis import RedisServer

SYP = "SYP"
CASH_STEP = 500
FEE = 5_000
PLATFORM_BP, DELIVERY_BP = 1_000, 2_000
HOME = (36.102, 32.625)
ADMIN_RIGHTS = (
    "order:read", "order:cancel", "refund:create", "store:approve", "account:suspend", "ledger:adjust", "audit:read",
)  # fmt: skip
_COUNT = itertools.count(1)


def syp(amount: int) -> Money:
    """So many piastres."""
    return Money(amount=amount, currency=SYP)


def in_json(amount: int) -> dict[str, Any]:
    """The same as requests and answers write it."""
    return {"amount": amount, "currency": SYP}


@dataclass
class Town:
    """The market of one database. `mongo` is the administrator's handle, to look and to lay things out; `market` are
    the application's services over its own handle `own`, which sessions for them must come from.
    """

    settings: Settings
    mongo: Mongo
    app: FastAPI
    client: httpx.AsyncClient
    market: Market
    own: Mongo
    zone: DeliveryZone
    rule: CommissionRule
    admin: dict[str, str] = field(default_factory=lambda: as_admin(new_id("acc"), *ADMIN_RIGHTS))

    async def put(self, collection: Collection[Any], *documents: Document) -> None:
        """Write documents as they are."""
        await self.mongo.collection(collection).insert_many([encode(each) for each in documents])

    async def storefront(
        self, *prices: int, stock: int | Sequence[int] = 100, fee: int = FEE, **more: Any
    ) -> Storefront:
        """A store that serves the zone, with a variant for each price (minor units) and stock for each."""
        number = next(_COUNT)
        prices = prices or (10_000,)
        account = await self._account(Role.CUSTOMER, Role.STORE_OWNER)
        store = a_store(f"store-{number}", **more).model_copy(update={"account_id": account.id})
        category = a_category(f"category-{number}")
        product = a_product(store, category, slug=f"product-{number}", price=min(prices))
        variants = tuple(
            a_variant(product, sku=f"SKU-{number}-{place}", price=syp(price)) for place, price in enumerate(prices)
        )
        stocks = [stock] * len(prices) if isinstance(stock, int) else list(stock)
        await self.put(STORE_OWNER_PROFILES, store)
        await self.put(CATEGORIES, category)
        await self.put(PRODUCTS, product)
        await self.put(PRODUCT_VARIANTS, *variants)
        await self.put(STORE_MEMBERS, _owner(store))
        await self.put(STORE_DELIVERY_ZONES, some_terms(store.id, self.zone, fee=syp(fee)))
        for variant, quantity in zip(variants, stocks, strict=True):
            await self._shelve(variant, quantity)
        return Storefront(store, category, product, variants)

    async def _shelve(self, variant: ProductVariant, quantity: int) -> None:
        key, now = inventory_id(variant.store_id, variant.id), SYSTEM_CLOCK.now()
        whose = {"store_id": variant.store_id, "variant_id": variant.id}
        await self.put(
            INVENTORIES,
            Inventory(
                id=key, product_id=variant.product_id, available=quantity, on_hand=quantity, **whose, **stamp(now)
            ),
        )
        if quantity:
            await self.put(
                STOCK_MOVEMENTS,
                StockMovement(
                    id=new_id("smv"), inventory_id=key, kind=MovementKind.RECEIVE, quantity=quantity,
                    delta_on_hand=quantity, **whose, **stamp(now),
                ),
            )  # fmt: skip

    async def shopper(self, wallet: int = 0) -> Shopper:
        """A customer with an address in the zone, and that much money (minor units)."""
        now = SYSTEM_CLOCK.now()
        account = await self._account(Role.CUSTOMER)
        address = Address(
            id=new_id("adr"), owner_id=account.id, label="البيت", recipient=account.full_name, phone=account.phone,
            city="درعا", area="المحطة", street="شارع هنانو", building="7", location=Point(coordinates=HOME),
            zone_id=self.zone.id, is_default=True, last_used_at=now, **stamp(now),
        )  # fmt: skip
        await self.put(ADDRESSES, address)
        profile = CustomerProfile(
            id=new_id("cus"), account_id=account.id, default_address_id=address.id, stats=ShoppingStats(spent=syp(0)),
            referral_code=f"{next(_COUNT):08d}", **stamp(now),
        )  # fmt: skip
        await self.put(CUSTOMER_PROFILES, profile)
        return Shopper(account, address, await self.fund(account.id, wallet) if wallet else None)

    async def fund(self, owner_id: str, amount: int, kind: WalletKind = WalletKind.CUSTOMER) -> Wallet:
        """Put money into an owner's wallet, as a top-up does; the wallet as it is then."""
        wallet = await self.market.get(Wallets).get_or_open(owner_id, kind, SYP)
        posting = postings.topped_up("local", new_id("top"), wallet.id, syp(amount))
        ledger = self.market.get(Ledger)
        await self.own.in_transaction(
            lambda session: ledger.post(session, [posting], actor=JOB, now=SYSTEM_CLOCK.now()), longest_s=20
        )
        return await self.market.get(Wallets).get_or_open(owner_id, kind, SYP)

    async def rider(self, **more: Any) -> Rider:
        """A courier who can take a task now."""
        now = SYSTEM_CLOCK.now()
        account = await self._account(Role.CUSTOMER, Role.COURIER)
        fields: dict[str, Any] = {
            "status": CourierStatus.AVAILABLE,
            "verification": Verification.APPROVED,
            "vehicle": Vehicle(kind=VehicleKind.MOTORCYCLE),
            "zone_ids": (self.zone.id,),
            "cash_held": syp(0),
            "cash_limit": syp(10_000_000),
            "location": Point(coordinates=HOME),
            "located_at": now,
            **more,
        }
        profile = CourierProfile(id=new_id("cor"), account_id=account.id, **stamp(now), **fields)
        await self.put(COURIER_PROFILES, profile)
        return Rider(account, profile)

    async def _account(self, *has: Role) -> Account:
        number = next(_COUNT)
        account = Account(
            id=new_id("acc"), phone=f"+9639440{number:05}", full_name=f"Person {number}", roles=has,
            default_currency=SYP, **stamp(SYSTEM_CLOCK.now()),
        )  # fmt: skip
        await self.put(ACCOUNTS, account)
        return account

    async def fill_cart(self, shopper: Shopper, wants: Mapping[str, int]) -> Cart:
        """An open cart with so many of each variant id, as if the shopper had put them in."""
        rows = self.mongo.collection(PRODUCT_VARIANTS).find({"_id": {"$in": list(wants)}})
        variants = {row["_id"]: ProductVariant.model_validate(row, strict=False) for row in await rows.to_list()}
        now = SYSTEM_CLOCK.now()
        items = tuple(
            CartItem(
                variant_id=key, product_id=variants[key].product_id, store_id=variants[key].store_id,
                quantity=quantity, name=Localized(ar="شيء", en="Thing"), last_price=variants[key].price, added_at=now,
            )
            for key, quantity in wants.items()
        )  # fmt: skip
        cart = Cart(
            id=new_id("crt"), customer_id=shopper.id, items=items, currency=SYP, touched_at=now, is_active=False,
            **stamp(now),
        )  # fmt: skip
        await self.put(CARTS, cart)
        # Made active by an update, or its place would stay taken: see docs/stand-ins.md.
        await self.mongo.collection(CARTS).update_one({"_id": cart.id}, {"$set": {"isActive": True}})
        return cart.model_copy(update={"is_active": True})

    async def quote(self, shopper: Shopper, **payment: Any) -> dict[str, Any]:
        """What the open cart costs, brought to the shopper's address."""
        wanted = {"address_id": shopper.address.id, **payment}
        answer = await self.client.get("/v1/cart/quote", params=wanted, headers=shopper.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["data"]
        return found

    async def check_out(
        self,
        shopper: Shopper,
        total: int,
        *,
        key: str | None = None,
        payment: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Send the checkout of the open cart, by cash if nothing is said."""
        body = {
            "address_id": shopper.address.id,
            "payment": payment or {"method": "cash"},
            "expected_total": in_json(total),
            **more,
        }
        return await self.client.post("/v1/cart/checkout", json=body, headers=shopper.once(key))

    async def bought(
        self, shopper: Shopper, wants: Mapping[str, int], payment: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Fill a cart, agree to its quote and check out; the order group as it was answered."""
        await self.fill_cart(shopper, wants)
        payment = payment or {"method": "cash"}
        asked = {"payment_method": payment["method"]}
        if "wallet_amount" in payment:
            asked["wallet_amount"] = payment["wallet_amount"]["amount"]
        if "rest" in payment:
            asked["rest"] = payment["rest"]
        total = (await self.quote(shopper, **asked))["totals"]["total"]["amount"]
        answer = await self.check_out(shopper, total, payment=payment)
        assert answer.status_code == 201, answer.text
        placed: dict[str, Any] = answer.json()["data"]
        return placed

    async def relay(self) -> Moved:
        """Deliver every event that waits, as the worker does."""
        subscriptions = product_subscriptions(self.market)
        moved = await Relay(self.own, subscriptions, self.settings.jobs, fence=Fence(1)).drain()
        assert (moved.put_off, moved.parked) == (0, 0), "an event was not taken: see the log"
        return moved

    async def order(self, order_id: str) -> Order:
        """The order as it is stored."""
        return await self._stored(ORDERS, {"_id": order_id})

    async def payment_of(self, order_id: str) -> Payment:
        """The payment of an order as it is stored."""
        return await self._stored(PAYMENTS, {"orderId": order_id})

    async def wallet_of(self, owner_id: str) -> Wallet:
        """An owner's wallet as it is stored."""
        return await self._stored(WALLETS, {"ownerId": owner_id, "currency": SYP})

    async def stock_of(self, variant: ProductVariant) -> Inventory:
        """The stock row of a variant as it is stored."""
        return await self._stored(INVENTORIES, {"_id": inventory_id(variant.store_id, variant.id)})

    async def _stored(self, collection: Collection[Any], where: Mapping[str, Any]) -> Any:
        found = await self.mongo.collection(collection).find_one(dict(where))
        assert found is not None, f"nothing in {collection.name} for {where}"
        return collection.document.model_validate(found, strict=False)

    async def count(self, collection: Collection[Any], **where: Any) -> int:
        """How many documents there are, by database names."""
        return await self.mongo.collection(collection).count_documents(where)

    async def prove(self) -> None:
        """Every continuous proof holds."""
        broken = [check for check in await prove(self.mongo, PROOFS) if check.state is not CheckState.OK]
        assert broken == []


@asynccontextmanager
async def open_town(
    mongo_server: MongoServer, redis_server: RedisServer, home: Path, **api: Any
) -> AsyncIterator[Town]:
    """An installation with every collection, validator and index, a zone, a currency and a general commission rule."""
    async with installation(mongo_server, redis_server, home, **api) as (settings, admin):
        prefix = settings.mongo.database
        role = roles(ALL, prefix)["app"]
        assert role.name == user_name("app", prefix)
        await put_role(admin, role.name, role.as_command(), exists=False)
        await set_own_role(admin, role.name)
        await apply_schema(admin, wanted(), lambda line: None, SYSTEM_CLOCK)
        mongo = open_mongo(settings, "app")
        async with served_behind_gate(settings) as (app, client), opened_market(mongo, settings) as market:
            yield await _founded(Town(settings, admin, app, client, market, mongo, _zone(), _rule()))
        await mongo.close()
        for part in Database:
            await admin.client.drop_database(prefix + part.value)
        await admin.client.admin.command("dropRole", role.name)


async def _founded(town: Town) -> Town:
    now = SYSTEM_CLOCK.now()
    pound = Localized(ar="ليرة سورية", en="Syrian pound")
    currency = Currency(id=SYP, name=pound, symbol=pound, exponent=2, cash_step=CASH_STEP, valid_from=now, **stamp(now))
    await town.put(CURRENCIES, currency)
    await town.put(DELIVERY_ZONES, town.zone)
    await town.put(COMMISSION_RULES, town.rule)
    return town


def _zone() -> DeliveryZone:
    return a_zone("daraa", square(36.0, 32.5, 0.5), fee=syp(FEE))


def _rule() -> CommissionRule:
    now = SYSTEM_CLOCK.now()
    return CommissionRule(
        id=new_id("crl"), name=Localized(ar="عمولة عامة", en="General"), scope=RuleScope.GLOBAL, rank=1_000,
        platform_bp=PLATFORM_BP, delivery_bp=DELIVERY_BP, valid_from=now, **stamp(now),
    )  # fmt: skip


def _owner(store: StoreOwnerProfile) -> StoreMember:
    return StoreMember(
        id=new_id("stm"), store_id=store.id, account_id=store.account_id, role=MemberRole.OWNER,
        status=MemberStatus.ACTIVE, **stamp(SYSTEM_CLOCK.now()),
    )  # fmt: skip
