"""Tenants and customers stay apart on a real server: scoped reads, and keys that are unique where they must be."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
import pytest

from daraa.collections.addresses import ADDRESSES, Address
from daraa.collections.carts import CARTS, Cart, CartState
from daraa.collections.price_histories import PRICE_HISTORIES, PriceHistory
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.declare.document import stamp
from daraa.derive.indexes import index_plan
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import MongoSettings
from daraa.market.carts.repository import LEFTOVER_AFTER, CartRepository
from daraa.market.catalog.goods_repository import GoodsRepository
from daraa.market.profiles.repository import CustomerRepository
from daraa.market.tenancy import Memberships, StoreScope
from daraa.stores.mongo import Capabilities, Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
# Ahead of us, so that the server's own expiry leaves the carts of the test alone.
NOW = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True)
    mongo = Mongo(client, MongoSettings(database="apart"), Capabilities())
    for declared in (ADDRESSES, CARTS, PRICE_HISTORIES, PRODUCT_VARIANTS, STORE_MEMBERS):
        for spec in index_plan(declared):
            index = pymongo.IndexModel(list(spec.keys), name=spec.name, **spec.options)
            await mongo.collection(declared).create_indexes([index])
    yield mongo
    await mongo.close()


async def scope_of_new_store(mongo: Mongo) -> StoreScope:
    member = StoreMember(
        id=new_id("stm"), **stamp(NOW), store_id=new_id("sto"), account_id=new_id("acc"), role=MemberRole.STAFF,
        status=MemberStatus.ACTIVE,
    )  # fmt: skip
    await Table(STORE_MEMBERS, mongo).insert(member)
    return await Memberships(mongo).get_scope(member.store_id, member.account_id)


def variant(store_id: str, sku: str) -> ProductVariant:
    price = Money(amount=500, currency="SYP")
    return ProductVariant(
        id=new_id("var"), **stamp(NOW), product_id=new_id("prd"), store_id=store_id, sku=sku, price=price
    )


def cart(**words: Any) -> Cart:
    return Cart(id=new_id("crt"), **stamp(NOW), currency="SYP", touched_at=NOW, **words)


def address(owner_id: str) -> Address:
    return Address(
        id=new_id("adr"), **stamp(NOW), owner_id=owner_id, label="بيت", recipient="سلمى", phone="+963933000111",
        city="درعا", last_used_at=NOW,
    )  # fmt: skip


async def test_two_stores_may_use_one_sku_and_each_sees_its_own(mongo: Mongo) -> None:
    mine, theirs = await scope_of_new_store(mongo), await scope_of_new_store(mongo)
    table, goods = Table(PRODUCT_VARIANTS, mongo), GoodsRepository(mongo)
    own = variant(mine.store_id, "A-1")
    await table.insert(own)
    assert await goods.find_variant_by_sku(theirs, "A-1") is None
    await table.insert(variant(theirs.store_id, "A-1"))
    assert await goods.find_variant_by_sku(mine, "A-1") == own
    with pytest.raises(DaraaError) as twice:
        await table.insert(variant(mine.store_id, "A-1"))
    assert twice.value.code == DUPLICATE


async def test_a_store_does_not_see_what_a_foreign_variant_cost(mongo: Mongo) -> None:
    mine, theirs = await scope_of_new_store(mongo), await scope_of_new_store(mongo)
    price = PriceHistory(
        id=new_id("prh"), **stamp(NOW), variant_id=new_id("var"), store_id=mine.store_id,
        price=Money(amount=500, currency="SYP"), changed_by=mine.account_id,
    )  # fmt: skip
    await Table(PRICE_HISTORIES, mongo).insert(price)
    goods = GoodsRepository(mongo)
    assert await goods.list_prices(mine, price.variant_id, limit=5) == [price]
    assert await goods.list_prices(theirs, price.variant_id, limit=5) == []


async def test_a_customer_has_one_open_cart_and_any_number_of_old_ones(mongo: Mongo) -> None:
    customer, carts = new_id("acc"), CartRepository(mongo)
    bought = [cart(customer_id=customer) for _ in range(2)]
    for each in bought:
        assert await carts.open(each)
        close = {"$set": {"state": CartState.COMPLETED, "is_active": False}}
        assert await Table(CARTS, mongo).update_one({"id": each.id}, close)
    current = cart(customer_id=customer)
    assert await carts.open(current)
    assert not await carts.open(cart(customer_id=customer))
    assert await carts.find_open(customer) == current
    old = await carts.list_of_customer(customer, is_active=False, limit=5)
    assert {each.id for each in old} >= {each.id for each in bought}


async def test_a_cart_that_lost_the_place_is_left_to_its_expiry(mongo: Mongo) -> None:
    customer, carts, loser = new_id("acc"), CartRepository(mongo), new_id("crt")
    assert await carts.open(cart(customer_id=customer))
    assert not await carts.open(cart(customer_id=customer).model_copy(update={"id": loser}))
    left = await carts.get(loser)
    assert not left.is_active
    assert left.expires_at == NOW + LEFTOVER_AFTER


async def test_guests_do_not_collide_for_want_of_an_account(mongo: Mongo) -> None:
    carts, expiry = CartRepository(mongo), NOW + timedelta(days=7)
    guests = [cart(guest_key_hash=new_id("gst"), expires_at=expiry) for _ in range(2)]
    for each in guests:
        assert await carts.open(each)
        assert await carts.find_open_of_guest(each.guest_key_hash or "") == each
    assert not await carts.open(cart(guest_key_hash=guests[0].guest_key_hash, expires_at=expiry))


async def test_an_owner_has_one_default_address_and_it_moves(mongo: Mongo) -> None:
    owner, table, customers = new_id("acc"), Table(ADDRESSES, mongo), CustomerRepository(mongo)
    home, work = address(owner), address(owner)
    for each in (home, work):
        await table.insert(each)
    assert await table.update_one({"id": home.id}, {"$set": {"is_default": True}})
    with pytest.raises(DaraaError) as second:
        await table.update_one({"id": work.id}, {"$set": {"is_default": True}})
    assert second.value.code == DUPLICATE
    assert await table.update_one({"id": home.id}, {"$set": {"is_default": False}})
    assert await table.update_one({"id": work.id}, {"$set": {"is_default": True}})
    found = await customers.find_default_address(owner)
    assert found is not None
    assert found.id == work.id


async def test_nobody_reads_another_owners_address(mongo: Mongo) -> None:
    owner, customers = new_id("acc"), CustomerRepository(mongo)
    home = address(owner)
    await Table(ADDRESSES, mongo).insert(home)
    assert await customers.find_address(home.id, owner) == home
    assert await customers.find_address(home.id, new_id("acc")) is None
