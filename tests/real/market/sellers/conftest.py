"""A town whose admins may do what these tests need, and kinds of stores to choose from."""

from collections.abc import AsyncIterator

import pytest

from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from factories.catalog import a_kind
from factories.market import Town, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(scope="module")
async def kind(town: Town) -> StoreCategory:
    made = a_kind("bakery")
    await town.put(STORE_CATEGORIES, made)
    return made
