"""Pruning takes away what the plan says and nothing else, wherever it is cut short."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import anyio.to_thread
import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.plan import PrunePlan
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Action, Halt, Window
from daraa.ops.backup.retention_rule import Policy, keep_rules
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects
from daraa.stores.objects.errors import REFUSED
from factories.made_backups import KEY, THREE_DAYS, Failing, keys, put_backup, put_mark, put_partial, put_receipt

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
WHOLE = (State.VERIFIED, State.COMPLETE)


@dataclass
class Yard:
    """A repository with a clock that a test may move on; each new day brings a verified copy."""

    store: ObjectStore
    clock: FixedClock
    policy: Policy = THREE_DAYS

    def pruning(self, store: ObjectStore | None = None, *windows: Window) -> Pruning:
        repository = Repository("local", "here", store or self.store)
        return Pruning(repository, KEY, self.policy, self.clock, windows)

    async def plan(self) -> PrunePlan:
        return await self.pruning().plan()

    async def run(self, store: ObjectStore | None = None) -> list[Action]:
        pruning = self.pruning(store)
        return [each.action for each in await prune(pruning, await self.plan())]

    async def days_later(self, days: int) -> None:
        self.clock.advance(days * DAY)
        await put_backup(self.store, self.clock.now())

    async def ids(self) -> list[str]:
        listing = await list_backups(self.store, KEY)
        assert listing.complete
        return [each.backup_id for each in listing.backups]


async def _yard(store: ObjectStore) -> Yard:
    """Five verified copies of five days; the two oldest are too many."""
    clock = FixedClock(SYSTEM_CLOCK.now())
    await put_mark(store, clock.now() - 5 * DAY)
    for number in range(5):
        await put_backup(store, clock.now() - number * DAY)
    return Yard(store, clock)


@pytest.fixture
async def any_yard(objects_place: FolderTarget | S3Target) -> AsyncIterator[Yard]:
    """In a folder, and on each S3 server."""
    store = open_objects(objects_place)
    yield await _yard(store)
    await store.close()


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    store = open_objects(FolderTarget(tmp_path / "repository"))
    yield await _yard(store)
    await store.close()


async def announced(yard: Yard) -> list[str]:
    """Announce the two oldest, and let their grace end while daily copies go on; their ids."""
    *_, second, oldest = await yard.ids()
    assert await yard.run() == [Action.TOMBSTONE] * 2
    await yard.days_later(4)
    return [second, oldest]


async def test_old_copies_are_announced_then_after_the_grace_deleted_without_a_trace(any_yard: Yard) -> None:
    two = (await any_yard.ids())[-2:]
    assert await any_yard.run() == [Action.TOMBSTONE] * 2
    assert await any_yard.run() == []
    assert len(await any_yard.ids()) == 5
    await any_yard.days_later(2)
    assert Action.DELETE not in await any_yard.run()
    await any_yard.days_later(2)
    assert (await any_yard.run()).count(Action.DELETE) == 2
    assert [key for key in await keys(any_yard.store) if any(each in key for each in two)] == []
    listing = await list_backups(any_yard.store, KEY)
    assert (listing.complete, listing.problems, listing.strays) == (True, (), ())
    assert len(listing.backups) == 5


async def test_cut_short_after_any_change_no_copy_looks_whole_and_is_not_and_the_next_run_ends_it(
    tmp_path: Path,
) -> None:
    changes = 0
    while True:
        store = open_objects(FolderTarget(tmp_path / str(changes)))
        yard = await _yard(store)
        doomed = await announced(yard)
        others = set(await yard.ids()) - set(doomed)
        failing = Failing(store, writes=changes)
        cut = False
        try:
            await prune(yard.pruning(failing), await yard.plan())
        except DaraaError:
            cut = True
        listing = await list_backups(store, KEY)
        assert (listing.complete, listing.problems) == (True, ())
        states = {each.backup_id: each.state for each in listing.backups}
        assert all(states[each] in WHOLE for each in others)
        assert {states[each] for each in doomed if each in states} <= {State.VERIFIED, State.PARTIAL}
        await yard.run()
        assert set(await yard.ids()) == others
        assert {key for key in await keys(store) if any(each in key for each in doomed)} == set()
        await store.close()
        if not cut:
            break
        changes += 1
    assert changes > 10


@pytest.mark.parametrize(
    ("mark", "begun"),
    [
        ("prune.announced", False),
        ("prune.manifest_deleted", True),
        ("prune.batch_deleted", True),
        ("prune.objects_deleted", True),
        ("prune.receipts_deleted", True),
    ],
)
async def test_killed_at_any_mark_it_goes_on_where_it_was(yard: Yard, tmp_path: Path, mark: str, begun: bool) -> None:
    if mark == "prune.announced":
        doomed = (await yard.ids())[-2:]
    else:
        doomed = await announced(yard)
    everything = set(await yard.ids())
    program = [sys.executable, str(Path(__file__).with_name("prune_process.py"))]
    words = [str(tmp_path / "repository"), yard.clock.now().isoformat(), mark]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    ended = await anyio.to_thread.run_sync(
        lambda: subprocess.run([*program, *words], env=environment, capture_output=True, text=True, timeout=60)
    )
    assert ended.returncode == -9, ended.stderr
    listing = await list_backups(yard.store, KEY)
    assert (listing.complete, listing.problems) == (True, ())
    states = {each.backup_id: each.state for each in listing.backups}
    assert set(states) == everything
    assert (State.PARTIAL in states.values()) is begun
    assert all(states[each] is State.VERIFIED for each in everything - set(doomed))
    await yard.run()
    if begun:
        assert set(await yard.ids()) == everything - set(doomed)
    else:
        assert all(each.tombstone for each in (await list_backups(yard.store, KEY)).backups[-2:])


async def test_an_incomplete_listing_changes_nothing(yard: Yard) -> None:
    await announced(yard)
    before = await keys(yard.store)
    for listed in range(0, len(before), 5):
        pruning = yard.pruning(Failing(yard.store, listed=listed))
        plan = await pruning.plan()
        assert plan.verdict.halted is Halt.INCOMPLETE
        assert await prune(pruning, await yard.plan()) == ()
    assert await keys(yard.store) == before


async def test_something_odd_in_the_repository_changes_nothing(yard: Yard) -> None:
    await announced(yard)
    await yard.store.put("backups/readme.txt", b"?")
    assert await yard.run() == []
    assert (await yard.plan()).wrong


async def test_a_clock_that_jumped_back_or_far_ahead_changes_nothing(yard: Yard) -> None:
    await announced(yard)
    for jump in (-DAY, 40 * DAY):
        jumped = replace(yard, clock=FixedClock(yard.clock.now() + jump))
        assert await jumped.run() == []
    assert Action.DELETE in await yard.run()


async def test_only_what_was_agreed_is_done(yard: Yard) -> None:
    agreed = await yard.plan()
    await yard.days_later(1)
    done = await prune(yard.pruning(), agreed)
    assert len(agreed.steps) == 2
    assert {each.backup_id for each in done} == {each.backup_id for each in agreed.steps}
    assert len((await yard.plan()).steps) == 1, "the third became too old since and waits for a plan of its own"


async def test_a_copy_that_is_wanted_again_is_taken_back(yard: Yard) -> None:
    await announced(yard)
    yard.policy = replace(THREE_DAYS, keep=keep_rules(daily=10))
    assert await yard.run() == [Action.REVIVE] * 2
    assert all(each.tombstone is None for each in (await list_backups(yard.store, KEY)).backups)


async def test_a_copy_whose_deletion_has_begun_is_never_taken_back(yard: Yard) -> None:
    doomed = await announced(yard)
    with pytest.raises(DaraaError):
        await prune(yard.pruning(Failing(yard.store, writes=3)), await yard.plan())
    yard.policy = replace(THREE_DAYS, keep=keep_rules(daily=10))
    await yard.run()
    left = await yard.ids()
    assert sorted(set(doomed) & set(left)) != sorted(doomed)
    assert all(each.state in WHOLE for each in (await list_backups(yard.store, KEY)).backups)


async def test_the_base_of_a_window_stays(yard: Yard) -> None:
    oldest = (await yard.ids())[-1]
    window = Window(oldest, yard.clock.now())
    steps = (await yard.pruning(None, window).plan()).steps
    assert oldest not in {each.backup_id for each in steps}
    assert len(steps) == 1


async def test_a_verified_copy_that_turns_out_bad_saves_older_ones(yard: Yard) -> None:
    doomed = await announced(yard)
    listing = await list_backups(yard.store, KEY)
    for backup in listing.backups[:4]:
        for key in [key for key in await keys(yard.store) if key.startswith(f"{layout.RECEIPTS}/{backup.backup_id}")]:
            await yard.store.delete(key)
    plan = await yard.plan()
    assert plan.verdict.halted is Halt.STALE
    assert await yard.run() == []
    assert set(doomed) < set(await yard.ids())


async def test_deleting_stops_when_the_copies_that_stay_vanish_meanwhile(yard: Yard) -> None:
    doomed = await announced(yard)
    newest = (await yard.ids())[0]

    class Vanishing(Failing):
        """Somebody else deletes the newest copy's manifest right after it was listed."""

        async def head(self, key: str):
            if key == layout.manifest_key(newest):
                await yard.store.delete(key)
            return await super().head(key)

    with pytest.raises(DaraaError) as error:
        await prune(yard.pruning(Vanishing(yard.store)), await yard.plan())
    assert error.value.code == "backup.prune.stale"
    assert set(doomed) < set(await yard.ids())


async def test_credentials_that_may_not_delete_leave_every_copy_whole_and_are_named(yard: Yard) -> None:
    await announced(yard)

    class WriteOnly(Failing):
        """A bucket's policy that lets us write only."""

        async def delete(self, key: str) -> None:
            raise DaraaError(REFUSED, f"The object store does not let us at {key}.")

    with pytest.raises(DaraaError) as error:
        await prune(yard.pruning(WriteOnly(yard.store)), await yard.plan())
    assert error.value.code == REFUSED
    assert "may not delete" in error.value.message
    assert all(each.state in WHOLE for each in (await list_backups(yard.store, KEY)).backups)


async def test_two_who_prune_at_once_do_the_same_work_once(yard: Yard) -> None:
    doomed = await announced(yard)
    plan = await yard.plan()
    await asyncio.gather(*(prune(yard.pruning(), plan) for _ in range(3)))
    listing = await list_backups(yard.store, KEY)
    assert not set(doomed) & {each.backup_id for each in listing.backups}
    assert listing.problems == ()


async def test_a_partial_upload_is_listed_at_once_and_cleaned_only_after_its_grace_and_that_of_its_tombstone(
    yard: Yard,
) -> None:
    stray = await put_partial(yard.store, yard.clock.now())
    assert [each.backup_id for each in (await yard.plan()).listing.strays] == [stray]
    await yard.days_later(2)
    await yard.run()
    assert stray in await yard.ids()
    await yard.days_later(2)
    await yard.run()
    [found] = [each for each in (await list_backups(yard.store, KEY)).backups if each.backup_id == stray]
    assert found.tombstone is not None
    await yard.days_later(4)
    await yard.run()
    assert stray not in await yard.ids()


async def test_an_upload_that_gets_its_manifest_after_all_is_taken_back(yard: Yard) -> None:
    when = yard.clock.now() + 3 * DAY + timedelta(hours=1)
    manifest = await put_backup(yard.store, when, verified=False)
    await yard.store.delete(layout.manifest_key(manifest.backup_id))
    await yard.days_later(4)
    await yard.run()
    again = await put_backup(yard.store, when, verified=False)
    await put_receipt(yard.store, again, when)
    [step] = [each for each in (await yard.plan()).steps if each.backup_id == manifest.backup_id]
    assert step.action is Action.REVIVE
