"""The whole life of real copies on every kind of store: taken, proven, announced, deleted; what is left comes back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.catalog import State, list_backups, newest_backup
from daraa.ops.backup.check import check_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.layout import manifest_key
from daraa.ops.backup.leftovers import abort_leftovers, see_leftovers
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Action
from daraa.ops.backup.take import take
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo import Mongo
from daraa.stores.objects import FolderTarget, S3Target, open_objects
from factories.backup_place import Place, open_place
from factories.backups import contents_of, shapes_of
from factories.made_backups import THREE_DAYS, content, keys
from factories.repositories import with_remote
from factories.takes import as_backup, on_one_day
from factories.uploads import begin_upload, left_on

pytestmark = pytest.mark.anyio
POLICY = replace(THREE_DAYS, min_verified=1, max_age=timedelta(days=5))


@pytest.fixture
async def place(
    settings: Settings, admin: Mongo, tmp_path: Path, objects_place: FolderTarget | S3Target
) -> AsyncIterator[Place]:
    """A small database with a repository of each kind."""
    async with open_place(settings, admin, tmp_path, open_objects(objects_place)) as opened:
        yield opened


async def verified(place: Place, backup_id: str) -> bool:
    async with opened_target(place.settings, scratch_name(place.settings)) as scratch:
        receipt = await verify_backup(scratch, await open_contents(place.store, backup_id, place.key), SYSTEM_CLOCK)
    return receipt.ok


async def taken(place: Place, admin: Mongo) -> Manifest:
    async with as_backup(admin, place.settings) as mongo:
        return await take(mongo, place.store, place.key, SYSTEM_CLOCK)


async def states(place: Place) -> list[tuple[str, State]]:
    """Newest first, of a listing with nothing odd in it."""
    listing = await list_backups(place.store, place.key)
    assert (listing.complete, listing.problems) == (True, ())
    return [(each.backup_id, each.state) for each in listing.backups]


async def test_copies_are_taken_listed_verified_and_pruned_and_what_is_left_comes_back(
    place: Place, admin: Mongo, objects_place: FolderTarget | S3Target
) -> None:
    await on_one_day()
    async with as_backup(admin, place.settings) as mongo:
        first, second, third = [(await take(mongo, place.store, place.key, SYSTEM_CLOCK)) for _ in range(3)]
    assert await newest_backup(place.store, place.key) == third.backup_id
    assert {state for _, state in await states(place)} == {State.COMPLETE}
    assert await verified(place, first.backup_id)
    assert await verified(place, second.backup_id)
    found = await check_backups(with_remote(place.settings, objects_place), SYSTEM_CLOCK, "remote")
    assert {
        each.name.removeprefix("backup.remote."): each.state for each in found.checks if each.state is not CheckState.OK
    }.keys() <= {"unfinished", "immutable", "verified"}

    clock = FixedClock(SYSTEM_CLOCK.now())
    pruning = Pruning(Repository("local", "here", place.store), place.key, POLICY, clock)
    plan = await pruning.plan()
    assert {each.backup_id: each.action for each in plan.verdict.decisions} == {
        third.backup_id: Action.KEEP,
        second.backup_id: Action.KEEP,
        first.backup_id: Action.TOMBSTONE,
    }
    await prune(pruning, plan)
    clock.advance(timedelta(days=4))
    assert [each.action for each in await prune(pruning, await pruning.plan())] == [Action.DELETE]
    assert [key for key in await keys(place.store) if first.backup_id in key] == []
    assert await states(place) == [(third.backup_id, State.COMPLETE), (second.backup_id, State.VERIFIED)]
    await place.restore(second)
    assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)
    assert await shapes_of(place.client, place.target) == await shapes_of(place.client, place.prefix)


async def test_what_was_spoiled_in_the_store_is_never_taken_for_a_good_copy(place: Place, admin: Mongo) -> None:
    manifest = await taken(place, admin)
    folder = f"backups/{manifest.backup_id}"
    chunk = f"{folder}/{next(each.chunks[0].name for each in manifest.collections if each.chunks)}"
    whole, listed = await content(place.store, chunk), manifest_key(manifest.backup_id)
    signed = await content(place.store, listed)

    async def refusal() -> str:
        with pytest.raises(DaraaError) as refused:
            async for _ in read_backup(await open_contents(place.store, manifest.backup_id, place.key)):
                pass
        return refused.value.code

    await place.store.put(chunk, whole[:-1] + bytes([whole[-1] ^ 1]))
    assert await refusal() == "backup.object.damaged"
    await place.store.put(chunk, whole[:-1])
    assert await states(place) == [(manifest.backup_id, State.DAMAGED)]
    await place.store.delete(chunk)
    assert await states(place) == [(manifest.backup_id, State.DAMAGED)]
    assert await refusal() == "backup.object.damaged"
    await place.store.put(chunk, whole)
    await place.store.put(f"{folder}/data/extra", whole)
    assert await states(place) == [(manifest.backup_id, State.DAMAGED)]
    await place.store.delete(f"{folder}/data/extra")
    await place.store.put(listed, signed.replace(b'"oplog"', b'"other"', 1))
    assert await refusal() in ("backup.manifest.tampered", "backup.manifest.unreadable")
    assert [each.state for each in (await list_backups(place.store, place.key)).backups] == [State.TAMPERED]
    await place.store.delete(listed)
    assert await states(place) == [(manifest.backup_id, State.PARTIAL)]
    await place.store.put(listed, signed)
    assert await verified(place, manifest.backup_id)


async def test_an_upload_that_a_killed_take_left_is_listed_and_goes_when_its_grace_is_over(
    place: Place, admin: Mongo, objects_place: FolderTarget | S3Target, kind: str
) -> None:
    manifest, late = await taken(place, admin), "backups/bkp_019b0000-0000-7000-8000-000000000000/data/a.b/0.zst.enc"
    slice_ = "oplog/data/000000000001/slc_1/0.zst.enc"
    begin_upload(objects_place, late)
    begin_upload(objects_place, slice_)
    now = SYSTEM_CLOCK.now()
    young = await see_leftovers(place.store, timedelta(days=3), now + timedelta(days=30))
    assert sorted(each.upload.key for each in young.each) == [late, slice_]
    if kind != "moto":  # it says of every upload that it was begun in 2010; the others' own clocks hold against ours
        assert young.going == ()
    # As if its grace had been over for long; the servers tell their time in whole seconds.
    old = await see_leftovers(place.store, timedelta(seconds=-2), now + timedelta(days=30))
    assert sorted(each.upload.key for each in old.going) == [late, slice_]
    assert len(await abort_leftovers(place.store, old.going)) == 2
    assert left_on(objects_place, late) + left_on(objects_place, slice_) == 0
    assert (await see_leftovers(place.store, timedelta(days=3), now)).each == ()
    assert await states(place) == [(manifest.backup_id, State.COMPLETE)]
