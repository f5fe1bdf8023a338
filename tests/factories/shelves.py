"""A store with stock on its shelves, and what happens to orders of it as the relay would tell it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo

from daraa.collections.addresses import ADDRESSES
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.carts import CARTS
from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.formulas import inventory_id
from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS
from daraa.collections.inbox_events import INBOX_EVENTS
from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.products import PRODUCTS, Product
from daraa.collections.proofs import PROOFS
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind, StockMovement
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Collection, Document
from daraa.declare.document import stamp
from daraa.kernel.checks import CheckState
from daraa.kernel.ids import new_id
from daraa.kernel.settings import MongoSettings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.inventory.service import Want
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.codec import encode
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.proofs import prove
from factories.catalog import a_category, a_product, a_store, a_variant
from factories.installation import build_indexes
from servers.mongo import MongoServer

STOCK_PROOFS = tuple(proof for proof in PROOFS if proof.name in ("stock.on_hand", "stock.movements", "stock.allocated"))
USED: tuple[Collection[Any], ...] = (
    ADDRESSES, AUDIT_LOGS, CARTS, CATEGORIES, IDEMPOTENCY_KEYS, INBOX_EVENTS, INVENTORIES, OUTBOX_EVENTS,
    PRODUCTS, PRODUCT_VARIANTS, STOCK_MOVEMENTS, STORE_MEMBERS, STORE_OWNER_PROFILES,
)  # fmt: skip


@asynccontextmanager
async def shelf_database(server: MongoServer, name: str) -> AsyncIterator[Mongo]:
    """A database of its own with the indexes that stock and carts need."""
    client: Any = pymongo.AsyncMongoClient(server.uri, tz_aware=True)
    mongo = Mongo(client, MongoSettings(database=name, read_timeout_s=20, write_timeout_s=20), Capabilities())
    await build_indexes(mongo, USED)
    yield mongo
    for part in ("", "_audit", "_ledger"):
        await client.drop_database(name + part)
    await client.close()


async def put(mongo: Mongo, collection: Collection[Any], *documents: Document) -> None:
    """Write documents as they are."""
    await mongo.collection(collection).insert_many([encode(each) for each in documents])


@dataclass
class Shelves:
    """One store, one product, and a variant for every quantity asked for."""

    mongo: Mongo
    store: StoreOwnerProfile
    category: Category
    product: Product
    variants: list[ProductVariant] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """The account that owns the store."""
        return self.store.account_id

    def want(self, place: int, quantity: int = 1) -> Want:
        """So many of the variant in that place."""
        return Want(self.store.id, self.variants[place].id, quantity)

    def key(self, place: int = 0) -> str:
        """The id of the stock row of the variant in that place."""
        return inventory_id(self.store.id, self.variants[place].id)

    async def row(self, place: int = 0) -> Inventory:
        """The stock row as it is stored now."""
        raw = await self.mongo.collection(INVENTORIES).find_one({"_id": self.key(place)})
        assert raw is not None
        return Inventory.model_validate(raw, strict=False)

    async def movements(self, place: int = 0) -> list[StockMovement]:
        """The movements of the row, oldest first."""
        cursor = self.mongo.collection(STOCK_MOVEMENTS).find({"inventoryId": self.key(place)}, sort=[("_id", 1)])
        return [StockMovement.model_validate(raw, strict=False) for raw in await cursor.to_list()]

    def order(self, attempt_id: str, *quantities: int) -> dict[str, Any]:
        """The payload of an event of an order that takes these quantities of the variants, in their order."""
        lines = [
            {"id": new_id("lin"), "variant_id": variant.id, "product_id": variant.product_id, "quantity": quantity}
            for variant, quantity in zip(self.variants, quantities, strict=False)
            if quantity
        ]
        return {"order_id": new_id("ord"), "store_id": self.store.id, "attempt_id": attempt_id, "lines": lines}


async def a_shop(mongo: Mongo, *quantities: int) -> Shelves:
    """An open store whose owner received these quantities of as many variants; None of a row: quantity below zero."""
    name = new_id("sto")[-12:]
    store, category = a_store(f"shop-{name}"), a_category(f"goods-{name}")
    product = a_product(store, category, slug=f"thing-{name}")
    shelves = Shelves(
        mongo, store, category, product, [a_variant(product, sku=f"S{n}") for n in range(len(quantities))]
    )
    await put(mongo, STORE_OWNER_PROFILES, store)
    await put(mongo, CATEGORIES, category)
    await put(mongo, PRODUCTS, product)
    if quantities:
        await put(mongo, PRODUCT_VARIANTS, *shelves.variants)
    await put(mongo, STORE_MEMBERS, a_member(store.id, store.account_id))
    for variant, quantity in zip(shelves.variants, quantities, strict=True):
        if quantity >= 0:
            await fill(mongo, variant, quantity)
    return shelves


def a_member(store_id: str, account_id: str, *scopes: str, role: MemberRole = MemberRole.OWNER) -> StoreMember:
    """Somebody who works in the store now."""
    return StoreMember(
        id=new_id("stm"), **stamp(SYSTEM_CLOCK.now()), store_id=store_id, account_id=account_id, role=role,
        scopes=scopes, status=MemberStatus.ACTIVE,
    )  # fmt: skip


async def fill(mongo: Mongo, variant: ProductVariant, quantity: int) -> None:
    """A stock row with its first delivery."""
    key, now = inventory_id(variant.store_id, variant.id), SYSTEM_CLOCK.now()
    row = Inventory(
        id=key, **stamp(now), store_id=variant.store_id, product_id=variant.product_id, variant_id=variant.id,
        available=quantity, on_hand=quantity, is_low=quantity == 0,
    )  # fmt: skip
    await put(mongo, INVENTORIES, row)
    if quantity:
        movement = StockMovement(
            id=new_id("smv"), **stamp(now), inventory_id=key, store_id=variant.store_id, variant_id=variant.id,
            kind=MovementKind.RECEIVE, quantity=quantity, delta_on_hand=quantity,
        )  # fmt: skip
        await put(mongo, STOCK_MOVEMENTS, movement)


async def deliver(mongo: Mongo, consumers: tuple[Consumer, ...], event_type: str, payload: Mapping[str, Any]) -> None:
    """Hand an event to its consumers as a relay would that never remembers what it has delivered."""
    event = Event(
        id=new_id("evt"), type=event_type, version=1, aggregate="orders", aggregate_id=new_id("ord"), sequence=1,
        occurred_at=datetime.now(UTC), payload=payload, traceparent=None, attempt=1,
    )  # fmt: skip
    for consumer in consumers:
        if consumer.event_type == event_type:
            await mongo.in_transaction(lambda session, to=consumer: to.handle(event, session), longest_s=20)  # type: ignore[misc]


async def broken_proofs(mongo: Mongo) -> list[str]:
    """What contradicts the proofs of stock."""
    return [check.evidence for check in await prove(mongo, STOCK_PROOFS) if check.state is not CheckState.OK]


def soon(seconds: float = 60) -> datetime:
    """A time that is still to come."""
    return SYSTEM_CLOCK.now() + timedelta(seconds=seconds)
