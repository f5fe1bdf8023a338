"""A small registry, the migrator, and what both leave on a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from daraa.collections import by_name
from daraa.declare import Collection
from daraa.kernel.settings import Settings
from daraa.ops.schema.session import as_migrator
from daraa.stores.mongo import Mongo
from factories.database import migrator_only


@pytest.fixture
async def migrator(admin: Mongo, settings: Settings) -> AsyncIterator[Mongo]:
    """The database as `schema apply` opens it."""
    await migrator_only(admin, settings)
    async with as_migrator(settings) as mongo:
        yield mongo


@pytest.fixture(scope="session")
def few() -> tuple[Collection[Any], ...]:
    """Three collections: unique, partial, TTL, geo and `$in`-partial indexes among them."""
    return tuple(map(by_name, ("schema_states", "carts", "orders")))
