"""One take at a time in a repository: a lease made of numbered objects, of which only one writer can make the next.

It needs no right to delete, and no clock but the holder's: a lease that was not renewed for its time may be followed
by the next number. On a server that looks and writes in two steps (OpenStack Swift) two may make the same
number in the same moment: the later content stays, and whoever finds another's there has lost.

Two takes at once would harm nothing but the database's speed, since each writes a folder of its own; so an outdated
holder is stopped before its manifest, not fenced at every object.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.time import Clock
from daraa.ops.backup.layout import LOCKS
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import EXISTS, MISSING

BUSY = register(
    "backup.take.busy",
    status=409,
    retryable=True,
    en="Another backup is being taken",
    ar="تُؤخذ نسخة احتياطية أخرى الآن",
)
LOST = register(
    "backup.take.lost",
    status=409,
    retryable=True,
    en="Another process took over the taking of backups",
    ar="تولت عملية أخرى أخذ النسخ الاحتياطية",
)
LEASE_S = 90.0
"""How long a lease lasts after its last renewal, in seconds."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who takes a backup, on which machine, since when, and until when unless renewed (UTC)."""

    number: int
    backup_id: str
    host: str
    process: str
    since: datetime
    until: datetime

    def holds(self, now: datetime) -> bool:
        """False when it is over: its time is, or its process was on this machine and is no more."""
        return now < self.until and not _dead(self.process)

    def content(self) -> bytes:
        """The object."""
        words = {"backup_id": self.backup_id, "host": self.host, "process": self.process}
        times = {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return json.dumps(words | times).encode()


async def running_take(store: ObjectStore, clock: Clock) -> Lease | None:
    """The take that is running now, if any: its partial upload is nobody's to remove."""
    newest = await _newest(store)
    return newest if newest is not None and newest.holds(clock.now()) else None


@asynccontextmanager
async def only_take(
    store: ObjectStore, backup_id: str, clock: Clock, lease_s: float = LEASE_S
) -> AsyncIterator["Hold"]:
    """Hold the lease while the block runs; `backup.take.busy` when another process does."""
    newest = await _newest(store)
    now = clock.now()
    if newest is not None and newest.holds(now):
        raise _busy(newest)
    number = newest.number + 1 if newest is not None else 1
    until = now + timedelta(seconds=lease_s)
    lease = Lease(number, backup_id, socket.gethostname(), _this_process(), now, until)
    try:
        await store.put(_key(number), lease.content(), only_if_absent=True)
    except DaraaError as error:
        if error.code != EXISTS:
            raise
        winner = await _read(store, number)
        if winner is None or winner.backup_id != backup_id:  # ours: its answer was lost, and the repeat refused
            raise _busy(winner or lease) from None
    hold = Hold(store, lease, clock, lease_s)
    renewing = asyncio.create_task(hold.renew_for_ever())
    try:
        yield hold
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
        await hold.release()


@dataclass
class Hold:
    """The lease that this process has."""

    store: ObjectStore
    lease: Lease
    clock: Clock
    lease_s: float

    async def renew_for_ever(self) -> None:
        """Three times in the lease's time; a store that is away for a moment is asked again."""
        while True:
            await asyncio.sleep(self.lease_s / 3)
            with suppress(DaraaError):
                if await self._mine():
                    await self._write(self.clock.now() + timedelta(seconds=self.lease_s))

    async def confirm(self) -> None:
        """`backup.take.lost` when another process has taken the lease since."""
        newest = await _newest(self.store)
        if newest is not None and newest.number >= self.lease.number and newest.backup_id != self.lease.backup_id:
            raise DaraaError(
                LOST,
                f"The take {newest.backup_id} on {newest.host} began while this one was not heard of.",
                hint="This process stood still for long. Its upload is partial and is removed by prune.",
            )

    async def release(self) -> None:
        """Let the next one begin, and tidy up; neither is worth an error. Another's lease is not touched."""
        try:
            if not await self._mine():
                return
            await self._write(self.lease.since)
        except DaraaError:
            # A full disk takes no word more, but gives one back. If that fails too, the lease runs out by itself.
            with suppress(DaraaError):
                await self.store.delete(_key(self.lease.number))
        for number in range(max(1, self.lease.number - 3), self.lease.number):
            with suppress(DaraaError):
                await self.store.delete(_key(number))

    async def _mine(self) -> bool:
        """False when another process made the same number in the same moment, and wrote it later."""
        there = await _read(self.store, self.lease.number)
        return there is None or there.backup_id == self.lease.backup_id

    async def _write(self, until: datetime) -> None:
        mine = self.lease
        renewed = Lease(mine.number, mine.backup_id, mine.host, mine.process, mine.since, until)
        await self.store.put(_key(mine.number), renewed.content())


def _key(number: int) -> str:
    return f"{LOCKS}/{number:012d}.json"


async def _newest(store: ObjectStore) -> Lease | None:
    keys = [each.key async for each in store.list(LOCKS)]
    numbers = [int(stem) for key in keys if (stem := key.rpartition("/")[2].removesuffix(".json")).isdecimal()]
    return await _read(store, max(numbers)) if numbers else None


async def _read(store: ObjectStore, number: int) -> Lease | None:
    try:
        content = b"".join([piece async for piece in store.get(_key(number))])
    except DaraaError as error:
        if error.code == MISSING:
            return None
        raise
    try:
        words = json.loads(content)
        since, until = datetime.fromisoformat(words["since"]), datetime.fromisoformat(words["until"])
        return Lease(number, str(words["backup_id"]), str(words["host"]), str(words["process"]), since, until)
    except (ValueError, KeyError, TypeError):
        # Nothing that a take of ours wrote; it cannot keep everybody from taking backups.
        long_ago = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
        return Lease(number, "?", "?", "?", long_ago, long_ago)


def _this_process() -> str:
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _machine() -> str:
    """This boot of this machine and this container; empty where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process began, in ticks since the boot: tells it from a later one with its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _dead(process: str) -> bool:
    """True when it ran here and is certainly gone."""
    machine, _, rest = process.rpartition(":")
    machine, _, pid = machine.rpartition(":")
    if not machine or machine != _machine() or not pid.isdecimal():
        return False
    return _started(int(pid)) != rest


def _busy(lease: Lease) -> DaraaError:
    return DaraaError(
        BUSY,
        f"A backup is being taken since {lease.since:%Y-%m-%d %H:%M:%S} UTC by a process on {lease.host}.",
        hint=f"Wait for it. If it died, the next take may begin at {lease.until:%H:%M:%S} UTC.",
        backup_id=lease.backup_id,
    )
