"""One market with its card provider for each file of tests; every test finds the provider punctual again."""

from collections.abc import AsyncIterator

import pytest

from factories.card_desk import CardDesk, open_card_desk
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def opened(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[CardDesk]:
    async with open_card_desk(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as desk:
        yield desk


@pytest.fixture
async def desk(opened: CardDesk) -> CardDesk:
    await opened.provider.behave()
    return opened
