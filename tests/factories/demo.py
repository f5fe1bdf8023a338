"""A database with the whole schema for demo loads, and what it holds as one hash for each collection."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson
import pymongo

from daraa.collections import ALL
from daraa.collections.demo_loads import DEMO_LOADS
from daraa.collections.schema_states import SCHEMA_STATES
from daraa.declare import Collection
from daraa.declare.collection import Database
from daraa.derive.roles import roles
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.schema.apply import apply_schema
from daraa.ops.schema.wanted import wanted
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.account_commands import create_user, put_role
from daraa.stores.process.secret_files import ensure_secret
from factories.database import own_settings
from servers.mongo import MongoServer

WHEN_IT_RAN = ("createdAt", "updatedAt", "finishedAt")


@dataclass(frozen=True)
class DemoDatabase:
    """Every collection, validator and index, the app's account, and no document."""

    server: MongoServer
    settings: Settings

    async def hashes(self) -> dict[str, str]:
        """By collection, over all documents in order of id; of the load itself not when it ran."""
        async with _looking(self) as mongo:
            return {each.name: await _hash(mongo, each) for each in ALL if each is not SCHEMA_STATES}

    async def forget(self) -> None:
        """Drop the databases and the account."""
        async with _looking(self) as mongo:
            for part in Database:
                await mongo.client.drop_database(self.settings.mongo.database + part.value)
            role = roles((), self.settings.mongo.database)["app"]
            await mongo.client.admin.command("dropUser", role.name, check=False)
            await mongo.client.admin.command("dropRole", role.name, check=False)

    async def empty(self) -> None:
        """Remove every document but the schema's state."""
        async with _looking(self) as mongo:
            for each in ALL:
                if each is not SCHEMA_STATES:
                    await mongo.collection(each).delete_many({})


@asynccontextmanager
async def _looking(place: DemoDatabase) -> AsyncIterator[Mongo]:
    client: Any = pymongo.AsyncMongoClient(place.server.uri, tz_aware=True)
    try:
        yield Mongo(client, place.settings.mongo, Capabilities())
    finally:
        await client.close()


async def _hash(mongo: Mongo, declared: Collection[Any]) -> str:
    told = hashlib.sha256()
    async for document in mongo.collection(declared).find().sort("_id", 1):
        if declared is DEMO_LOADS:
            document = {name: value for name, value in document.items() if name not in WHEN_IT_RAN}
        told.update(bson.encode(document))
    return told.hexdigest()


async def make_demo_database(server: MongoServer, home: Path) -> DemoDatabase:
    """Apply the schema as the administrator and make the one account that loads."""
    settings = own_settings(server, home)
    place = DemoDatabase(server, settings)
    async with _looking(place) as admin:
        await apply_schema(admin, wanted(), lambda line: None, SYSTEM_CLOCK)
        role = roles(ALL, settings.mongo.database)["app"]
        await put_role(admin, role.name, role.as_command(), exists=False)
        await create_user(admin, role.name, ensure_secret(settings.secrets_dir / f"mongo_{role.name}"))
    return place
