"""One installation whose people can log in, served in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.installation import installation, served
from factories.people import allow_people
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def installed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Settings, Mongo]]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as made:
        await allow_people(made[1], made[0])
        yield made


@pytest.fixture(scope="module")
async def client(installed: tuple[Settings, Mongo]) -> AsyncIterator[httpx.AsyncClient]:
    async with served(installed[0]) as opened:
        yield opened
