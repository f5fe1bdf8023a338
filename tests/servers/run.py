"""Starting servers from fixtures that are not asynchronous, whether or not an event loop runs around them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from daraa.stores.process import Child

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, in a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def start(child: Child) -> None:
    """Start a child and wait until it is ready.

    It is spawned in this thread: the kernel kills it when the thread that made it ends.
    """
    child.spawn()
    try:
        complete(child.wait_ready())
    except BaseException:
        child.kill()
        raise
