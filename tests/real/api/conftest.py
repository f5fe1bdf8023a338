"""An installation of its own for every module that breaks things."""

from collections.abc import AsyncIterator

import httpx
import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.catalog import open_shop
from factories.installation import installation, served
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def installed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Settings, Mongo]]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as made:
        await open_shop(made[1], products=8)
        yield made


@pytest.fixture(scope="module")
async def client(installed: tuple[Settings, Mongo]) -> AsyncIterator[httpx.AsyncClient]:
    async with served(installed[0]) as opened:
        yield opened
