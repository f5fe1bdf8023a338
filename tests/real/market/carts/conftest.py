"""A database for the carts of one test module."""

from collections.abc import AsyncIterator

import pytest

from daraa.market.carts.service import Carts
from daraa.market.carts.shopping_service import Shopping
from daraa.market.catalog.offer_service import Offers
from daraa.market.inventory.service import Stock
from daraa.market.profiles.service import Profiles
from daraa.stores.mongo import Mongo
from factories.shelves import shelf_database
from servers.mongo import MongoServer


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    name = request.module.__name__.rpartition(".")[2].replace("test_", "crt_")
    async with shelf_database(mongo_server, name[:30]) as opened:
        yield opened


@pytest.fixture
def stock(mongo: Mongo) -> Stock:
    return Stock(mongo)


@pytest.fixture
def carts(mongo: Mongo, stock: Stock) -> Carts:
    return Carts(mongo, stock)


@pytest.fixture
def shopping(mongo: Mongo, stock: Stock) -> Shopping:
    return Shopping(mongo, Offers(mongo), stock, Profiles(mongo, "SYP"), "SYP")
