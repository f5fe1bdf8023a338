"""The real servers that tests ask for by name; each is started once a run, on first use."""

from collections.abc import Iterator

import pytest

from daraa.stores.process import RedisRole, find_redis
from servers.mongo import MongoServer
from servers.mongo import mongo_server as start_mongo
from servers.redis import RedisServer
from servers.redis import redis_server as start_redis
from servers.s3 import S3Server, minio_program
from servers.s3 import s3_server as start_s3


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
