"""The listing tells a copy that can be believed from everything that only looks like one."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daraa import __version__
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import BackupState, Listing, State, list_backups, newest_backup
from daraa.ops.backup.keys import derive_key
from daraa.ops.backup.manifest import Manifest, Tombstone
from daraa.stores.objects import FolderObjects, FolderTarget, ObjectInfo, ObjectStore, open_objects
from factories.made_backups import (
    KEY,
    Failing,
    content,
    keys,
    put_backup,
    put_mark,
    put_partial,
    put_receipt,
    put_signed,
)

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return SYSTEM_CLOCK.now()


@pytest.fixture
async def store(tmp_path: Path, now: datetime) -> AsyncIterator[ObjectStore]:
    """A repository that was used before and holds nothing yet."""
    opened = open_objects(FolderTarget(tmp_path / "repository"))
    await put_mark(opened, now)
    yield opened
    await opened.close()


async def only(store: ObjectStore) -> BackupState:
    listing = await list_backups(store, KEY)
    assert listing.complete
    [found] = listing.backups
    return found


async def spoil(store: ObjectStore, key: str, *, drop: int = 0, flip: int | None = None) -> None:
    whole = bytearray(await content(store, key))
    if flip is not None:
        whole[flip] ^= 1
    await store.put(key, bytes(whole[: len(whole) - drop]))


async def chunk_keys(store: ObjectStore) -> list[str]:
    return [key for key in await keys(store) if "/data/" in key]


async def test_a_copy_is_verified_only_by_a_receipt_for_this_very_manifest(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now - DAY, verified=False)
    assert (await only(store)).state is State.COMPLETE
    await put_receipt(store, manifest, now - DAY, sha256="0" * 64)
    assert (await only(store)).state is State.COMPLETE
    await put_receipt(store, manifest, now)
    assert (await only(store)).state is State.VERIFIED


@pytest.mark.parametrize("key", ["backups", "backups/x", "backups/x/y", "receipts"])
async def test_a_key_of_somebody_else_spoils_nothing(tmp_path: Path, now: datetime, key: str) -> None:
    class Littered(FolderObjects):
        async def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
            if key.startswith(prefix):
                yield ObjectInfo(key, 0, now)
            async for info in super().list(prefix, start_after):
                yield info

    littered = Littered(FolderTarget(tmp_path / "repository"))
    await put_mark(littered, now)
    await put_backup(littered, now - DAY)
    listing = await list_backups(littered, KEY)
    assert (listing.complete, [each.state for each in listing.backups]) == (True, [State.VERIFIED])
    assert any(key in problem for problem in listing.problems)


async def test_the_newest_receipt_counts_whatever_the_others_said(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now - 3 * DAY, verified=False)
    await put_receipt(store, manifest, now - DAY, ok=False)
    await put_receipt(store, manifest, now - 2 * DAY)
    assert (await only(store)).state is State.FAILED
    await put_receipt(store, manifest, now)
    assert (await only(store)).state is State.VERIFIED


async def test_the_listing_says_what_the_manifest_and_the_store_say(store: ObjectStore, now: datetime) -> None:
    older, newer = await put_backup(store, now - DAY, size=3000, seconds=7), await put_backup(store, now)
    listing = await list_backups(store, KEY)
    assert [each.backup_id for each in listing.backups] == [newer.backup_id, older.backup_id]
    facts = listing.backups[1].facts
    assert facts is not None
    assert (facts.seconds, facts.documents, facts.bytes_plain, facts.finished_at) == (7.0, 3, 3000, now - DAY)
    stored = [info.size async for info in store.list(layout.backup_folder(older.backup_id))]
    assert (listing.backups[1].objects, listing.backups[1].bytes_stored) == (len(stored), sum(stored))
    assert (listing.problems, listing.strays) == ((), ())


async def test_an_object_that_is_missing_makes_a_copy_damaged_and_is_named(store: ObjectStore, now: datetime) -> None:
    await put_backup(store, now)
    victim = (await chunk_keys(store))[1]
    await store.delete(victim)
    found = await only(store)
    assert found.state is State.DAMAGED
    assert found.findings == (f"{victim.split('/', 2)[2]} is missing.",)


async def test_an_object_that_was_cut_off_or_does_not_belong_is_named(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now)
    victim = (await chunk_keys(store))[0]
    await spoil(store, victim, drop=1)
    await store.put(f"{layout.backup_folder(manifest.backup_id)}/data/more", b"x")
    found = await only(store)
    assert found.state is State.DAMAGED
    assert [each.split()[1] for each in found.findings] == ["has", "does"]


async def test_no_changed_byte_of_a_manifest_goes_unnoticed(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now)
    key = layout.manifest_key(manifest.backup_id)
    whole = await content(store, key)
    for place in range(0, len(whole), 37):
        await spoil(store, key, flip=place)
        listing = await list_backups(store, KEY)
        assert listing.backups[0].state in (State.TAMPERED, State.UNREADABLE, State.OTHER_KEY), whole[place : place + 9]
        assert listing.problems
        await store.put(key, whole)
    assert (await only(store)).state is State.VERIFIED


async def test_a_cut_off_manifest_is_unreadable_and_one_of_another_key_is_named(
    store: ObjectStore, now: datetime
) -> None:
    manifest = await put_backup(store, now)
    await spoil(store, layout.manifest_key(manifest.backup_id), drop=5)
    assert (await only(store)).state is State.UNREADABLE
    other = derive_key(b"\1" * 32)
    await put_backup(store, now, key=other, verified=False)
    listing = await list_backups(store, KEY)
    assert listing.backups[0].state is State.OTHER_KEY
    assert other.id in listing.problems[0]


async def test_a_manifest_in_the_place_of_another_copy_is_tampering(store: ObjectStore, now: datetime) -> None:
    older, newer = await put_backup(store, now - DAY), await put_backup(store, now)
    await store.put(layout.manifest_key(newer.backup_id), await content(store, layout.manifest_key(older.backup_id)))
    listing = await list_backups(store, KEY)
    assert {each.backup_id: each.state for each in listing.backups}[newer.backup_id] is State.TAMPERED


async def test_a_receipt_cannot_stand_in_the_place_of_a_manifest_or_of_another_receipt(
    store: ObjectStore, now: datetime
) -> None:
    older, newer = await put_backup(store, now - DAY), await put_backup(store, now, verified=False)
    [receipt] = [key for key in await keys(store) if key.startswith(layout.RECEIPTS)]
    await store.put(layout.receipt_key(newer.backup_id, "rct_stolen"), await content(store, receipt))
    await store.put(layout.manifest_key(older.backup_id), await content(store, receipt))
    listing = await list_backups(store, KEY)
    states = {each.backup_id: each.state for each in listing.backups}
    assert states == {newer.backup_id: State.COMPLETE, older.backup_id: State.TAMPERED}


async def test_objects_without_a_manifest_are_a_partial_copy_and_are_listed(store: ObjectStore, now: datetime) -> None:
    backup_id = await put_partial(store, now - DAY)
    listing = await list_backups(store, KEY)
    assert [(each.backup_id, each.state) for each in listing.strays] == [(backup_id, State.PARTIAL)]
    assert now - listing.strays[0].at < DAY / 2, "its age is that of its newest object, not that in its name"


@pytest.mark.parametrize(
    "key", ["backups/notes.txt", "backups/bkp_1/manifest.json", "receipts/notes.txt", "tombstones/notes.json"]
)
async def test_what_nobody_here_writes_is_a_problem(store: ObjectStore, key: str) -> None:
    await store.put(key, b"?")
    listing = await list_backups(store, KEY)
    assert listing.complete
    assert key in listing.problems[0]


async def test_backups_without_the_repositorys_own_file_are_a_problem(store: ObjectStore, now: datetime) -> None:
    await put_backup(store, now)
    await store.delete(layout.MARK)
    assert layout.MARK in (await list_backups(store, KEY)).problems[0]


async def test_a_receipt_whose_copy_is_not_listed_is_a_problem(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now)
    for key in await keys(store):
        if key.startswith(layout.BACKUPS):
            await store.delete(key)
    assert manifest.backup_id in (await list_backups(store, KEY)).problems[0]


async def test_copies_of_two_installations_in_one_repository_are_a_problem(store: ObjectStore, now: datetime) -> None:
    await put_backup(store, now - DAY)
    await put_backup(store, now, prefix="other")
    assert "daraa, other" in (await list_backups(store, KEY)).problems[0]


async def test_a_forged_tombstone_announces_nothing(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now)
    forged = Tombstone(
        backup_id=manifest.backup_id, manifest_sha256=None, at=now - 9 * DAY, reason="-", tool_version=__version__
    )
    await put_signed(store, layout.tombstone_key(manifest.backup_id), forged, derive_key(b"\2" * 32))
    listing = await list_backups(store, KEY)
    assert listing.backups[0].tombstone is None
    assert listing.problems


async def test_an_old_date_on_a_tombstone_does_not_shorten_its_grace(store: ObjectStore, now: datetime) -> None:
    manifest = await put_backup(store, now)
    early = Tombstone(
        backup_id=manifest.backup_id, manifest_sha256=None, at=now - 9 * DAY, reason="-", tool_version=__version__
    )
    await put_signed(store, layout.tombstone_key(manifest.backup_id), early)
    buried_at = (await only(store)).buried_at
    assert buried_at is not None
    assert buried_at >= now - timedelta(seconds=5)


async def test_a_store_that_fails_anywhere_makes_the_listing_incomplete(store: ObjectStore, now: datetime) -> None:
    for number in range(3):
        await put_backup(store, now - number * DAY)
    whole: Listing = await list_backups(store, KEY)
    everything = len([key for key in await keys(store) if key != layout.MARK])
    for listed in range(everything):
        partly = await list_backups(Failing(store, listed=listed), KEY)
        assert not partly.complete
        assert "went away" in partly.why
        assert len(partly.backups) < len(whole.backups)
    assert await list_backups(Failing(store, listed=everything), KEY) == whole


async def test_the_newest_copy_is_found_by_a_whole_listing_only(store: ObjectStore, now: datetime) -> None:
    with pytest.raises(DaraaError) as error:
        await newest_backup(store, KEY)
    assert error.value.code == "backup.copy.unknown"
    await put_backup(store, now - DAY)
    newer: Manifest = await put_backup(store, now, verified=False)
    assert await newest_backup(store, KEY) == newer.backup_id
    with pytest.raises(DaraaError) as error:
        await newest_backup(Failing(store, listed=4), KEY)
    assert error.value.code == "backup.listing.incomplete"


async def test_for_a_restore_no_copy_that_is_known_to_be_bad_is_the_newest(store: ObjectStore, now: datetime) -> None:
    await put_backup(store, now - DAY)
    newer = await put_backup(store, now)
    assert await newest_backup(store, KEY, sound=True) == newer.backup_id
    chunk = next(key for key in await keys(store) if newer.backup_id in key and "/data/" in key)
    await store.delete(chunk)
    assert await newest_backup(store, KEY) == newer.backup_id
    with pytest.raises(DaraaError) as error:
        await newest_backup(store, KEY, sound=True)
    assert error.value.code == "backup.copy.unclear"
    assert f"{newer.backup_id} is damaged" in error.value.message


async def test_a_newer_copy_that_cannot_be_believed_is_not_passed_over_in_silence(
    store: ObjectStore, now: datetime
) -> None:
    await put_backup(store, now - DAY)
    newer = await put_backup(store, now)
    key = layout.manifest_key(newer.backup_id)
    body = json.loads(await content(store, key))
    body["body"]["prefix"] = "daraz"
    await store.put(key, json.dumps(body).encode())
    with pytest.raises(DaraaError) as error:
        await newest_backup(store, KEY)
    assert error.value.code == "backup.copy.unclear"
