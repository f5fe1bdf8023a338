"""A small supervisor: starts parts in order, restarts what dies, stops everything in reverse."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.ops.stack.errors import CHILD_LOST, DISK_FULL
from daraa.ops.stack.folder import disk_full, disk_is_full
from daraa.ops.stack.restarts import restart_delay
from daraa.ops.stack.together import all_of, first_of
from daraa.stores.process import Child

Say = Callable[[str], None]
Delay = Callable[[Sequence[float], float], float | None]
LOOK_EVERY_S = 0.25
DISK_EVERY_S = 1.0


@dataclass(slots=True)
class _Part:
    child: Child
    where: str
    up: bool = False
    deaths: list[float] = field(default_factory=list)


class Supervisor:
    """Holds the running parts. Call everything from the main thread: the kernel ties the children to it.

    `delay` decides when a part that died is started again; see `restart_delay`.
    """

    def __init__(self, home: Path, say: Say, delay: Delay = restart_delay) -> None:
        self._home = home
        self._say = say
        self._delay = delay
        self._parts: list[_Part] = []

    async def start(self, child: Child, where: str) -> None:
        """Start one part and wait until it is ready; it is stopped with the others even when it never became so."""
        part = _Part(child, where)
        self._parts.append(part)
        try:
            await child.start()
        except DaraaError as error:
            raise self.explained(error) from error
        part.up = True
        self._say(f"  {child.name}: {where} (pid {child.pid})")

    def dead(self) -> DaraaError | None:
        """How the first part that was up and is no more ended; None while all of them run."""
        for part in self._parts:
            if part.up and not part.child.running:
                return self.explained(part.child.death())
        return None

    async def until_death(self) -> None:
        """Raise DaraaError as soon as a part dies; for the start, in which nothing is restarted."""
        while (death := self.dead()) is None:
            await asyncio.sleep(LOOK_EVERY_S)
        raise death

    async def watch(self) -> None:
        """Restart whatever dies until one part dies too often; then raise DaraaError. Ends only by error or cancel."""
        await all_of(self._watch_disk(), *(self._keep(part) for part in self._parts))

    async def stop(self, hurry: asyncio.Event) -> None:
        """Stop all parts, the last started first; each gets its own time to finish, none once `hurry` is set."""
        while self._parts:
            child = self._parts[-1].child
            if child.running:
                await first_of(hurry, _stop(child))
                child.kill()
                self._say(f"  {child.name} stopped" + (" the hard way" if child.returncode == -9 else ""))
            self._parts.pop()

    def explained(self, error: DaraaError) -> DaraaError:
        """The same error, unless the disk is full: then that is what to tell."""
        return disk_full(self._home, error.message) if disk_is_full(self._home) else error

    async def _keep(self, part: _Part) -> None:
        while True:
            await part.child.wait()
            now = time.monotonic()
            part.deaths.append(now)
            death = self.explained(part.child.death())
            if death.code == DISK_FULL:
                raise death
            delay = self._delay(part.deaths, now)
            if delay is None:
                raise DaraaError(
                    CHILD_LOST,
                    f"{death.message} It died {len(part.deaths)} times within a minute and is not started again.",
                    hint=death.hint,
                )
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

    async def _watch_disk(self) -> None:
        # An orderly stop while a little is left: a database that runs into the end of the disk stops without one.
        while not disk_is_full(self._home):
            await asyncio.sleep(DISK_EVERY_S)
        raise disk_full(self._home, "Everything is stopped before a write fails.")


async def _stop(child: Child) -> None:
    await child.stop()
