"""A database with the collections of the jobs room, empty for every test, and worker processes to kill."""

import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pymongo
import pytest

from daraa.collections import by_name
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema
from daraa.kernel.settings import JobsSettings, MongoSettings, Settings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.listener import SignalListener
from servers.mongo import MongoServer

DATABASE = "jobsroom"
USED = ("job_schedules", "job_runs", "leases", "outbox_events", "inbox_events")
SCRIPT = Path(__file__).with_name("worker_process.py")


@pytest.fixture(scope="session")
async def _prepared(mongo_server: MongoServer) -> AsyncIterator[Mongo]:
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True, event_listeners=[SignalListener()])
    mongo = Mongo(client, MongoSettings(database=DATABASE, read_timeout_s=20, write_timeout_s=20), Capabilities())
    await client.drop_database(DATABASE)
    for declared in map(by_name, USED):
        await mongo.database().create_collection(declared.db_name, validator=json_schema(declared))
        if indexes := [spec.as_command() for spec in index_plan(declared)]:
            await mongo.database().command("createIndexes", declared.db_name, indexes=indexes)
    # A transaction may not create a collection, so the one that holds the effects is there before.
    await mongo.database().create_collection("effects")
    yield mongo
    await mongo.close()
    # Another client: by the end of the run this one may have missed its heartbeats while other tests blocked the loop.
    async with pymongo.AsyncMongoClient(mongo_server.uri) as cleaner:
        await cleaner.drop_database(DATABASE)


@pytest.fixture
async def mongo(_prepared: Mongo) -> Mongo:
    """The database, emptied."""
    for name in (*(by_name(each).db_name for each in USED), "effects"):
        await _prepared.database()[name].delete_many({})
    return _prepared


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Quick polling, so that tests need not wait long."""
    jobs = JobsSettings(poll_s=0.05, lease_s=1.5, drain_s=0, outbox_attempts=3)
    return Settings(home=tmp_path, mongo=MongoSettings(database=DATABASE), jobs=jobs)


@pytest.fixture
def start_worker(mongo_server: MongoServer, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start a worker process with the jobs of `worker_process.py`; whatever still runs is killed after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*jobs: str, crash_at: str = "", **words: object) -> "subprocess.Popen[bytes]":
        config = tmp_path / f"worker{len(started)}.json"
        config.touch(mode=0o600)
        config.write_text(
            json.dumps({"uri": mongo_server.uri, "database": DATABASE, "jobs": jobs, "folder": str(tmp_path), **words})
        )
        env = {**os.environ, "DARAA_TEST_CRASH_AT": crash_at}
        with (tmp_path / f"worker{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen([sys.executable, str(SCRIPT), str(config)], env=env, stdout=log, stderr=log)
            )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Awaitable[Any]]:
    """Wait for something that another process does: what `read` gives as soon as it is true."""

    async def wait(read: Callable[[], Awaitable[Any]], *, within_s: float = 15.0) -> Any:
        deadline = time.monotonic() + within_s
        while not (value := await read()):
            assert time.monotonic() < deadline, f"still {value!r} after {within_s} s"
            await anyio.sleep(0.05)
        return value

    return wait
