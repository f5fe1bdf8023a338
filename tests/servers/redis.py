"""Redis servers for the test run: one alone, or three watched by three Sentinels."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from daraa.stores.process.child import Child
from daraa.stores.process.embedded_redis import REDIS_USER, EmbeddedRedis, RedisRole, redis_answers
from daraa.stores.redis import RedisTarget
from servers.ports import free_port
from servers.run import start

_HOST = "127.0.0.1"
MASTER = "daraa-state"


@dataclass(frozen=True)
class RedisServer:
    """Where a test server is and how to get in."""

    host: str
    port: int
    user: str
    password: str
    child: Child

    def target(self, **more: object) -> RedisTarget:
        """The same server as the store wants it."""
        return RedisTarget(
            address=(self.host, self.port),
            user=self.user,
            password=SecretStr(self.password),
            **more,  # type: ignore[arg-type]
        )


@contextmanager
def redis_server(program: str, role: RedisRole, folder: Path) -> Iterator[RedisServer]:
    """One server as the embedded run starts it."""
    password = secrets.token_urlsafe(18)
    server = EmbeddedRedis(program, role, folder / role, free_port(), folder / f"{role}.log")
    child = server.child(password)
    start(child)
    try:
        yield RedisServer(server.host, server.port, REDIS_USER, password, child)
    finally:
        child.kill()


@dataclass(frozen=True)
class SentinelTrio:
    """Three data servers and three Sentinels, with authentication on both kinds."""

    data: dict[int, Child]
    sentinels: tuple[tuple[str, int], ...]
    user: str
    password: str

    def target(self, **more: object) -> RedisTarget:
        """The trio as the store wants it."""
        return RedisTarget(
            sentinels=self.sentinels,
            master=MASTER,
            user=self.user,
            password=SecretStr(self.password),
            sentinel_password=SecretStr(self.password),
            **more,  # type: ignore[arg-type]
        )


@contextmanager
def sentinel_trio(folder: Path, down_after_ms: int = 1000) -> Iterator[SentinelTrio]:
    """A master, two replicas and three Sentinels; the first server is the master at start."""
    password = secrets.token_urlsafe(18)
    ports = [free_port() for _ in range(3)]
    watchers = [free_port() for _ in range(3)]
    with ExitStack() as stack:
        data = {port: _data_server(folder, port, ports[0], password) for port in ports}
        sentinels = [_sentinel(folder, port, ports[0], password, down_after_ms) for port in watchers]
        for child in (*data.values(), *sentinels):
            stack.callback(child.kill)
            start(child)
        yield SentinelTrio(data, tuple((_HOST, port) for port in watchers), REDIS_USER, password)


def _data_server(folder: Path, port: int, master: int, password: str) -> Child:
    home = folder / f"data-{port}"
    home.mkdir()
    digest = hashlib.sha256(password.encode()).hexdigest()
    config = home / "redis.conf"
    lines = [
        f"bind {_HOST}",
        f"port {port}",
        f'dir "{home}"',
        "appendonly no",
        'save ""',
        # Loopback only: a full synchronisation without the usual pause for more replicas.
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        "user default off nopass -@all",
        f"user {REDIS_USER} on #{digest} ~* &* +@all",
        f"masteruser {REDIS_USER}",
        f"masterauth {password}",
    ]
    if port != master:
        lines.append(f"replicaof {_HOST} {master}")
    config.write_text("\n".join(lines) + "\n")

    async def ready() -> bool:
        return await redis_answers(_HOST, port, password)

    return Child(f"redis {port}", ("redis-server", str(config)), log_path=home / "log", cwd=home, ready=ready)


def _sentinel(folder: Path, port: int, master: int, password: str, down_after_ms: int) -> Child:
    # A Sentinel rewrites its configuration in place: each has a folder of its own.
    home = folder / f"sentinel-{port}"
    home.mkdir()
    config = home / "sentinel.conf"
    lines = (
        f"bind {_HOST}",
        f"port {port}",
        f'dir "{home}"',
        f"requirepass {password}",
        f"sentinel monitor {MASTER} {_HOST} {master} 2",
        f"sentinel auth-user {MASTER} {REDIS_USER}",
        f"sentinel auth-pass {MASTER} {password}",
        f"sentinel down-after-milliseconds {MASTER} {down_after_ms}",
        f"sentinel failover-timeout {MASTER} 5000",
    )
    config.write_text("\n".join(lines) + "\n")

    async def ready() -> bool:
        return await redis_answers(_HOST, port, password, user="default")

    return Child(f"sentinel {port}", ("redis-sentinel", str(config)), log_path=home / "log", cwd=home, ready=ready)
