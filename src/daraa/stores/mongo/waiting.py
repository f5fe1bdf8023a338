"""Keeps a database that is away from locking the driver's client for good, where Python is older than 3.12."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import pymongo.lock

T = TypeVar("T")


async def wait_within(awaitable: Awaitable[T], timeout: float | None) -> T:
    """`asyncio.wait_for` as Python 3.12 has it: the caller itself waits, not a task; TimeoutError at the end.

    The driver waits for a server with `wait_for(condition.wait(), …)` and holds the condition's lock around it. Up to
    3.11 that wait is a task, and a second cancellation, or one that meets the end of the time, does not await it: the
    caller gives a lock back that it does not hold, and the task then takes it and is over. Every later operation of
    the client, and its `close`, waits for that lock, and the server selection timeout does not end it (decision 0023).
    """
    async with asyncio.timeout(timeout):
        return await awaitable


def mend_waiting() -> None:
    """Have the driver use `wait_within` where Python's own is the old one; to be called before a client is made."""
    if sys.version_info < (3, 12):
        vars(pymongo.lock)["wait_for"] = wait_within
