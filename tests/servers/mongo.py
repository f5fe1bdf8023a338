"""A database server for the test run: the configured one, or the best one this machine can start."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from daraa.declare.access import ADMIN
from daraa.stores.process import DatabaseKind, EmbeddedDatabase, find_database
from daraa.stores.process.child import Child
from servers.ports import free_port
from servers.run import complete, start


@dataclass(frozen=True)
class MongoServer:
    """Where a test server is and who may do everything on it; `child` is None when somebody else runs it."""

    kind: str
    host: str
    port: int
    admin_user: str
    admin_password: str
    child: Child | None = None

    @property
    def uri(self) -> str:
        """With the administrator's credentials."""
        return self.uri_of(self.admin_user, self.admin_password)

    def uri_of(self, user: str, password: str, auth_source: str = "admin") -> str:
        """The same server for another account."""
        credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"mongodb://{credentials}@{self.host}:{self.port}/?authSource={auth_source}"


@contextmanager
def mongo_server(folder: Path, cache_mb: int = 256) -> Iterator[MongoServer]:
    """Configured by DARAA_TEST_MONGO_URI, else mongod, secantusd-rs, secantusd-py; DARAA_TEST_DATABASE forces one."""
    if uri := os.environ.get("DARAA_TEST_MONGO_URI"):
        yield _configured(uri)
        return
    choice = find_database(_forced())
    password = secrets.token_urlsafe(18)
    database = EmbeddedDatabase(
        choice, folder / "mongo", free_port(), folder / "database.log", cache_mb=cache_mb, log_file_mb=16
    )
    complete(database.prepare(password))
    child = database.child()
    start(child)
    try:
        complete(database.secure(password))
        yield MongoServer(choice.kind.value, database.host, database.port, ADMIN, password, child)
    finally:
        # Nobody needs this data again: an orderly end would only cost time.
        child.kill()


def chosen_kind() -> DatabaseKind | None:
    """The kind of server that `mongo_server` starts; None for a configured one."""
    return None if os.environ.get("DARAA_TEST_MONGO_URI") else find_database(_forced()).kind


def _forced() -> DatabaseKind | None:
    forced = os.environ.get("DARAA_TEST_DATABASE")
    return DatabaseKind(forced) if forced else None


def _configured(uri: str) -> MongoServer:
    parts = urlsplit(uri)
    return MongoServer(
        kind=os.environ.get("DARAA_TEST_DATABASE", "configured"),
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 27017,
        admin_user=unquote(parts.username or ""),
        admin_password=unquote(parts.password or ""),
    )
