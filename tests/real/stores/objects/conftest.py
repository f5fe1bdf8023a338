"""Every kind of object store that the contract suite runs against."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects
from servers.s3 import S3Server, minio_program, s3_server
from system_needs import missing


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server."""
    if minio_program() is None:
        missing(
            "minio", why="the object store is tested on a folder and on moto's S3 server only; `make tools` builds it"
        )
    with s3_server("minio", tmp_path_factory.mktemp("minio")) as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The S3 server that every machine can install."""
    with s3_server("moto", tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(params=["folder", "minio", "moto"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> FolderTarget | S3Target:
    """An empty place of each kind."""
    if request.param == "folder":
        return FolderTarget(tmp_path / "objects")
    server: S3Server = request.getfixturevalue(request.param)
    return server.bucket()


@pytest.fixture
async def store(target: FolderTarget | S3Target) -> AsyncIterator[ObjectStore]:
    """The store under contract, empty."""
    opened = open_objects(target)
    yield opened
    await opened.close()
