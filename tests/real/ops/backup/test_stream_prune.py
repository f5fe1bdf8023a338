"""Pruning slices of the oplog day by day: every moment that is to stay restorable is, and the rest leaves no trace."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import list_backups
from daraa.ops.backup.plan import PrunePlan
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Action
from daraa.ops.backup.slice_prune import prune_slices
from daraa.ops.backup.windows import as_time, point_windows
from daraa.stores.objects import FolderTarget, ObjectStore, open_objects
from factories.made_backups import KEY, THREE_DAYS, Failing, keys, oplog_time, put_backup, put_mark, put_slice

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
A_DAY = 3


@dataclass
class Days:
    """A repository to which every day brings a verified copy and three slices; `clock` is the evening of the day."""

    store: ObjectStore
    clock: FixedClock = field(default_factory=lambda: FixedClock(SYSTEM_CLOCK.now()))
    previous: str | None = None
    slices: int = 0

    def pruning(self, store: ObjectStore | None = None) -> Pruning:
        return Pruning(Repository("local", "here", store or self.store), KEY, THREE_DAYS, self.clock)

    async def plan(self) -> PrunePlan:
        return await self.pruning().plan()

    async def pass_day(self) -> None:
        for part in range(A_DAY):
            then = self.clock.now() + part * DAY / A_DAY
            until = then + DAY / A_DAY
            self.previous = await put_slice(self.store, self.slices, then, until, self.previous)
            self.slices += 1
            if part == 0:
                await put_backup(self.store, until, oplog_to=oplog_time(until))
        self.clock.advance(DAY)

    async def prune(self) -> list[Action]:
        pruning, plan = self.pruning(), await self.plan()
        await prune(pruning, plan)
        return [each.action for each in await prune_slices(pruning, plan)]

    async def numbers(self) -> list[int]:
        return [each.number for each in (await list_backups(self.store, KEY)).slices.slices]

    async def live(self, days: int) -> None:
        for _ in range(days):
            await self.pass_day()
            await self.prune()


@pytest.fixture
async def days(tmp_path: Path) -> AsyncIterator[Days]:
    store = open_objects(FolderTarget(tmp_path / "repository"))
    made = Days(store)
    await put_mark(store, made.clock.now())
    yield made
    await store.close()


async def test_the_last_week_can_be_restored_to_any_moment_and_older_slices_go(days: Days) -> None:
    for day in range(1, 17):
        await days.pass_day()
        await days.prune()
        (window,) = point_windows(await list_backups(days.store, KEY))
        assert as_time(window.until) == days.clock.now().replace(microsecond=0)
        if day > 8:
            assert as_time(window.since) <= days.clock.now() - THREE_DAYS.window, day
    listing = await list_backups(days.store, KEY)
    assert listing.problems == listing.slices.findings == ()
    numbers = [each.number for each in listing.slices.slices]
    assert numbers == list(range(numbers[0], 16 * A_DAY))
    assert 7 * A_DAY <= len(numbers) <= 13 * A_DAY
    gone = [f"{number:012d}" for number in range(numbers[0])]
    assert gone
    assert [
        key for key in await keys(days.store) if any(f"oplog/slices/{n}" in key or f"data/{n}" in key for n in gone)
    ] == []
    # Three days of copies would be enough; the others are the ones that the week stands on.
    reasons = {each.reason for each in (await days.plan()).verdict.decisions if each.action is Action.KEEP}
    assert any("Every moment until" in each for each in reasons)


@pytest.mark.parametrize("mark", ["prune.slices_announced", "prune.slice_files_deleted", "prune.slice_data_deleted"])
async def test_killed_at_any_mark_the_next_run_finishes(days: Days, tmp_path: Path, mark: str) -> None:
    action = Action.TOMBSTONE if mark.endswith("announced") else Action.DELETE
    while action not in [each.action for each in (await days.plan()).slice_steps]:
        await days.live(1)
        await days.pass_day()
    step = next(each for each in (await days.plan()).slice_steps if each.action is action)
    program = [sys.executable, str(Path(__file__).with_name("prune_process.py"))]
    words = [str(tmp_path / "repository"), days.clock.now().isoformat(), mark]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    ended = await anyio.to_thread.run_sync(
        lambda: subprocess.run([*program, *words], env=environment, capture_output=True, text=True, timeout=60)
    )
    assert ended.returncode == -9, ended.stderr
    listing = await list_backups(days.store, KEY)
    assert listing.problems == listing.slices.findings == ()
    (window,) = point_windows(listing)
    assert as_time(window.since) <= days.clock.now() - THREE_DAYS.window
    await days.prune()
    if action is Action.DELETE:
        left = [key for key in await keys(days.store) if key.startswith("oplog/") and "newest" not in key]
        assert min(int(key.split("/")[2].removesuffix(".json")) for key in left) == step.last + 1


async def test_what_is_odd_halts_slices_as_it_halts_copies(days: Days) -> None:
    await days.live(13)
    await days.pass_day()
    before = await keys(days.store)
    for listed in range(0, len(before), 9):
        plan = await days.pruning(Failing(days.store, listed=listed)).plan()
        assert plan.slice_steps == ()
    for jump in (-DAY, 40 * DAY):
        days.clock.advance(jump)
        assert (await days.plan()).slice_steps == ()
        days.clock.advance(-jump)
    for key in (f"{layout.SLICES}/readme.txt", layout.slice_key(10**9), layout.slice_tombstone_key(10**9)):
        await days.store.put(key, b"{}")
        plan = await days.plan()
        assert (plan.wrong, plan.slice_steps) == (True, ()), key
        await days.store.delete(key)
    assert await keys(days.store) == before
    assert (await days.plan()).slice_steps != ()


async def test_slices_that_vanish_from_the_listing_stop_a_deletion(days: Days) -> None:
    await days.live(13)
    await days.pass_day()
    agreed, pruning = await days.plan(), days.pruning()
    assert Action.DELETE in {each.action for each in agreed.slice_steps}
    deleted = next(each.last for each in agreed.slice_steps if each.action is Action.DELETE)

    class Hiding(Failing):
        """Lists the slice that is to be the oldest, and does not have it."""

        async def head(self, key: str) -> object:
            if key == layout.slice_key(deleted + 1):
                await days.store.head("oplog/nothing")
            return await days.store.head(key)

    hiding = days.pruning(Hiding(days.store))  # type: ignore[arg-type]
    before = await days.numbers()
    with pytest.raises(DaraaError) as refused:
        await prune_slices(hiding, agreed)
    assert refused.value.code == "backup.prune.stale"
    assert await days.numbers() == before
    assert await prune_slices(pruning, agreed)


async def test_the_copy_that_a_week_of_moments_stands_on_is_no_longer_kept_without_slices(days: Days) -> None:
    await days.live(12)
    with_slices = len((await list_backups(days.store, KEY)).backups)
    for key in await keys(days.store):
        if key.startswith("oplog/"):
            await days.store.delete(key)
    await days.prune()
    buried = [each for each in (await list_backups(days.store, KEY)).backups if each.tombstone]
    assert with_slices - len(buried) == 3
