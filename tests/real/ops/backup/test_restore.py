"""A backup comes back equal, into a place of choice, and never over something that was not named."""

import asyncio
from datetime import timedelta

import pytest
from pymongo.errors import OperationFailure

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.restoration import Far, Phase, Restoration
from daraa.ops.backup.selection import select
from daraa.ops.backup.target import opened_target
from daraa.stores.mongo import Capabilities, Mongo, open_mongo
from daraa.stores.mongo.restore_journal import JOURNAL, SILENT_S, Journal, Mark
from daraa.stores.mongo.server_time import LONG_AGO
from factories.backup_place import Place
from factories.backups import DATABASES, RAW, contents_of, shapes_of

pytestmark = pytest.mark.anyio


async def test_everything_comes_back_equal(place: Place) -> None:
    before, shapes = await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)
    restored = await place.restore(await place.backup())
    assert await contents_of(place.client, place.target) == before
    assert await shapes_of(place.client, place.target) == shapes
    assert restored.documents == sum(documents for documents, _ in before.values())
    assert restored.left == ()


async def test_it_comes_back_to_its_own_name_after_the_database_was_destroyed(place: Place) -> None:
    before, manifest = await contents_of(place.client, place.prefix), await place.backup()
    for part in DATABASES:
        await place.client.drop_database(place.prefix + part)
    await place.restore(manifest, target=place.prefix)
    assert await contents_of(place.client, place.prefix) == before


async def test_the_rights_to_the_target_are_lent_and_taken_back(place: Place) -> None:
    manifest, own = await place.backup(), [f"{place.prefix}_restore"]
    held: list[list[str]] = []

    def tell(far: Far) -> None:
        held.append([far.phase])

    await place.restore(manifest, tell)
    assert [Phase.RESTORED] in held
    assert await place.held() == own
    opened = open_mongo(place.settings, "restore")
    try:
        with pytest.raises(OperationFailure, match="not authorized"):
            await opened.client[place.target].notes.insert_one({})
        await opened.client[f"{place.prefix}_scratch"].notes.insert_one({})
    finally:
        await opened.close()


async def test_the_restore_account_can_do_nothing_outside_its_scratch(place: Place) -> None:
    opened = open_mongo(place.settings, "restore")
    live = opened.client[place.prefix]
    tries = {
        "find": lambda: live.notes.find_one({}),
        "insert": lambda: live.notes.insert_one({"title": "x"}),
        "update": lambda: live.notes.update_one({}, {"$set": {"title": "y"}}),
        "delete": lambda: live.notes.delete_many({}),
        "drop": lambda: live.notes.drop(),
        "dropDatabase": lambda: opened.client.drop_database(place.prefix),
        "createIndexes": lambda: live.notes.create_index("x"),
        "create": lambda: live.create_collection("more"),
        "ledger": lambda: opened.client[f"{place.prefix}_ledger"].pages.insert_one({}),
        "oplog": lambda: opened.client["local"]["oplog.rs"].find_one({}),
        "users": lambda: opened.client.admin.command({"createUser": "x", "pwd": "y", "roles": []}),
    }
    before = await contents_of(place.client, place.prefix)
    try:
        for what, attempt in tries.items():
            with pytest.raises(OperationFailure, match="not authorized"):
                print(what, await attempt())
    finally:
        await opened.close()
    assert await contents_of(place.client, place.prefix) == before


async def test_a_non_empty_target_is_refused_and_left_as_it_was(place: Place) -> None:
    manifest = await place.backup()
    await place.client[f"{place.target}_ledger"].pages.insert_one({"_id": "mine"})
    for words in ({}, {"overwrite": "another"}):
        with pytest.raises(DaraaError) as refused:
            await place.restore(manifest, **words)
        assert refused.value.code == "backup.target.not_empty"
    assert list(await contents_of(place.client, place.target)) == ["_ledger.pages"]


async def test_a_target_that_is_named_again_is_replaced_and_strangers_in_it_are_told(place: Place) -> None:
    before, manifest = await contents_of(place.client, place.prefix), await place.backup()
    await place.client[f"{place.target}_ledger"].pages.insert_one({"_id": "mine"})
    await place.client[place.target].strange.insert_one({"_id": "mine"})
    restored = await place.restore(manifest, overwrite=place.target)
    assert restored.left == (f"{place.target}.strange",)
    there = await contents_of(place.client, place.target)
    assert there.pop(".strange")[0] == 1
    assert there == before


async def test_one_collection_comes_back_alone(place: Place) -> None:
    before = await contents_of(place.client, place.prefix)
    await place.restore(await place.backup(), collections=(f"{place.prefix}.notes",))
    assert await contents_of(place.client, place.target) == {".notes": before[".notes"]}


async def test_one_document_comes_back_into_the_living_collection(place: Place) -> None:
    manifest, notes = await place.backup(), place.client[place.prefix].notes
    whole, shapes = await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)
    await notes.update_one({"_id": "note_0007"}, {"$set": {"title": "spoilt"}})
    changed = await notes.find_one({"_id": "note_0008"})
    words = {"target": place.prefix, "collections": (f"{place.prefix}.notes",), "document_id": "note_0007"}
    with pytest.raises(DaraaError) as refused:
        await place.restore(manifest, **words)
    assert refused.value.code == "backup.target.not_empty"
    await place.restore(manifest, **words, overwrite=place.prefix)
    assert await contents_of(place.client, place.prefix) == whole
    assert await shapes_of(place.client, place.prefix) == shapes
    assert await notes.find_one({"_id": "note_0008"}) == changed


async def test_a_document_that_the_backup_does_not_have_is_an_error(place: Place) -> None:
    with pytest.raises(DaraaError) as refused:
        await place.restore(await place.backup(), collections=("notes",), document_id="note_9999")
    assert refused.value.code == "backup.document.unknown"
    assert await contents_of(place.client, place.target) == {}


async def test_a_living_document_that_the_backup_does_not_have_is_left_alone(place: Place) -> None:
    manifest, notes = await place.backup(), place.client[place.prefix].notes
    await notes.insert_one(mine := {**(await notes.find_one({"_id": "note_0007"})), "_id": "note_9999", "number": 9999})
    words = {"target": place.prefix, "overwrite": place.prefix, "collections": (f"{place.prefix}.notes",)}
    with pytest.raises(DaraaError) as refused:
        await place.restore(manifest, document_id="note_9999", **words)
    assert refused.value.code == "backup.document.unknown"
    assert await notes.find_one({"_id": "note_9999"}) == mine
    assert JOURNAL not in await place.client[place.prefix].list_collection_names()


async def test_a_damaged_backup_is_told_before_the_living_data_is_dropped(place: Place) -> None:
    manifest, before = await place.backup(), await contents_of(place.client, place.prefix)
    part = next(each.chunks[-1] for each in manifest.collections if each.chunks)
    await place.store.delete(f"backups/{manifest.backup_id}/{part.name}")
    with pytest.raises(DaraaError) as refused:
        await place.restore(manifest, target=place.prefix, overwrite=place.prefix)
    assert refused.value.code == "backup.object.damaged"
    assert await contents_of(place.client, place.prefix) == before


async def test_indexes_that_expire_documents_come_last(place: Place) -> None:
    """These tokens expired long ago: with the index there from the start they would vanish while they come in."""
    manifest = await place.backup()
    found: dict[Phase, tuple[set[str], int]] = {}
    async with opened_target(place.settings, place.target) as mongo:

        async def look(phase: Phase) -> None:
            tokens = place.client[place.target].tokens
            names = {each["name"] for each in await (await tokens.list_indexes()).to_list()}
            found[phase] = (names, await tokens.count_documents({}))

        contents = await place.contents(manifest)
        await Restoration(mongo, contents, select(manifest), SYSTEM_CLOCK, at=look).run()
    assert list(found) == list(Phase)
    assert found[Phase.EXPIRING] == ({"_id_"}, 9)
    assert found[Phase.RESTORED][0] == {"_id_", "ttl"}


async def test_unique_indexes_come_after_the_oplog_has_brought_all_to_one_moment(place: Place) -> None:
    """While it was copied a number went from one note to another, and both were copied with it."""
    notes = place.client[place.prefix].notes
    since = (await place.client.admin.command("ping"))["operationTime"]
    await notes.update_one({"_id": "note_0005"}, {"$set": {"number": 900}})
    await notes.update_one({"_id": "note_0006"}, {"$set": {"number": 5}})
    await notes.delete_one({"_id": "note_0007"})
    await place.client[f"{place.prefix}_ledger"].pages.insert_one({"_id": 1000, "lines": []})
    entries = place.client["local"].get_collection("oplog.rs", codec_options=RAW)
    rows = [each.raw async for each in entries.find({"ts": {"$gt": since}, "ns": {"$regex": f"^{place.prefix}"}})]
    after = await contents_of(place.client, place.prefix)
    await notes.drop_index("byNumber")
    await notes.update_one({"_id": "note_0005"}, {"$set": {"number": 5}})
    await notes.insert_one({"_id": "note_0007", "title": "gone", "number": 7})
    await place.client[place.prefix].command(
        "createIndexes", "notes", indexes=[{"name": "byNumber", "key": {"number": 1}, "sparse": True}]
    )
    manifest = await place.backup(oplog=[b"".join(rows[:1]), b"".join(rows[1:])], unique=("byNumber",))
    restored = await place.restore(manifest)
    assert restored.replayed == len(rows) == 4
    assert await contents_of(place.client, place.target) == after
    indexes = (await shapes_of(place.client, place.target))[".notes"][1]
    assert [each["unique"] for each in indexes if each["name"] == "byNumber"] == [True]


async def test_two_restores_never_share_a_target(place: Place) -> None:
    manifest, other = await place.backup(), await place.backup()
    dead = {"host": "another-machine", "pid": 1, "began": "1"}
    await place.client[place.target][JOURNAL].insert_one(
        {"_id": "restore", "task": select(manifest).task(manifest), "phase": "clearing", "owner": dead,
         "beatAt": SYSTEM_CLOCK.now()}
    )  # fmt: skip
    with pytest.raises(DaraaError) as busy:
        await place.restore(manifest)
    assert busy.value.code == "backup.target.busy"
    # The living one goes on with the rights that it was lent.
    assert any(place.target in role for role in await place.held())
    with pytest.raises(DaraaError) as unfinished:
        await place.restore(other)
    assert unfinished.value.code == "backup.target.unfinished"
    long_ago = SYSTEM_CLOCK.now() - timedelta(seconds=SILENT_S + 1)
    await place.client[place.target][JOURNAL].update_one({}, {"$set": {"beatAt": long_ago}})
    assert (await place.restore(manifest)).resumed
    assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)


async def test_a_restore_whose_target_was_taken_over_stops_and_leaves_the_others_journal_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongo = Mongo(place.client, place.settings.mongo.model_copy(update={"database": place.target}), Capabilities())
    journal, rows = Journal(mongo), place.client[place.target][JOURNAL]
    monkeypatch.setattr("daraa.stores.mongo.restore_journal.BEAT_S", 0.05)
    await journal.begin({}, "loading", LONG_AGO)
    beat = asyncio.create_task(journal.beat(SYSTEM_CLOCK))
    while (await rows.find_one({"_id": "restore"}))["beatAt"] == LONG_AGO:
        await asyncio.sleep(0.05)
    another = {"host": "another-machine", "pid": 1, "began": "1"}
    await rows.update_one({"_id": "restore"}, {"$set": {"owner": another, "beatAt": LONG_AGO}})
    for step in (
        journal.enter("replaying", SYSTEM_CLOCK.now()),
        journal.done("chunk", Mark(1, "0"), SYSTEM_CLOCK.now()),
        journal.replayed(3, SYSTEM_CLOCK.now()),
        journal.remove(),
    ):
        with pytest.raises(DaraaError) as lost:
            await step
        assert lost.value.code == "backup.target.lost"
    await asyncio.sleep(0.2)
    beat.cancel()
    assert await rows.find().to_list() == [
        {"_id": "restore", "task": {}, "phase": "loading", "owner": another, "beatAt": LONG_AGO}
    ]


@pytest.mark.parametrize("name", ["admin", "local", "Daraa", "", "a" * 32, "a-b"])
async def test_no_restore_goes_to_a_name_that_no_installation_may_have(place: Place, name: str) -> None:
    with pytest.raises(DaraaError) as refused:
        await place.restore(await place.backup(), target=name)
    assert refused.value.code == "backup.target.invalid"


async def test_no_restore_goes_to_the_ledger_of_the_living_database(place: Place) -> None:
    with pytest.raises(DaraaError, match="belongs to something else"):
        await place.restore(await place.backup(), target=f"{place.prefix}_ledger")


async def test_accounts_come_back_only_when_asked_for_and_only_to_their_own_name(place: Place) -> None:
    lost = {"role": f"{place.prefix}_readonly", "db": "admin", "roles": [], "privileges": [
        {"resource": {"db": place.prefix, "collection": "notes"}, "actions": ["find"]}
    ]}  # fmt: skip
    manifest = await place.backup(roles=[lost], users=[{"user": lost["role"], "db": "admin", "roles": []}])
    with pytest.raises(DaraaError) as refused:
        await place.restore(manifest, accounts=True)
    assert refused.value.code == "backup.accounts.elsewhere"
    words = {"target": place.prefix, "overwrite": place.prefix}
    await place.restore(manifest, **words)
    assert not (await place.client.admin.command({"usersInfo": lost["role"]}))["users"]
    await place.restore(manifest, **words, accounts=True)
    opened = open_mongo(place.settings, "readonly")
    try:
        assert await opened.client[place.prefix].notes.count_documents({}) == 121
        with pytest.raises(OperationFailure, match="not authorized"):
            await opened.client[place.prefix].tokens.find_one({})
    finally:
        await opened.close()
