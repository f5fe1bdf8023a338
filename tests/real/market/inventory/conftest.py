"""A database for the stock of one test module."""

from collections.abc import AsyncIterator

import pytest

from daraa.market.audit.service import Audit
from daraa.market.inventory.service import Stock
from daraa.market.inventory.settlement_service import Settlement
from daraa.stores.mongo import Mongo
from factories.shelves import shelf_database
from servers.mongo import MongoServer


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    name = request.module.__name__.rpartition(".")[2].replace("test_", "stk_")
    async with shelf_database(mongo_server, name[:30]) as opened:
        yield opened


@pytest.fixture
def stock(mongo: Mongo) -> Stock:
    return Stock(mongo)


@pytest.fixture
def settlement(mongo: Mongo) -> Settlement:
    return Settlement(mongo, Audit(mongo))
