"""The oplog stream and restores to a moment: canaries, transactions on borders, one document, schema changes, gaps."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.backup.target import scratch_name
from daraa.stores.mongo import Mongo
from factories.backup_place import Place
from factories.streams import canaries, canary, forget, restore_to, slice_of, windows_of
from factories.takes import as_backup, taken
from real.ops.backup.test_take_then_restore import EACH, PURSES, move_money, total

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mongo(place: Place, admin: Mongo, settings: Settings) -> AsyncIterator[Mongo]:
    """The account that takes backups and streams; there is a collection for canaries."""
    await place.client[place.prefix].create_collection("canaries")
    async with as_backup(admin, settings) as opened:
        yield opened


async def test_between_two_canaries_exactly_the_earlier_ones_are_there(place: Place, mongo: Mongo) -> None:
    await canary(place, "0 before the backup")
    await taken(mongo, place.store, place.key)
    seconds = []
    for number in range(1, 6):
        seconds.append(await canary(place, f"{number}"))
        if number != 2:
            await slice_of(mongo, place)
    await canary(place, "last")
    await slice_of(mongo, place)
    for number, second in enumerate(seconds, start=1):
        restored = await restore_to(place, second)
        assert await canaries(place) == ["0 before the backup", *(f"{n}" for n in range(1, number + 1))], second
        assert restored.replayed >= number
        await forget(place)


async def test_a_transaction_on_the_border_of_slices_is_whole_or_absent(place: Place, mongo: Mongo) -> None:
    for part in ("", "_ledger"):
        purses = [{"_id": n, "sum": EACH} for n in range(PURSES)]
        await place.client[place.prefix + part].purses.insert_many(purses)
    over = asyncio.Event()
    moving = asyncio.gather(*(move_money(place.client, place.prefix, over, seed) for seed in range(3)))
    await taken(mongo, place.store, place.key)
    borders = [(await slice_of(mongo, place)) for _ in range(4)]
    over.set()
    assert sum(await moving) > 20
    await slice_of(mongo, place)
    middle = borders[2].ends_at.seconds
    between = f"{borders[1].ends_at.seconds}:{borders[1].ends_at.increment // 2 + 1}"
    moments = [*(each.until for each in borders[1:]), f"{datetime.fromtimestamp(middle - 1, UTC):%FT%TZ}", between]
    sums, purses_of = set(), place.client[place.target].purses
    (window,) = await windows_of(place)
    for moment in moments:
        if ":" in moment and "T" not in moment and window.since > borders[1].ends_at:
            continue
        await restore_to(place, moment)
        assert await total(place.client, place.target) == 2 * PURSES * EACH, moment
        sums.add(sum([row["sum"] async for row in purses_of.find()]))
        await forget(place)
    assert len(sums) > 1, "the moments did not differ: this shows nothing"


async def test_one_document_comes_back_as_it_was_at_a_moment(place: Place, mongo: Mongo) -> None:
    notes = place.client[place.prefix].notes
    await taken(mongo, place.store, place.key)
    await notes.update_one({"_id": "note_0001"}, {"$set": {"title": "good"}})
    await slice_of(mongo, place)
    good = await canary(place, "1")
    await asyncio.sleep(1)
    await notes.update_one({"_id": "note_0001"}, {"$set": {"title": "spoilt"}})
    await notes.update_one({"_id": "note_0002"}, {"$set": {"title": "wanted"}})
    await asyncio.sleep(1.1)
    await canary(place, "2")
    await slice_of(mongo, place)
    words: dict[str, Any] = {
        "target": place.prefix,
        "overwrite": place.prefix,
        "collections": (f"{place.prefix}.notes",),
    }
    await restore_to(place, good, document_id="note_0001", **words)
    assert (await notes.find_one({"_id": "note_0001"}))["title"] == "good"
    assert (await notes.find_one({"_id": "note_0002"}))["title"] == "wanted"
    await restore_to(place, good, collections=(f"{place.prefix}.canaries",))
    assert await canaries(place) == ["1"]
    assert await place.client[place.target].list_collection_names() == ["canaries"]


async def test_a_document_that_was_gone_at_the_moment_is_not_taken_from_those_who_made_it_again(
    place: Place, mongo: Mongo
) -> None:
    notes = place.client[place.prefix].notes
    await taken(mongo, place.store, place.key)
    await notes.delete_one({"_id": "note_0001"})
    gone = await canary(place, "1")
    await notes.insert_one(mine := {"_id": "note_0001", "title": "made again", "number": 77_777})
    await canary(place, "2")
    await slice_of(mongo, place)
    words: dict[str, Any] = {"target": place.prefix, "overwrite": place.prefix, "document_id": "note_0001"}
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, gone, collections=(f"{place.prefix}.notes",), **words)
    assert refused.value.code == "backup.document.unknown"
    assert await notes.find_one({"_id": "note_0001"}) == mine
    await slice_of(mongo, place)
    (window,) = await windows_of(place)
    assert window.range.ended == "", "a restore of a document is no change of the schema"


async def test_a_moment_outside_the_windows_is_refused_and_they_are_named(place: Place, mongo: Mongo) -> None:
    for moment in ("2026-11-28T12:00:05Z", "5:1"):
        with pytest.raises(DaraaError) as refused:
            await restore_to(place, moment)
        assert refused.value.code == "backup.moment.not_covered"
        assert "no window" in refused.value.message
    backup = await taken(mongo, place.store, place.key)
    await canary(place, "1")
    last = await slice_of(mongo, place)
    (window,) = await windows_of(place)
    assert str(window.since) == backup.oplog_to
    assert str(window.until) == last.until
    for seconds in (window.since.seconds - 1, window.until.seconds, window.until.seconds + 60):
        moment = f"{datetime.fromtimestamp(seconds, UTC):%FT%TZ}"
        with pytest.raises(DaraaError) as refused:
            await restore_to(place, moment)
        assert moment in refused.value.message
        assert f"{datetime.fromtimestamp(window.until.seconds - 1, UTC):%FT%TZ}" in refused.value.message
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, last.until, backup_id="bkp_of_another")
    assert refused.value.code == "backup.moment.not_covered"
    assert await place.client[place.target].list_collection_names() == []


async def test_the_range_begins_at_the_newest_backup_that_the_oplog_still_reaches(place: Place, mongo: Mongo) -> None:
    backup = await taken(mongo, place.store, place.key)
    await place.client[place.prefix].canaries.insert_one({"_id": "between"})
    first = await slice_of(mongo, place)
    assert first.after == backup.oplog_to
    assert first.entries >= 1
    second = await slice_of(mongo, place)
    assert (second.after, second.number, second.because) == (first.until, 1, "")


async def test_a_schema_change_ends_a_window_and_the_next_backup_begins_one(place: Place, mongo: Mongo) -> None:
    await taken(mongo, place.store, place.key)
    await canary(place, "1")
    await place.client[place.prefix].canaries.create_index("when", name="byWhen")
    after = await canary(place, "2")
    changed = await slice_of(mongo, place)
    assert changed.schema_what == ("createIndexes canaries",)
    (window,) = await windows_of(place)
    assert "createIndexes canaries" in window.range.ended
    with pytest.raises(DaraaError) as refused:
        await restore_to(place, after)
    assert refused.value.code == "backup.moment.not_covered"
    await restore_to(place, str(window.until))
    assert await canaries(place) == ["1"]
    await forget(place)
    await taken(mongo, place.store, place.key)
    third = await canary(place, "3")
    await canary(place, "4")
    await slice_of(mongo, place)
    newest, before = await windows_of(place)
    assert before == window
    await restore_to(place, third)
    assert await canaries(place) == ["1", "2", "3"]
    assert "byWhen" in await place.client[place.target].canaries.index_information()
    assert newest.range.first == changed.number
    assert place.target != scratch_name(place.settings)


async def test_a_slice_that_grows_too_large_ends_early_and_the_next_goes_on(place: Place, mongo: Mongo) -> None:
    await taken(mongo, place.store, place.key)
    for number in range(2):
        rows = [{"_id": f"{number}/{n}", "filled": f"{n}" * 2_000_000} for n in range(5)]
        await place.client[place.prefix].canaries.insert_many(rows)
    slices = []
    while not slices or len(slices[-1].parts) >= 1:
        slices.append(await slice_of(mongo, place, most_chunks=1))
    assert len(slices) > 2
    assert [len(each.parts) for each in slices[:-1]] == [1] * (len(slices) - 1)
    await restore_to(place, slices[-1].until)
    assert len(await canaries(place)) == 10
