"""Redis at its worst: a killed master, a hung server, nobody there, wrong passwords, forbidden commands."""

import asyncio
import os
import signal
import socket
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.redis import KeyValue, RedisTarget, Script, open_redis
from servers.ports import free_port
from servers.redis import RedisServer, SentinelTrio

pytestmark = pytest.mark.anyio

WHERE_AM_I = Script("return redis.call('INFO', 'server')")


async def master_port(store: KeyValue) -> int:
    info = (await store.run(WHERE_AM_I)).decode()
    return int(next(line for line in info.splitlines() if line.startswith("tcp_port:")).split(":")[1])


async def test_killing_the_master_is_not_seen_by_any_caller(trio: SentinelTrio) -> None:
    store = open_redis(trio.target())
    done = [0] * 8
    stopping = asyncio.Event()

    async def write(number: int) -> None:
        while not stopping.is_set():
            await store.set(f"writer:{number}", str(done[number]).encode())
            done[number] += 1
            await asyncio.sleep(0.01)

    before = await master_port(store)
    async with asyncio.TaskGroup() as writers:
        for number in range(len(done)):
            writers.create_task(write(number))
        await asyncio.sleep(0.5)
        trio.data[before].kill()
        at_kill = list(done)
        # One call begun now ends only when a new master answers.
        started = time.monotonic()
        await store.ping()
        away_s = time.monotonic() - started
        await asyncio.sleep(0.5)
        stopping.set()
    assert await master_port(store) != before
    assert all(after > then for after, then in zip(done, at_kill, strict=True))
    assert away_s < 15
    for number, count in enumerate(done):
        assert await store.get(f"writer:{number}") == str(count - 1).encode()
    await store.close()
    await trio.data[before].start()


async def test_a_hung_server_costs_its_deadline_and_not_more(system_redis: RedisServer) -> None:
    store = open_redis(system_redis.target(deadline_s=1.0, answer_within_s=0.2))
    await store.ping()
    os.kill(system_redis.child.pid or 0, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with pytest.raises(DaraaError) as hung:
            await store.get("any")
        assert time.monotonic() - started < 2.0
    finally:
        os.kill(system_redis.child.pid or 0, signal.SIGCONT)
    assert hung.value.code == "redis.server.unavailable"
    assert hung.value.retryable
    await store.ping()
    await store.close()


async def test_a_call_waits_for_a_server_that_comes_back_in_time(wheel_redis: RedisServer) -> None:
    store = open_redis(wheel_redis.target(deadline_s=10.0))
    await store.ping()
    wheel_redis.child.kill()
    waiting = asyncio.create_task(store.set("after", b"restart"))
    await asyncio.sleep(0.3)
    await wheel_redis.child.start()
    assert await waiting
    assert await store.get("after") == b"restart"
    await store.close()


async def test_a_lost_answer_does_not_turn_the_winner_into_a_loser(system_redis: RedisServer) -> None:
    async with answer_eater(system_redis.port) as port:
        store = open_redis(replace(system_redis.target(deadline_s=5.0), address=("127.0.0.1", port)))
        assert await store.set("lost-answer", b"unique-token", only_if_absent=True)
        assert not await store.set("lost-answer", b"another-token", only_if_absent=True)
        await store.delete("lost-answer")
        await store.close()


async def test_state_survives_a_kill_after_its_second(system_redis: RedisServer) -> None:
    store = open_redis(system_redis.target())
    await store.set("durable", b"yes")
    await asyncio.sleep(2.1)  # the append-only file is synchronised every second
    system_redis.child.kill()
    await system_redis.child.start()
    assert await store.get("durable") == b"yes"
    await store.close()


async def test_nobody_there_is_named_with_the_address_and_a_hint() -> None:
    port = free_port()
    store = open_redis(RedisTarget(address=("127.0.0.1", port), deadline_s=0.3))
    with pytest.raises(DaraaError) as nobody:
        await store.ping()
    assert nobody.value.code == "redis.server.unavailable"
    assert str(port) in nobody.value.message
    assert nobody.value.hint
    await store.close()


@pytest.mark.parametrize("password", [None, "wrong-password"])
async def test_wrong_or_missing_credentials_fail_at_once_and_are_not_shown(
    system_redis: RedisServer, password: str | None
) -> None:
    secret = SecretStr(password) if password else None
    store = open_redis(replace(system_redis.target(), password=secret, user="daraa" if password else None))
    started = time.monotonic()
    with pytest.raises(DaraaError) as refused:
        await store.ping()
    assert time.monotonic() - started < 2
    assert refused.value.code == "redis.server.refused"
    assert "wrong-password" not in str(refused.value)
    await store.close()


@pytest.mark.parametrize("command", ["'KEYS', '*'", "'FLUSHALL'", "'FLUSHDB'", "'CONFIG', 'GET', '*'", "'SHUTDOWN'"])
@pytest.mark.parametrize("server", ["system_redis", "wheel_redis"])
async def test_the_application_may_not_run_dangerous_commands(
    request: pytest.FixtureRequest, server: str, command: str
) -> None:
    store = open_redis(request.getfixturevalue(server).target())
    with pytest.raises(DaraaError) as refused:
        await store.run(Script(f"return redis.call({command})"))
    assert refused.value.code == "redis.command.refused"
    await store.ping()
    await store.close()


class answer_eater:  # noqa: N801  (reads as the context it is)
    """A relay before Redis that forwards the first SET and drops the connection instead of its answer."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._eaten = False

    async def __aenter__(self) -> int:
        listener = socket.create_server(("127.0.0.1", free_port()))
        self._server = await asyncio.start_server(self._relay, sock=listener)
        return int(listener.getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            while request := await reader.read(65536):
                upstream_writer.write(request)
                answer = await upstream_reader.read(65536)
                if b"SET\r\n" in request and b"NX" in request and not self._eaten:
                    self._eaten = True
                    return
                writer.write(answer)
        finally:
            upstream_writer.close()
            writer.close()
