"""Closing has an end, whatever state the driver was left in by a server that died."""

import asyncio
from typing import Any

import pymongo
import pytest

from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo

pytestmark = pytest.mark.anyio


class StuckClient(pymongo.AsyncMongoClient[dict[str, Any]]):
    """Waits for a lock that nobody gives back, as the driver was seen to do."""

    async def close(self) -> None:
        await asyncio.Event().wait()


async def test_closing_ends_although_the_driver_never_does() -> None:
    client = StuckClient("mongodb://127.0.0.1:1", connect=False)
    async with asyncio.timeout(60):
        await Mongo(client, MongoSettings(), Capabilities()).close()
