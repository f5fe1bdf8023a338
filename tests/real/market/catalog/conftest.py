"""One installation with a small market in it, served in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from daraa.collections.categories import CATEGORIES, Category
from daraa.declare import Localized
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.catalog import Shop, a_category, open_shop
from factories.installation import installation, served
from factories.market import Town
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def installed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Settings, Mongo]]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
async def shop(installed: tuple[Settings, Mongo]) -> Shop:
    return await open_shop(installed[1])


@pytest.fixture(scope="module")
async def client(installed: tuple[Settings, Mongo], shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with served(installed[0]) as opened:
        yield opened


@pytest.fixture(scope="module")
async def honey(town: Town) -> Category:
    made = a_category("honey", name=Localized(ar="عسل ومربيات", en="Honey and jam"))
    await town.put(CATEGORIES, made)
    return made
