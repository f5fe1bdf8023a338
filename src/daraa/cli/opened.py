"""One connection for one command: no idle pool, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo, open_mongo


@asynccontextmanager
async def opened(settings: Settings, account: str) -> AsyncIterator[Mongo]:
    """The database as `account`; ten idle connections would only cost the server."""
    lean = settings.mongo.model_copy(update={"pool_min": 0})
    mongo = open_mongo(settings.model_copy(update={"mongo": lean}), account)
    try:
        yield mongo
    finally:
        await mongo.close()
