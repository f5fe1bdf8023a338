"""Closing has an end, whatever state the driver was left in by a server that died."""

import asyncio

import pymongo
import pytest

from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo

pytestmark = pytest.mark.anyio


async def test_closing_ends_although_the_driver_waits_for_its_own_lock() -> None:
    client: pymongo.AsyncMongoClient[dict[str, object]] = pymongo.AsyncMongoClient(
        "mongodb://127.0.0.1:1", serverSelectionTimeoutMS=50
    )
    with pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
        await client.admin.command("ping")
    lock = client._topology._lock  # type: ignore[union-attr]
    await lock.acquire()
    try:
        async with asyncio.timeout(60):
            await Mongo(client, MongoSettings(), Capabilities()).close()
    finally:
        lock.release()
    await client.close()
