"""Readiness tells the truth about each dependency, soon, by name, and without hammering what it looks at."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from daraa.collections.products import PRODUCTS
from daraa.kernel.settings import Settings
from daraa.kernel.signals import install, remove
from daraa.market.catalog.repository import ALL_NEWEST
from daraa.stores.mongo import Mongo
from daraa.stores.process.child import Child
from factories.catalog import open_shop
from factories.installation import build_indexes, installation, served
from servers.mongo import mongo_server as start_mongo
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio


def checks(answer: httpx.Response) -> dict[str, str]:
    return {each["name"]: each["state"] for each in answer.json()["checks"]}


@pytest.mark.portable
@pytest.mark.parametrize("role", ["read", "write"])
async def test_everything_in_order_is_ready_for_both_roles(client: httpx.AsyncClient, role: str) -> None:
    answer = await client.get("/health/ready", params={"role": role})
    assert answer.status_code == 200, answer.text
    assert set(checks(answer).values()) == {"ok"}
    assert {"database", "database_primary", "schema", "redis_cache", "redis_state", "objects"} == set(checks(answer))


@pytest.mark.portable
async def test_an_unknown_role_is_a_bad_request(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready", params={"role": "admin"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/query/role")


async def test_a_burst_of_probes_is_one_look(installed: tuple[Settings, Mongo]) -> None:
    class Seen:
        def __init__(self) -> None:
            self.names: list[str] = []

        def command(self, name: str, target: str, seconds: float, ok: bool) -> None:
            self.names.append(name)

    async with served(installed[0]) as client:
        await client.get("/health/ready")
        await asyncio.sleep(1.1)
        sink = Seen()
        install(sink)
        try:
            answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(100)))
        finally:
            remove(sink)
    assert {each.status_code for each in answers} == {200}
    assert len(sink.names) <= 3


async def test_a_dropped_index_that_reads_rely_on_is_named(installed: tuple[Settings, Mongo]) -> None:
    admin = installed[1]
    name = ALL_NEWEST.index.name
    await admin.collection(PRODUCTS).drop_index(name)
    try:
        async with served(installed[0]) as client:
            answer = await client.get("/health/ready", headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert answer.json()["failing"] == ["schema"]
        assert f"products.{name}" in answer.json()["detail"]
    finally:
        await build_indexes(admin, [PRODUCTS])


async def test_other_declarations_with_the_same_indexes_are_told_but_serve(installed: tuple[Settings, Mongo]) -> None:
    states = installed[1].database()["schemaStates"]
    kept: Any = await states.find_one({"_id": "schema"})
    await states.update_one({"_id": "schema"}, {"$set": {"fingerprint": "0123456789abcdef"}})
    try:
        async with served(installed[0]) as client:
            answer = await client.get("/health/ready")
        assert answer.status_code == 200
        (schema,) = [each for each in answer.json()["checks"] if each["name"] == "schema"]
        assert "other declarations" in schema["evidence"]
    finally:
        await states.replace_one({"_id": "schema"}, kept)


async def test_without_redis_reads_go_on_and_writes_do_not(installed: tuple[Settings, Mongo]) -> None:
    nowhere = installed[0].redis.model_copy(
        update={"cache_url": "redis://127.0.0.1:1", "state_url": "redis://127.0.0.1:1"}
    )
    async with served(installed[0].model_copy(update={"redis": nowhere})) as client:
        read = await client.get("/health/ready", params={"role": "read"})
        write = await client.get("/health/ready", params={"role": "write"})
        assert (await client.get("/v1/products")).status_code == 200
    assert read.status_code == 200
    assert checks(read)["redis_cache"] == checks(read)["redis_state"] == "fail"
    assert (write.status_code, write.json()["failing"]) == (503, ["redis_state"])


async def test_it_starts_without_a_database_and_says_so(installed: tuple[Settings, Mongo]) -> None:
    settings = installed[0]
    nowhere = settings.mongo.model_copy(
        update={"url": "mongodb://127.0.0.1:1/?directConnection=true", "read_timeout_s": 1}
    )
    async with served(settings.model_copy(update={"mongo": nowhere})) as client:
        assert (await client.get("/health/live")).status_code == 200
        for role in ("read", "write"):
            answer = await client.get("/health/ready", params={"role": role})
            assert answer.status_code == 503
            assert "database" in answer.json()["failing"]
        page = await client.get("/v1/products?category=shoes")
    assert (page.status_code, page.json()["code"]) == (503, "stores.database.unavailable")


async def test_a_killed_database_is_named_within_five_seconds(redis_server: RedisServer, tmp_path: Path) -> None:
    with start_mongo(tmp_path / "server") as server:
        if server.child is None:
            pytest.skip("the configured database server is not ours to kill")
        made = installation(server, redis_server, tmp_path / "home", tidy=False, request_timeout_s=2)
        async with made as (settings, admin):
            await open_shop(admin, products=6)
            async with served(settings) as client:
                await _watch_it_fail(client, server.child)


async def _watch_it_fail(client: httpx.AsyncClient, database: Child) -> None:
    assert (await client.get("/health/ready")).status_code == 200
    database.kill()
    began = time.monotonic()
    while (answer := await client.get("/health/ready", headers={"accept-language": "en"})).status_code == 200:
        assert time.monotonic() - began < 5
        await asyncio.sleep(0.1)
    assert time.monotonic() - began < 5
    assert answer.status_code == 503
    assert "database" in answer.json()["failing"]
    assert answer.json()["detail"].startswith("database: ")
    assert answer.headers["retry-after"]
    # Lists fail as foreseen, and the process lives.
    page = await client.get("/v1/products")
    assert (page.status_code, page.json()["retryable"]) == (503, True)
    assert (await client.get("/health/live")).status_code == 200
