"""A place to measure in: a database server of its own with accounts and schema, brought up by our own commands."""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pymongo
from pymongo.database import Database

from daraa.declare.access import ADMIN
from daraa.kernel.settings import OWN_KEYS, MongoSettings, Settings
from daraa.stores.process import EmbeddedDatabase, find_database
from daraa.stores.process.ports import port_is_free
from daraa.stores.process.secret_files import ensure_secret

CACHE_MB = 1024


@dataclass(frozen=True)
class Cost:
    """What one command took: wall and CPU seconds, and the most memory it held, in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Place:
    """An installation: `kind` of server, its settings, and a way to run our commands in it."""

    kind: str
    settings: Settings
    admin_password: str

    def database(self) -> Database[dict[str, Any]]:
        """The main database, as administrator."""
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.settings.mongo.url, username=ADMIN, password=self.admin_password, authSource="admin", tz_aware=True
        )
        return client[self.settings.mongo.database]

    def environment(self) -> dict[str, str]:
        """What a child needs to find this place."""
        return {
            "PATH": os.environ["PATH"],
            "DARAA_HOME": str(self.settings.home),
            "DARAA_MONGO_URL": self.settings.mongo.url,
            "DARAA_MONGO_DATABASE": self.settings.mongo.database,
            "DARAA_MONGO_READ_TIMEOUT_S": "60",
            "DARAA_API_REQUEST_TIMEOUT_S": "60",
            "DARAA_LOG_LEVEL": "warning",
        }

    def run(self, words: Sequence[str], accept: tuple[int, ...] = (0,)) -> Cost:
        """Run `daraa …` as a child and measure it; its own figures are in `output`."""
        with tempfile.TemporaryFile("w+") as out:
            began = time.perf_counter()
            child = subprocess.Popen(
                [sys.executable, "-m", "daraa.cli", *words], env=self.environment(), stdout=out, stderr=out
            )
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            wall = time.perf_counter() - began
            out.seek(0)
            text = out.read()
        if child.returncode not in accept:
            raise SystemExit(f"daraa {' '.join(words)} ended with {child.returncode}:\n{text[-2000:]}")
        return Cost(wall, _cpu(used), used.ru_maxrss / 1024, text)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


@contextmanager
def place() -> Iterator[Place]:
    """A fresh place on a server of our own, or in a database of its own on DARAA_TEST_MONGO_URI; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="daraa-bench-") as folder:
        home = Path(folder)
        name = f"bench{os.getpid()}"
        for secret in (*OWN_KEYS, "redis_daraa"):
            ensure_secret(home / "secrets" / secret)
        if uri := os.environ.get("DARAA_TEST_MONGO_URI"):
            yield from _configured(uri, home, name)
        else:
            yield from _embedded(home, name)


def _configured(uri: str, home: Path, name: str) -> Iterator[Place]:
    parts = urlsplit(uri)
    password = unquote(parts.password or "")
    secret = home / "secrets" / f"mongo_{ADMIN}"
    secret.write_text(password)
    secret.chmod(0o600)
    url = f"mongodb://{parts.hostname}:{parts.port or 27017}/"
    made = _prepared(Place("configured", _settings(home, url, name), password))
    try:
        yield made
    finally:
        client = made.database().client
        for database in client.list_database_names():
            if database.startswith(name):
                client.drop_database(database)


def _embedded(home: Path, name: str) -> Iterator[Place]:
    choice = find_database()
    port = next(port for port in range(21_000 + os.getpid() % 5000, 30_000) if port_is_free("127.0.0.1", port))
    password = ensure_secret(home / "secrets" / f"mongo_{ADMIN}")
    server = EmbeddedDatabase(choice, home / "mongo", port, home / "database.log", cache_mb=CACHE_MB)
    asyncio.run(server.prepare(password))
    child = server.child()
    child.spawn()
    try:
        asyncio.run(child.wait_ready())
        asyncio.run(server.secure(password))
        url = f"mongodb://127.0.0.1:{port}/?directConnection=true"
        yield _prepared(Place(choice.kind.value, _settings(home, url, name), password))
    finally:
        child.kill()


def _settings(home: Path, url: str, name: str) -> Settings:
    return Settings(home=home, mongo=MongoSettings(url=url, database=name))


def _prepared(made: Place) -> Place:
    made.run(["accounts", "apply"])
    made.run(["schema", "apply"])
    return made
