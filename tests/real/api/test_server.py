"""The real server process: a socket handed down, two workers on it, and requests that finish before it stops."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from daraa.declare.access import user_name
from daraa.kernel.settings import OWN_KEYS, Settings
from daraa.stores.mongo import Mongo
from factories.installation import write_secret
from servers.ports import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


def environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DARAA_HOME": str(settings.home),
        "DARAA_MONGO_URL": settings.mongo.url,
        "DARAA_MONGO_DATABASE": settings.mongo.database,
        "DARAA_MONGO_POOL_MIN": "0",
        "DARAA_REDIS_CACHE_URL": settings.redis.cache_url,
        "DARAA_REDIS_STATE_URL": settings.redis.state_url,
        "DARAA_REDIS_USERNAME": settings.redis.username,
        "DARAA_API_DRAIN_S": "5",
    }


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, log: Path, *arguments: str, fd: int | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`daraa api serve` as its own process; it must be gone at the end."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "daraa.cli", "api", "serve", *arguments,
            env=environment(settings), stdout=out, stderr=out, pass_fds=() if fd is None else (fd,),
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_answers(client: httpx.AsyncClient, log: Path, path: str = "/health/ready") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if (await client.get(path)).status_code == 200:
                return
        await asyncio.sleep(0.1)
    pytest.fail(f"not ready:\n{log.read_text()[-3000:]}")


async def test_two_workers_share_a_socket_and_stop_when_asked(
    installed: tuple[Settings, Mongo], tmp_path: Path
) -> None:
    settings, port = installed[0], free_port()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        listener.set_inheritable(True)
        fd = listener.fileno()
        logs = [tmp_path / "one.log", tmp_path / "two.log"]
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
            serving(settings, logs[0], "--fd", str(fd), fd=fd) as one,
            serving(settings, logs[1], "--fd", str(fd), fd=fd) as two,
        ):
            await until_answers(client, logs[0])
            answer = await client.get("/v1/products?limit=3")
            assert (answer.status_code, len(answer.json()["data"])) == (200, 3)
            assert "server" not in answer.headers
            one.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(one.wait(), 10) in (0, -signal.SIGTERM)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as later:
                await until_answers(later, logs[1])
                assert (await later.get("/v1/categories")).status_code == 200
            two.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(two.wait(), 10) in (0, -signal.SIGTERM)
    assert '"message":"GET /v1/products 200"' in logs[0].read_text() + logs[1].read_text()


async def test_a_running_request_is_answered_before_the_process_ends(
    installed: tuple[Settings, Mongo], tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "api.log"
    with socket.socket() as mute:
        # A Redis that never answers makes readiness take its time: that is the running request.
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        mute.setblocking(False)
        url = f"redis://127.0.0.1:{mute.getsockname()[1]}"
        slow = installed[0].redis.model_copy(update={"cache_url": url, "state_url": url})
        settings = installed[0].model_copy(update={"redis": slow})
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client,
            serving(settings, log, "--port", str(port)) as process,
        ):
            await until_answers(client, log, "/health/live")
            asking = asyncio.create_task(client.get("/health/ready"))
            # The look at Redis has begun: the request is being answered.
            taken, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(mute), 10)
            assert not asking.done()
            process.send_signal(signal.SIGTERM)
            answer = await asking
            taken.close()
            assert await asyncio.wait_for(process.wait(), 10) in (0, -signal.SIGTERM)
    assert answer.status_code == 200
    assert {each["name"] for each in answer.json()["checks"] if each["state"] == "fail"} == {
        "redis_cache",
        "redis_state",
    }


@pytest.mark.parametrize("kept", range(2 + len(OWN_KEYS)))
async def test_a_missing_secret_is_one_clear_message(
    installed: tuple[Settings, Mongo], tmp_path: Path, kept: int
) -> None:
    settings, log = installed[0], tmp_path / "api.log"
    needed = [
        f"mongo_{user_name('app', settings.mongo.database)}",
        f"redis_{settings.redis.username}",
        *OWN_KEYS,
    ]
    for name in needed[:kept]:
        write_secret(tmp_path, name, "x" * 32)
    async with serving(settings.model_copy(update={"home": tmp_path}), log, "--port", str(free_port())) as process:
        assert await asyncio.wait_for(process.wait(), 20) == 1
    assert needed[kept] in log.read_text()
    assert "Traceback" not in log.read_text()
