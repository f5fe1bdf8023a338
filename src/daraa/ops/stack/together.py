"""Running things beside each other so that one error ends them all and is told as itself, not as a group."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Work = Coroutine[Any, Any, None]


async def all_of(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Run everything to its end, results in order; the first error cancels the rest and is raised when it has ended."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await _end(tasks)


async def first_of(stop: asyncio.Event, *work: Work) -> None:
    """Run `work` until one of it ends or `stop` is set, then cancel the rest; an error of the work is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    waiter = asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, waiter], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task in done:
                await task
    finally:
        waiter.cancel()
        await _end(tasks)


async def _end(tasks: list[asyncio.Task[T]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
