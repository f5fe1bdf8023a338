"""A town for each file of tests that wants one: a whole installation with a zone, a currency and a commission rule."""

from collections.abc import AsyncIterator

import pytest

from factories.market import Town, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as opened:
        yield opened
