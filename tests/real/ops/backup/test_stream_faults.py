"""What can go wrong with slices: each time a clear word, never a moment that looks restorable and is not."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest

from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import BackupSettings, Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import list_backups
from daraa.ops.backup.keys import derive_key
from daraa.ops.backup.slice_files import Slice
from daraa.ops.backup.slices import read_slice
from daraa.ops.backup.stream import stream_slice
from daraa.ops.backup.stream_start import newest_slice
from daraa.ops.backup.window_check import window_check
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.oplog_reading import Anchor, OplogTime, newest_entry, oldest_entry
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import UNAVAILABLE
from factories.backup_place import Place
from factories.streams import canaries, restore_to, rewrite, slice_of, windows_of
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio
STREAMED = BackupSettings(stream="local")


@pytest.fixture
async def mongo(place: Place, admin: Mongo, settings: Settings) -> AsyncIterator[Mongo]:
    await place.client[place.prefix].create_collection("canaries")
    async with as_backup(admin, settings) as opened:
        yield opened


async def write(place: Place, name: str) -> None:
    await place.client[place.prefix].canaries.insert_one({"_id": name})


async def five_slices(place: Place, mongo: Mongo) -> list[str]:
    """A backup, then a canary and a slice each; where the slices end."""
    await taken(mongo, place.store, place.key)
    ends = []
    for number in range(5):
        await write(place, f"{number}")
        ends.append((await slice_of(mongo, place)).until)
    return ends


async def findings(place: Place) -> tuple[str, ...]:
    return (await list_backups(place.store, place.key)).slices.findings


async def restorable(place: Place, ends: list[str]) -> list[bool]:
    """Which of these moments the listing says can be restored."""
    windows = await windows_of(place)
    return [any(each.base_for(OplogTime.parse(end)) for each in windows) for end in ends]


async def stored(store: ObjectStore, key: str) -> bytes:
    return b"".join([piece async for piece in store.get(key)])


async def newest_of(place: Place, number: int) -> Slice:
    return (await read_slice(place.store, place.key, number))[0]


async def object_of(place: Place, number: int) -> str:
    (key, *_) = [info.key async for info in place.store.list(f"{layout.SLICE_DATA}/{number:012d}")]
    return key


async def test_a_missing_slice_ends_the_window_before_it(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    await place.store.delete(layout.slice_key(2))
    assert await findings(place) == ("Slice 2 is missing.",)
    assert await restorable(place, ends) == [True, True, False, False, False]
    await restore_to(place, ends[1])
    assert await canaries(place) == ["0", "1"]
    listing = await list_backups(place.store, place.key)
    assert window_check("local", listing, STREAMED, SYSTEM_CLOCK.now()).state is CheckState.WARN
    # The stream itself is whole: with a backup from after the hole a window begins.
    await taken(mongo, place.store, place.key)
    await write(place, "after")
    end = (await slice_of(mongo, place)).until
    newest, before = await windows_of(place)
    assert newest.range.because == before.range.ended == "Slice 2 is missing."
    check = window_check("local", await list_backups(place.store, place.key), STREAMED, SYSTEM_CLOCK.now())
    assert (check.state, "gap: Slice 2 is missing." in check.evidence) == (CheckState.WARN, True)
    await restore_to(place, end, overwrite=place.target)
    assert await canaries(place) == ["0", "1", "2", "3", "4", "after"]


async def test_a_slice_without_its_object_or_with_a_cut_one_ends_the_window(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    key = await object_of(place, 3)
    content = await stored(place.store, key)
    await place.store.delete(key)
    assert await restorable(place, ends) == [True, True, True, False, False]
    assert "0.zst.enc is missing" in (await findings(place))[0]
    await place.store.put(key, content[:-1])
    assert await restorable(place, ends) == [True, True, True, False, False]
    await place.store.put(key, content)
    assert await restorable(place, ends) == [True] * 5


async def test_bytes_that_were_changed_or_swapped_are_refused_by_the_restore(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    one, other = await object_of(place, 1), await object_of(place, 2)
    good, foreign = await stored(place.store, one), await stored(place.store, other)
    await place.store.put(one, good[:40] + bytes([good[40] ^ 1]) + good[41:])
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, ends[4])
    assert refused.value.code == "backup.object.damaged"
    # Signed anew by somebody who has the key, the object of another slice still does not open here.
    await place.store.put(one, foreign)
    part = (await newest_of(place, 1)).parts[0]
    sha256, size = hashlib.sha256(foreign).hexdigest(), len(foreign)
    await rewrite(place.store, place.key, 1, parts=(part.model_copy(update={"sha256": sha256, "bytes_stored": size}),))
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, ends[1], overwrite=place.target)
    assert "another object's place" in refused.value.message
    assert await place.client[place.target].canaries.count_documents({"_id": "1"}) == 0


async def test_a_slice_file_that_was_changed_or_moved_is_not_believed(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    good, other = await stored(place.store, layout.slice_key(2)), await stored(place.store, layout.slice_key(3))
    changed = json.loads(good)
    changed["body"]["until"] = ends[4]
    for content in (json.dumps(changed).encode(), other, b"", b"{}", good[:-9], b"\xff" * 100):
        await place.store.put(layout.slice_key(2), content)
        listing = await list_backups(place.store, place.key)
        assert len(listing.problems) == 1, content[:40]
        assert await restorable(place, ends) == [True, True, False, False, False]
    # Signed with the key, but not what the next slice follows.
    await place.store.put(layout.slice_key(2), good)
    await rewrite(place.store, place.key, 2, tool_version="other")
    assert await restorable(place, ends) == [True, True, True, False, False]


async def test_a_slice_that_begins_a_new_range_is_not_reached_from_a_copy_before_it(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    await rewrite(place.store, place.key, 4, previous=None)
    assert await restorable(place, ends) == [True, True, True, True, False]
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, ends[4])
    assert refused.value.code == "backup.moment.not_covered"


async def test_a_wrong_key_neither_reads_nor_continues_the_slices(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    wrong = derive_key(b"w" * 32)
    with pytest.raises(DaraaError) as refused:
        await stream_slice(mongo, place.store, wrong, SYSTEM_CLOCK)
    assert refused.value.code == "backup.key.wrong"
    with pytest.raises(DaraaError) as refused:
        await newest_slice(place.store, wrong)
    assert refused.value.code == "backup.key.wrong"
    assert len((await list_backups(place.store, wrong)).slices.problems) == 5
    assert await restorable(place, ends) == [True] * 5


class Failing:
    """A store whose writing fails from the n-th on."""

    def __init__(self, store: ObjectStore, after: int) -> None:
        self._store, self._left = store, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def put(self, key: str, content: bytes, **words: bool) -> object:
        self._left -= 1
        if self._left < 0:
            raise DaraaError(UNAVAILABLE, "gone", hint="")
        return await self._store.put(key, content, **words)


async def test_a_store_that_is_lost_in_the_middle_leaves_the_chain_as_it_was(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    for number in range(2):
        await write(place, f"lost {number}")
        with pytest.raises(DaraaError) as failed:
            await stream_slice(mongo, Failing(place.store, number), place.key, SYSTEM_CLOCK)  # type: ignore[arg-type]
        assert failed.value.retryable
        assert (await newest_slice(place.store, place.key)).number == 4
    # Only the hint is lost: the slice counts, and the next one finds it.
    with pytest.raises(DaraaError):
        await stream_slice(mongo, Failing(place.store, 2), place.key, SYSTEM_CLOCK)  # type: ignore[arg-type]
    end = await slice_of(mongo, place)
    assert (end.number, end.previous is None) == (6, False)
    assert await restorable(place, [*ends, end.until]) == [True] * 6
    await restore_to(place, end.until)
    assert len(await canaries(place)) == 7


async def test_two_streams_at_once_write_one_chain(place: Place, mongo: Mongo) -> None:
    await taken(mongo, place.store, place.key)
    wrote = overtaken = 0
    for number in range(4):
        await write(place, f"{number}")
        both = (stream_slice(mongo, place.store, place.key, SYSTEM_CLOCK) for _ in range(2))
        made = await asyncio.gather(*both)
        wrote += sum(each is not None for each in made)
        overtaken += sum(each is None for each in made)
    assert overtaken > 0, "they never met: this shows nothing"
    listing = await list_backups(place.store, place.key)
    assert [each.number for each in listing.slices.slices] == list(range(wrote))
    (window,) = await windows_of(place)
    assert (window.range.first, window.range.last, await findings(place)) == (0, wrote - 1, ())
    await restore_to(place, str(window.until))
    assert await canaries(place) == ["0", "1", "2", "3"]


async def test_a_server_that_lets_two_make_the_same_slice_costs_one_of_them_its_turn(
    place: Place, mongo: Mongo
) -> None:
    await taken(mongo, place.store, place.key)
    await write(place, "0")
    await slice_of(mongo, place)

    class Careless(Failing):
        """Writes although it is there already, and lets another stream write over it before anybody looks."""

        async def put(self, key: str, content: bytes, **words: bool) -> object:
            done = await place.store.put(key, content)
            if key == layout.slice_key(1):
                await place.store.delete(key)
                await stream_slice(mongo, place.store, place.key, SYSTEM_CLOCK)
            return done

    careless = Careless(place.store, 99)
    assert await stream_slice(mongo, careless, place.key, SYSTEM_CLOCK) is None  # type: ignore[arg-type]
    await write(place, "1")
    end = (await slice_of(mongo, place)).until
    (window,) = await windows_of(place)
    assert (window.range.last, await findings(place)) == (2, ())
    await restore_to(place, end)
    assert await canaries(place) == ["0", "1"]


async def test_entries_that_the_oplog_dropped_end_the_range_and_a_new_one_begins(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    oldest = await oldest_entry(mongo)
    assert oldest
    # As if the last slice had been written long before the oldest entry that is left.
    long_ago = {"until": f"{oldest.seconds - 9}:1", "anchor_at": f"{oldest.seconds - 9}:1", "after": "1:1"}
    await rewrite(place.store, place.key, 4, **long_ago)
    await write(place, "after the gap")
    new = await slice_of(mongo, place)
    assert new.previous is None
    assert "reaches back to" in new.because
    assert await restorable(place, ends[:4]) == [True] * 4
    newest, *_ = await windows_of(place)
    assert newest.range.because in (new.because, "Slice 4 does not follow the slice before it.")


async def test_another_history_is_told_by_the_entry_that_is_not_in_it(place: Place, mongo: Mongo) -> None:
    ends = await five_slices(place, mongo)
    await rewrite(place.store, place.key, 4, anchor="0" * 64)
    await write(place, "elsewhere")
    new = await slice_of(mongo, place)
    assert new.previous is None
    assert "another one" in new.because
    assert new.after == new.until
    assert await restorable(place, [*ends, new.until]) == [True] * 5 + [False]
    # So is a server whose oplog is behind what was streamed.
    ahead = OplogTime.parse(new.until)
    await rewrite(place.store, place.key, 5, until=f"{ahead.seconds + 3600}:1")
    assert "another one" in (await slice_of(mongo, place)).because


async def test_an_oplog_that_loses_entries_while_it_is_read_writes_no_slice(
    place: Place, mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    await five_slices(place, mongo)
    seen: list[bool] = []

    async def only_once(mongo: Mongo, anchor: Anchor) -> bool:
        seen.append(True)
        return len(seen) < 2

    monkeypatch.setattr("daraa.ops.backup.stream_start.still_there", only_once)
    monkeypatch.setattr("daraa.ops.backup.stream.still_there", only_once)
    with pytest.raises(DaraaError) as refused:
        await stream_slice(mongo, place.store, place.key, SYSTEM_CLOCK)
    assert (refused.value.code, refused.value.retryable) == ("backup.stream.outrun", True)
    assert (await newest_slice(place.store, place.key)).number == 4


async def test_a_hint_that_is_wrong_does_not_mislead(place: Place, mongo: Mongo) -> None:
    await five_slices(place, mongo)
    for hint in (b"", b"[]", b'{"number": 1}', b'{"number": 99}', b'{"number": -5}', b'{"number": "x"}'):
        await place.store.put(layout.NEWEST_SLICE, hint)
        assert (await newest_slice(place.store, place.key)).number == 4, hint


async def test_a_stream_needs_no_right_to_delete(place: Place, mongo: Mongo) -> None:
    deleted: list[str] = []

    class Keeping(Failing):
        async def delete(self, key: str) -> None:
            deleted.append(key)
            raise AssertionError(key)

    for _ in range(2):
        assert await stream_slice(mongo, Keeping(place.store, 99), place.key, SYSTEM_CLOCK)  # type: ignore[arg-type]
    assert deleted == []


async def test_the_newest_entry_is_known_again_and_one_that_never_was_is_not(mongo: Mongo, place: Place) -> None:
    await write(place, "1")
    await asyncio.sleep(0.2)
    oldest = await oldest_entry(mongo)
    assert oldest
    assert await newest_entry(mongo, OplogTime(oldest.seconds - 1, 1)) is None
