"""An installation for a test: settings, secrets, a database of its own with indexes and an account, and the API."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pymongo
from fastapi import FastAPI

from daraa.api.app import make_app
from daraa.collections import ALL
from daraa.declare import Collection
from daraa.declare.access import user_name
from daraa.derive.fingerprint import fingerprint
from daraa.derive.indexes import index_plan
from daraa.kernel.settings import (
    OWN_KEYS,
    AccountsSettings,
    ApiSettings,
    EmbeddedSettings,
    MessagesSettings,
    MongoSettings,
    RedisSettings,
    Settings,
)
from daraa.market.catalog.service import RELIED_ON
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.schema_state import write_applied
from servers.mongo import MongoServer
from servers.redis import RedisServer


def write_secret(home: Path, name: str, content: str) -> None:
    """One secret file, as the settings want it."""
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content)
    path.chmod(0o600)


@asynccontextmanager
async def installation(
    mongo_server: MongoServer, redis_server: RedisServer, home: Path, *, tidy: bool = True, **api: Any
) -> AsyncIterator[tuple[Settings, Mongo]]:
    """Settings of an installation on these servers, and its database opened as administrator.

    Without `tidy` the database is left behind: for a server that will not outlive the test.
    """
    prefix = f"t{secrets.token_hex(5)}"
    redis_url = f"redis://{redis_server.host}:{redis_server.port}"
    settings = Settings(
        home=home,
        mongo=MongoSettings(
            url=f"mongodb://{mongo_server.host}:{mongo_server.port}/?directConnection=true",
            database=prefix,
            pool_min=0,
            read_timeout_s=20,
        ),
        redis=RedisSettings(cache_url=redis_url, state_url=redis_url, username=redis_server.user),
        api=ApiSettings(**{"request_timeout_s": 120, **api}),
        messages=MessagesSettings(mode="development"),
        # No card provider, also where a `daraa up` beside this test has its own at the usual port.
        embedded=EmbeddedSettings(provider_port=1),
        # All of a test's people come from one address.
        accounts=AccountsSettings(codes_per_address=1_000_000, logins_per_address=1_000_000),
    )
    user, password = user_name("app", prefix), secrets.token_hex(12)
    write_secret(home, f"mongo_{user}", password)
    write_secret(home, f"redis_{redis_server.user}", redis_server.password)
    for name in OWN_KEYS:
        write_secret(home, name, secrets.token_hex(32))
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True)
    admin = Mongo(client, settings.mongo, Capabilities())
    try:
        await client.admin.command("createUser", user, pwd=password, roles=[{"role": "readWrite", "db": prefix}])
        await build_indexes(admin, {query.collection for query in RELIED_ON})
        await write_applied(admin, fingerprint(ALL), Capabilities(), "test", datetime.now(UTC))
        yield settings, admin
        if tidy:
            await client.drop_database(prefix)
            await client.admin.command("dropUser", user)
    finally:
        await admin.close()


async def build_indexes(mongo: Mongo, collections: Iterable[Collection[Any]]) -> None:
    """The declared indexes, but for the text ones, which the stand-ins lack."""
    for collection in collections:
        plan = [spec for spec in index_plan(collection) if not spec.needs]
        models = [pymongo.IndexModel(list(spec.keys), name=spec.name, **spec.options) for spec in plan]
        await mongo.collection(collection).create_indexes(models)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API in this process, behind an HTTP client."""
    app: FastAPI = make_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        yield client
