"""Runs a provider's blocking protocol in a thread, and ends it when its whole time is over."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeVar

T = TypeVar("T")
AT_ONCE = 8
"""Messages under way at a time in one process. The loop's own threads stay free for looking up names."""


class Line(Protocol):
    """A connection that can be cut from another thread."""

    def cut(self) -> None:
        """End it now: whatever waits for it fails with an OSError."""
        ...


class Threads:
    """A few threads for one sender."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=name)

    async def run(self, work: Callable[[], T], line: Line, *, seconds: float) -> T:
        """The result of `work`; TimeoutError when it takes longer than `seconds`, and then `line` is cut."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(running)
        except (TimeoutError, asyncio.CancelledError):
            # A peer that drips one byte a second never runs into a socket's own time-out.
            running.cancel()
            running.add_done_callback(_forget)
            with suppress(OSError):
                line.cut()
            raise


def _forget(running: "asyncio.Future[T]") -> None:
    if not running.cancelled():
        running.exception()
