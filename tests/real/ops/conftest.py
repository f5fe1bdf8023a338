"""An empty database of one's own for every test of the operator's duties."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.database import as_admin, own_settings
from servers.mongo import MongoServer


@pytest.fixture
def settings(mongo_server: MongoServer, tmp_path: Path) -> Settings:
    """An installation with an unused prefix and nothing in it yet."""
    return own_settings(mongo_server, tmp_path / "home")


@pytest.fixture
async def admin(mongo_server: MongoServer, settings: Settings) -> AsyncIterator[Mongo]:
    """The administrator: for preparing what a test finds and for looking at what it left."""
    async with as_admin(mongo_server, settings) as opened:
        yield opened
