"""The heartbeat ends when, and only when, the lease is lost or may be."""

import asyncio
import time

import pytest

from daraa.jobs.errors import LEASE_LOST
from daraa.jobs.heartbeat import beat_until_lost
from daraa.kernel.errors import DaraaError

pytestmark = pytest.mark.anyio


async def test_it_ends_when_somebody_else_has_the_lease() -> None:
    answers = [True, True, False]

    async def renew() -> bool:
        return answers.pop(0)

    await asyncio.wait_for(beat_until_lost(renew, 0.6), 20)
    assert answers == []


async def test_one_failure_to_reach_the_database_is_forgiven() -> None:
    calls = 0

    async def renew() -> bool:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise DaraaError(LEASE_LOST, "no server")
        return calls < 6

    await asyncio.wait_for(beat_until_lost(renew, 1.5), 20)
    assert calls == 6


async def test_it_ends_before_the_lease_may_go_to_another_when_nothing_gets_through() -> None:
    async def renew() -> bool:
        await asyncio.sleep(60)
        return True

    lease_s, started = 3.0, time.monotonic()
    await asyncio.wait_for(beat_until_lost(renew, lease_s), 20)
    assert time.monotonic() - started < lease_s
