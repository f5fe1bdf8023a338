"""One doomed town for each file of tests."""

import os
from collections.abc import AsyncIterator

import pytest

from factories.crash import DoomedTown
from factories.market import open_town
from servers.mongo import MongoServer
from servers.nursery import nursery
from servers.redis import RedisServer


@pytest.fixture(scope="module")
async def doomed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DoomedTown]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    with nursery("servers.doomed", environment) as children:
        async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as town:
            yield DoomedTown(town, children, tmp_path_factory.mktemp("doomed"))
