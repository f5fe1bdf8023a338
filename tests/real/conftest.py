"""The real servers that tests ask for by name; each is started once a run, on first use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from daraa.stores.objects import FolderTarget, S3Target
from daraa.stores.process import DatabaseKind, RedisRole, find_redis
from servers.mongo import MongoServer, chosen_kind
from servers.mongo import mongo_server as start_mongo
from servers.redis import RedisServer
from servers.redis import redis_server as start_redis
from servers.s3 import S3Server, best_kind, minio_program, swift_there
from servers.s3 import s3_server as start_s3
from system_needs import missing

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
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server with everything: object lock, versioning, policies."""
    if minio_program() is None:
        missing("minio", why="object lock and write-only accounts are not tried; `make tools` builds it")
    with start_s3("minio", tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(scope="session")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real object store with an S3 interface, from wheels."""
    if not swift_there():
        missing("swift", why="it has wheels for Linux alone")
    with start_s3("swift", tmp_path_factory.mktemp("swift")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The imitation of an S3 server that every machine can install."""
    with start_s3("moto", tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(request: pytest.FixtureRequest) -> S3Server:
    """The best S3 server of this machine; `bucket()` makes a new one."""
    server: S3Server = request.getfixturevalue(best_kind())
    return server


@pytest.fixture(params=["folder", "moto", "swift", "minio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of object store: what passes on one has to pass on all."""
    return str(request.param)


@pytest.fixture
def objects_place(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> FolderTarget | S3Target:
    """An empty place for objects of each kind."""
    if kind == "folder":
        return FolderTarget(tmp_path / "objects")
    server: S3Server = request.getfixturevalue(kind)
    return server.bucket()
