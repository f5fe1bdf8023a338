"""A TCP proxy that fails on purpose: it cuts connections in the middle of what is sent, or falls silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from servers.ports import free_port


@dataclass
class Faults:
    """What goes wrong: the next `cuts` connections that send more than `after_bytes` are cut right there.

    With `silent` nothing more is passed on, in connections that stay open.
    """

    endpoint: str
    after_bytes: int = 3_000_000
    cuts: int = 0
    silent: bool = False
    seen: int = field(default=0, init=False)
    """How many connections were cut."""


@asynccontextmanager
async def faulty_proxy(target: str) -> AsyncIterator[Faults]:
    """A proxy in front of an HTTP endpoint; passes everything on until it is told otherwise."""
    there = urlsplit(target)
    faults, port = Faults(""), free_port()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            theirs, ours = await asyncio.open_connection(there.hostname, there.port)
            await asyncio.gather(_up(reader, ours, faults, writer), _down(theirs, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    faults.endpoint = f"http://127.0.0.1:{port}"
    try:
        yield faults
    finally:
        server.close()
        for task in tasks.copy():
            task.cancel()


async def _up(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: Faults, client: asyncio.StreamWriter
) -> None:
    passed = 0
    while piece := await reader.read(65536):
        while faults.silent:
            await asyncio.sleep(0.05)
        passed += len(piece)
        if faults.cuts and passed > faults.after_bytes:
            faults.cuts -= 1
            faults.seen += 1
            writer.transport.abort()
            client.transport.abort()
            return
        writer.write(piece)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


async def _down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()
