"""A seeded database for the module, emptied of people for every test, and providers of its own for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daraa.collections import by_name
from daraa.stores.mongo import Mongo
from factories.told import Providers, Told, empty_database, providers, seeded, settings_for
from servers.mongo import MongoServer

PEOPLE = (
    *("accounts", "admin_profiles", "store_owner_profiles", "store_members", "courier_profiles", "notifications"),
    *("notification_preferences", "device_tokens", "outbox_events", "inbox_events"),
)


@pytest.fixture(scope="module")
async def database(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    async with empty_database(mongo_server) as mongo:
        await seeded(mongo)
        yield mongo


@pytest.fixture
def to() -> Iterator[Providers]:
    with providers() as started:
        yield started


@pytest.fixture
async def told(database: Mongo, to: Providers, tmp_path: Path) -> Told:
    for name in PEOPLE:
        await database.collection(by_name(name)).delete_many({})
    return Told(database, settings_for(tmp_path, database.settings, to), to)
