"""Databases of their own, with the whole schema and the app's account."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daraa.stores.mongo import Mongo, open_mongo
from factories.demo import DemoDatabase, make_demo_database
from servers.mongo import MongoServer


@pytest.fixture
async def place(mongo_server: MongoServer, tmp_path: Path) -> AsyncIterator[DemoDatabase]:
    """An empty database that a test may load into, kill and empty."""
    made = await make_demo_database(mongo_server, tmp_path)
    yield made
    await made.forget()


@pytest.fixture
async def mongo(place: DemoDatabase) -> AsyncIterator[Mongo]:
    """The same, opened as the account that loads."""
    opened = open_mongo(place.settings, "app")
    yield opened
    await opened.close()
