"""The client of a card provider against servers that are slow, rude, dishonest or not what they seem."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.providers import ChargeOrder, ChargeStatus, HttpCardProvider, Keys
from servers.ports import free_port

pytestmark = pytest.mark.anyio
KEYS = Keys((b"the key that both sides share",))
ORDER = ChargeOrder("pin_0198c2f1-0000-7000-8000-000000000001", 1_000, "SYP", token="tok_ok")
CHARGE: dict[str, Any] = {"ref": "ch_1", "reference": ORDER.intent_id, "amount": 1_000, "currency": "SYP"}
CHARGE |= {"status": "captured", "at": "2026-11-23T10:00:00.123456+03:00"}
Respond = Callable[[dict[str, str], asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(respond: Respond, asked: list[bytes] | None = None) -> AsyncIterator[HttpCardProvider]:
    """A server that reads one request and leaves the rest to the test."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if asked is not None:
            asked.append(head + body)
        try:
            await respond(headers, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    port = free_port()
    listening = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield HttpCardProvider("local", f"http://127.0.0.1:{port}", lambda: KEYS, seconds=1)
    finally:
        listening.close()


def raw(status: int, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def answer(
    charge: Any, *, status: int = 200, keys: Keys = KEYS, to: str = "", at: float = 0, body: bytes | None = None
) -> Respond:
    """A signed answer; `to` is another request's id, `at` another time, `body` what is sent instead of the signed."""

    async def respond(headers: dict[str, str], writer: asyncio.StreamWriter) -> None:
        text = json.dumps(charge).encode()
        signed = keys.headers(to or headers["webhook-id"], at or time.time(), str(status).encode(), text)
        writer.write(raw(status, text if body is None else body, signed))
        await writer.drain()

    return respond


async def failed(provider: HttpCardProvider) -> str:
    """The code with which a charge ends."""
    with pytest.raises(DaraaError) as refused:
        await provider.create(ORDER)
    return refused.value.code


async def test_a_request_is_signed_over_all_that_matters_and_names_its_intent_as_its_key() -> None:
    asked: list[bytes] = []
    async with server(answer(CHARGE), asked) as provider:
        charge = await provider.create(ORDER)
    assert (charge.status, charge.amount, charge.provider_ref) == (ChargeStatus.CAPTURED, 1_000, "ch_1")
    assert charge.at is not None
    assert charge.at.isoformat() == "2026-11-23T07:00:00.123000+00:00"
    head, _, body = asked[0].partition(b"\r\n\r\n")
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    }
    assert KEYS.verify(headers, time.time(), b"POST", b"/v1/charges", body) == headers["webhook-id"]
    assert headers["idempotency-key"] == ORDER.intent_id


@pytest.mark.parametrize(
    "words",
    [
        {"keys": Keys((b"another key",))},
        {"to": "req_of_somebody_else"},
        {"at": 1_600_000_000.0},
        {"body": json.dumps(CHARGE | {"amount": 1}).encode()},
    ],
    ids=["another key", "an answer to another request", "an old answer", "a changed answer"],
)
async def test_an_answer_that_is_not_the_providers_to_this_request_is_not_believed(words: dict[str, Any]) -> None:
    async with server(answer(CHARGE, **words)) as provider:
        assert await failed(provider) == "stores.provider.garbled"


@pytest.mark.parametrize(
    "charge",
    [
        [], None, "captured", {}, CHARGE | {"status": "paid"}, CHARGE | {"amount": 10.5}, CHARGE | {"amount": "1000"},
        CHARGE | {"amount": True}, CHARGE | {"ref": ""}, CHARGE | {"ref": "a\nb"}, CHARGE | {"currency": "Syp"},
        CHARGE | {"reference": "pin_of_somebody_else"}, CHARGE | {"at": "now"},
        CHARGE | {"redirect_url": "x" * 2_001},
    ],
)  # fmt: skip
async def test_a_signed_answer_of_another_shape_is_not_believed(charge: Any) -> None:
    async with server(answer(charge)) as provider:
        assert await failed(provider) == "stores.provider.garbled"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "stores.provider.refused"), (401, "stores.provider.refused"), (422, "stores.provider.refused"),
        (404, "stores.provider.refused"), (302, "stores.provider.refused"), (409, "stores.provider.unavailable"),
        (429, "stores.provider.unavailable"), (500, "stores.provider.unavailable"),
    ],
)  # fmt: skip
async def test_a_signed_refusal_is_told_by_what_can_be_done_about_it(status: int, code: str) -> None:
    async with server(answer({}, status=status)) as provider:
        assert await failed(provider) == code


async def test_a_charge_that_the_provider_does_not_know_is_none_and_only_when_it_says_so_itself() -> None:
    async with server(answer({}, status=404)) as provider:
        assert await provider.find(ORDER.intent_id) is None
        assert await provider.get("ch_1") is None

    async def unsigned(_: dict[str, str], writer: asyncio.StreamWriter) -> None:
        writer.write(raw(404, b"nothing here", {}))

    async with server(unsigned) as provider:
        with pytest.raises(DaraaError) as refused:
            await provider.find(ORDER.intent_id)
    assert refused.value.code == "stores.provider.garbled"


async def test_an_answer_about_another_charge_is_not_believed() -> None:
    async with server(answer(CHARGE)) as provider:
        for asking in (provider.get("ch_2"), provider.find("pin_other")):
            with pytest.raises(DaraaError) as refused:
                await asking
            assert refused.value.code == "stores.provider.garbled"


async def drip(_: dict[str, str], writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x-slow: y\r\n" * 500:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def silence(_: dict[str, str], __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(20)


async def hang_up(_: dict[str, str], __: asyncio.StreamWriter) -> None:
    return


async def noise(_: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()


async def flood(_: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _number in range(2_000):
        writer.write(b"x" * 65_536)
        await writer.drain()


async def gateway(_: dict[str, str], writer: asyncio.StreamWriter) -> None:
    writer.write(raw(502, b"<h1>Bad gateway</h1>", {"content-type": "text/html"}))
    await writer.drain()


@pytest.mark.parametrize(
    ("respond", "code"),
    [
        (drip, "stores.provider.unavailable"), (silence, "stores.provider.unavailable"),
        (gateway, "stores.provider.unavailable"), (noise, "stores.provider.garbled"),
        (flood, "stores.provider.garbled"),
    ],
)  # fmt: skip
async def test_whatever_answers_the_time_and_the_memory_are_bounded(respond: Respond, code: str) -> None:
    async with server(respond) as provider:
        began = time.monotonic()
        assert await failed(provider) == code
        assert time.monotonic() - began < 2.5


async def test_a_connection_that_is_closed_or_refused_is_no_answer() -> None:
    async with server(hang_up) as provider:
        assert await failed(provider) == "stores.provider.unavailable"
    nobody = HttpCardProvider("local", f"http://127.0.0.1:{free_port()}", lambda: KEYS, seconds=1)
    assert await failed(nobody) == "stores.provider.unavailable"


async def test_no_error_shows_a_key_or_a_token() -> None:
    for respond in (gateway, noise, answer(CHARGE, keys=Keys((b"another key",))), answer({}, status=401)):
        async with server(respond) as provider:
            with pytest.raises(DaraaError) as refused:
                await provider.create(ORDER)
        told = f"{refused.value} {refused.value.details}"
        assert "tok_ok" not in told
        assert "the key" not in told
