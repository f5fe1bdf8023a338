"""A small supervisor: starts parts in order, restarts what dies, stops everything in reverse."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.ops.stack.errors import CHILD_LOST, DISK_FULL
from daraa.ops.stack.folder import disk_is_full
from daraa.ops.stack.restarts import restart_delay
from daraa.stores.process import Child

Say = Callable[[str], None]


@dataclass(slots=True)
class _Part:
    child: Child
    where: str
    deaths: list[float] = field(default_factory=list)


class Supervisor:
    """Holds the running parts. Call everything from the main thread: the kernel ties the children to it."""

    def __init__(self, home: Path, say: Say) -> None:
        self._home = home
        self._say = say
        self._parts: list[_Part] = []

    async def start(self, child: Child, where: str) -> None:
        """Start one part and wait until it is ready; it is stopped with the others even when it never became so."""
        part = _Part(child, where)
        self._parts.append(part)
        try:
            await child.start()
        except DaraaError as error:
            raise self._explained(error) from error
        self._say(f"  {child.name}: {where} (pid {child.pid})")

    def adopt(self, child: Child, where: str) -> None:
        """Take over a part that is running already."""
        self._parts.append(_Part(child, where))
        self._say(f"  {child.name}: {where} (pid {child.pid})")

    async def watch(self) -> None:
        """Restart whatever dies until one part dies too often; then raise DaraaError. Ends only by error or cancel."""
        async with asyncio.TaskGroup() as group:
            for part in self._parts:
                group.create_task(self._keep(part))

    async def stop(self) -> None:
        """Stop all parts, the last started first; each gets its own time to finish."""
        for part in reversed(self._parts):
            if part.child.running:
                await part.child.stop()
        self._parts.clear()

    async def _keep(self, part: _Part) -> None:
        while True:
            await part.child.wait()
            now = time.monotonic()
            part.deaths.append(now)
            death = self._explained(part.child.death())
            delay = restart_delay(part.deaths, now)
            if delay is None or death.code == DISK_FULL:
                raise DaraaError(CHILD_LOST, f"{death.message} It is not started again.", hint=death.hint)
            self._say(f"! {death.message}\n  {part.child.name} is started again in {delay:g} s.")
            await asyncio.sleep(delay)
            await self._restart(part)

    async def _restart(self, part: _Part) -> None:
        try:
            await part.child.start()
        except DaraaError as error:
            # Counted as a death by the loop: the child is not running.
            self._say(f"! {error.message}")
            return
        self._say(f"  {part.child.name}: {part.where} (pid {part.child.pid}) again")

    def _explained(self, error: DaraaError) -> DaraaError:
        if not disk_is_full(self._home):
            return error
        return DaraaError(
            DISK_FULL,
            f"The disk of {self._home} is full. {error.message}",
            hint="Free some space and start again; what was confirmed as stored is still there.",
        )


async def first_of(stop: asyncio.Event, *work: Awaitable[None]) -> None:
    """Run `work` until it ends or `stop` is set; errors of the work are raised, the rest is cancelled."""
    tasks = [asyncio.ensure_future(each) for each in work]
    waiter = asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, waiter], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiter}:
            await task
    finally:
        for task in (*tasks, waiter):
            task.cancel()
        await asyncio.gather(*tasks, waiter, return_exceptions=True)
