"""Fires a load: every request at its own moment, late ones counted as late, never left out (open loop)."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from daraa.ops.load.arrivals import LoadPlan
from daraa.ops.load.report import Answered, Report

Shoot: TypeAlias = Callable[["Shot"], Awaitable[str]]
"""Sends one request (or one small story) and names how it ended: `201`, `409 inventory.stock.short`, `timeout`."""
OVERLOADED = "not sent: too many unanswered"


@dataclass(frozen=True, slots=True)
class Shot:
    """One arrival. `id` is unique over all loads ever run: fit for idempotency keys, request ids and names."""

    number: int
    id: str


async def fire(
    plan: LoadPlan,
    shoot: Shoot,
    *,
    most_in_flight: int = 1000,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Run the whole load and wait for its answers.

    Latency counts from the moment a request was due, so a server that stalls is charged for everybody who would have
    come meanwhile. An arrival that finds `most_in_flight` unanswered is counted as not sent; an exception of `shoot`
    is an outcome named after it. `progress(done, of)` is told about twice a second.
    """
    run, moments = secrets.token_hex(8), plan.moments()
    answers: list[Answered] = []
    waiting: set[asyncio.Task[None]] = set()
    began, told = time.perf_counter(), 0.0

    async def one(shot: Shot, due: float) -> None:
        try:
            outcome = await shoot(shot)
        except Exception as error:  # a load goes on; the report says what happened
            outcome = type(error).__name__
        answers.append(Answered(due, time.perf_counter() - began - due, outcome))

    for number, due in enumerate(moments):
        if (ahead := due - (time.perf_counter() - began)) > 0:
            await asyncio.sleep(ahead)
        if len(waiting) >= most_in_flight:
            answers.append(Answered(due, 0.0, OVERLOADED))
            continue
        task = asyncio.create_task(one(Shot(number, f"{run}-{number:06d}"), due))
        waiting.add(task)
        task.add_done_callback(waiting.discard)
        if progress is not None and time.perf_counter() - told > 0.5:
            told = time.perf_counter()
            progress(number + 1, len(moments))
    while waiting:
        await asyncio.wait(waiting)
    return Report(plan, time.perf_counter() - began, tuple(answers))
