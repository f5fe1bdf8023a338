"""Small databases with a repository beside them, on a server whose oplog holds little else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.backup_place import Place, open_place
from servers.mongo import MongoServer
from servers.mongo import mongo_server as start_mongo


@pytest.fixture(scope="module")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """One for each file: a stand-in reads its oplog from end to end for every question, and all other tests fill it."""
    with start_mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture
async def place(settings: Settings, admin: Mongo, tmp_path: Path) -> AsyncIterator[Place]:
    """One that a test may back up, spoil and restore."""
    async with open_place(settings, admin, tmp_path) as opened:
        yield opened
