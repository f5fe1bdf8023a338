"""One doomed town for each file of tests."""

from collections.abc import AsyncIterator

import pytest

from factories.crash import DoomedTown, open_doomed_town
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def doomed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DoomedTown]:
    async with open_doomed_town(mongo_server, redis_server, tmp_path_factory) as opened:
        yield opened
