"""The real servers that tests ask for by name; each is started once a run, on first use."""

import os
from collections.abc import Iterator

import pytest

from daraa.stores.process import DatabaseKind, RedisRole, find_redis
from servers.mongo import MongoServer, chosen_kind
from servers.mongo import mongo_server as start_mongo
from servers.redis import RedisServer
from servers.redis import redis_server as start_redis
from servers.s3 import S3Server, minio_program
from servers.s3 import s3_server as start_s3

NOT_PORTABLE = pytest.mark.skip(
    reason="the Python database server is slow and lacks much: it runs the portable tests; `make tools` builds another"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where only the Python server is there, leave out what it does not claim to do; who names it gets everything."""
    if chosen_kind() is not DatabaseKind.SECANTUS_PY or "DARAA_TEST_DATABASE" in os.environ:
        return
    for item in items:
        if "mongo_server" in getattr(item, "fixturenames", ()) and item.get_closest_marker("portable") is None:
            item.add_marker(NOT_PORTABLE)


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A MongoDB-compatible server with authentication on; use a database prefix of your own, others share it."""
    with start_mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that keeps its data, with one user who may do what the application may; take keys of your own."""
    with start_redis(find_redis(), RedisRole.STATE, tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server: MinIO if it was built, else moto's; `bucket()` makes a new one."""
    with start_s3("minio" if minio_program() else "moto", tmp_path_factory.mktemp("s3")) as server:
        yield server
