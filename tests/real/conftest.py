"""The real servers that tests ask for by name; each is started once a run, on first use."""

from collections.abc import Iterator

import pytest

from servers.mongo import MongoServer
from servers.mongo import mongo_server as start_mongo


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the whole run: the database client lives on the loop it was made on."""
    return "asyncio"


@pytest.fixture(scope="session")
def mongo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A MongoDB-compatible server with authentication on; use a database prefix of your own, others share it."""
    with start_mongo(tmp_path_factory.mktemp("mongo")) as server:
        yield server
