"""One set of books for each file of tests."""

from collections.abc import AsyncIterator

import pytest

from factories.books import Books, open_books
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def books(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Books]:
    async with open_books(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as opened:
        yield opened
