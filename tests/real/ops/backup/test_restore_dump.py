"""Dumps come back: our own in every form, and those of others; test_bad_dumps.py has what does not come at all."""

from pathlib import Path
from typing import Any

import bson
import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.restoration import Far
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from daraa.stores.mongo import Capabilities, Mongo
from factories.backup_place import Place
from factories.backups import RAW, contents_of, shapes_of
from factories.dump_restores import refused, restore, shop
from factories.dumps import ID_INDEX, Handmade
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio
FORMS = [(False, False), (False, True), (True, False), (True, True)]


@pytest.mark.parametrize(("as_archive", "packed"), FORMS)
async def test_an_export_comes_back_equal(place: Place, tmp_path: Path, as_archive: bool, packed: bool) -> None:
    await place.client[place.prefix]["odd/name %24 ملاحظات"].insert_one({"_id": 1})
    await place.client[place.prefix]["n" * 120 + "ح" * 25].insert_one({"_id": 1})
    before, shapes = await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)
    contents = await place.contents(await place.backup())
    await export_backup(contents, tmp_path / "dump", as_archive=as_archive, gzip=packed)
    seen: list[Far] = []
    restored = await restore(place, tmp_path / "dump", seen.append)
    assert await contents_of(place.client, place.target) == before
    assert await shapes_of(place.client, place.target) == shapes
    assert restored.documents == sum(documents for documents, _ in before.values())
    assert restored.left == ()
    assert {far.phase.value for far in seen} >= {"reading", "loading", "expiring", "restored"}


@pytest.mark.parametrize("as_archive", [False, True])
async def test_the_oplog_of_an_export_brings_all_collections_to_one_moment(
    place: Place, tmp_path: Path, as_archive: bool
) -> None:
    notes, ledger = place.client[place.prefix].notes, place.client[f"{place.prefix}_ledger"].pages
    since = (await place.client.admin.command("ping"))["operationTime"]
    stranger = place.client[f"{place.prefix}other"].things
    manifest_before = await contents_of(place.client, place.prefix)
    copy = await place.backup()
    await notes.update_one({"_id": "note_0005"}, {"$set": {"number": 900, "place.kind": "x"}, "$unset": {"share": 1}})
    await notes.update_one({"_id": "note_0006"}, {"$set": {"number": 5}})
    await ledger.update_one({"_id": 7}, {"$set": {"lines.3": -1}})
    await ledger.update_one({"_id": 8}, {"$push": {"lines": {"$each": [], "$slice": 2}}})
    await notes.replace_one({"_id": "note_0008"}, {"title": "whole"})
    async with place.client.start_session() as session, await session.start_transaction():
        await notes.insert_one({"_id": "in_one", "title": "t"}, session=session)
        await stranger.insert_one({"_id": "theirs"}, session=session)
        await ledger.delete_one({"_id": 9}, session=session)
    entries = place.client["local"].get_collection("oplog.rs", codec_options=RAW)
    ours = {"$regex": f"^({place.prefix}|{place.prefix}_ledger)\\.|^admin\\.\\$cmd$"}
    rows = [each.raw async for each in entries.find({"ts": {"$gt": since}, "ns": ours})]
    after = await contents_of(place.client, place.prefix)
    await place.client.drop_database(f"{place.prefix}other")
    assert after != manifest_before
    for name, collection in (("notes", notes), ("pages", ledger)):
        # The backup holds what was there before.
        await collection.drop()
        await place.restore(copy, target=place.prefix, overwrite=place.prefix, collections=(name,))
    manifest = await place.backup(oplog=[b"".join(rows[:2]), b"".join(rows[2:])])
    done = await export_backup(await place.contents(manifest), tmp_path / "dump", as_archive=as_archive)
    assert done.entries >= 7
    if not as_archive:
        plain = bson.decode_all((tmp_path / "dump" / "oplog.bson").read_bytes())
        assert {each["ns"].partition(".")[0] for each in plain} == {place.prefix, f"{place.prefix}_ledger"}
        assert {each["op"] for each in plain} <= {"i", "u", "d"}
        assert all("ts" in each and "o" in each for each in plain)
        updates = [each["o"] for each in plain if each["op"] == "u"]
        assert all("_id" in each or each["$v"] == 2 for each in updates), "the only spellings a new server takes"
        assert not any("updatedFields" in each.get("diff", {}) for each in updates)
    restored = await restore(place, tmp_path / "dump")
    assert restored.replayed == done.entries
    assert await contents_of(place.client, place.target) == after


@pytest.mark.parametrize("as_archive", [False, True])
async def test_a_view_goes_out_and_comes_back(place: Place, tmp_path: Path, as_archive: bool) -> None:
    view = {"create": "seen", "viewOn": "notes", "pipeline": [{"$match": {"open": True}}]}
    await place.client[place.prefix].command(view)
    admin = Mongo(place.client, place.settings.mongo, Capabilities())
    async with as_backup(admin, place.settings) as mongo:
        manifest = await taken(mongo, place.store, place.key)
    done = await export_backup(await place.contents(manifest), tmp_path / "dump", as_archive=as_archive)
    assert done.views == 1
    if not as_archive:
        names = {each.name for each in (tmp_path / "dump" / place.prefix).glob("seen*")}
        assert names == {"seen.metadata.json"}
    await restore(place, tmp_path / "dump")
    assert await place.client[place.target].seen.count_documents({}) == 80
    found = await (await place.client[place.target].list_collections(filter={"name": "seen"})).to_list()
    assert (found[0]["type"], found[0]["options"]["viewOn"]) == ("view", "notes")


async def test_one_document_of_a_dump_is_put_back(place: Place, tmp_path: Path) -> None:
    made = Handmade().add("shop", "goods", [{"_id": f"g{n}", "name": "was"} for n in range(9)])
    goods = place.client[place.target].goods
    await goods.insert_many([{"_id": f"g{n}", "name": "is"} for n in range(9)])
    words = {"collections": ("goods",), "document_id": "g4", "overwrite": place.target}
    await restore(place, made.archive(tmp_path / "dump"), **words)
    assert [row["name"] for row in await goods.find().sort("_id").to_list()] == ["is"] * 4 + ["was"] + ["is"] * 4


async def test_one_collection_of_a_dump_comes_back_alone(place: Place, tmp_path: Path) -> None:
    path = shop().archive(tmp_path / "dump")
    await restore(place, path, collections=("shop.goods",))
    assert list(await contents_of(place.client, place.target)) == [".goods"]
    with pytest.raises(DaraaError) as unknown:
        await restore(place, path, collections=("nothing",), overwrite=place.target)
    assert unknown.value.code == "backup.collection.unknown"


@pytest.mark.parametrize("form", ["folder", "packed", "archive", "turns", "database"])
async def test_a_dump_that_others_made_is_restored(place: Place, tmp_path: Path, form: str) -> None:
    made = Handmade()
    unique = {"v": 2, "key": {"b": 1, "a": -1}, "name": "b_1_a_-1", "unique": True, "background": True}
    expiring = {"v": 2, "key": {"at": 1}, "name": "at_1", "expireAfterSeconds": bson.Int64(60), "ns": "shop.goods"}
    rule = {"validator": {"$jsonSchema": {"required": ["a"]}}, "validationLevel": "moderate"}
    rows = [{"_id": n, "a": n, "b": n % 7, "words": "x" * 50} for n in range(400)]
    made.add("shop", "goods", rows, options=rule, indexes=[ID_INDEX, unique, expiring])
    made.add("shop", "other", [{"_id": bson.ObjectId()} for _ in range(30)], indexes=[ID_INDEX])
    made.add("shop", "seen", [], options={"viewOn": "goods", "pipeline": [{"$match": {"b": 1}}]}, kind="view")
    made.add("shop", "system.views", [{"_id": "shop.seen", "viewOn": "goods", "pipeline": []}])
    if form == "folder":
        path = made.folder(tmp_path / "dump")
        (path / "shop" / "seen.bson").unlink()
        (path / "shop" / "prelude.json").write_text("{}")
    elif form == "packed":
        path = made.folder(tmp_path / "dump", packed=True)
    elif form == "database":
        path = made.folder(tmp_path / "dump") / "shop"
    else:
        path = made.archive(tmp_path / "dump", turns=7 if form == "turns" else 1)
    _, left_out = await restore_dump(place.settings, path, Wish(place.target), SYSTEM_CLOCK)
    assert left_out == ("shop.system.views: it is the server's own",)
    base = place.client[place.target]
    assert await base.goods.find().sort("_id").to_list() == rows
    assert await base.other.count_documents({}) == 30
    assert await base.seen.count_documents({}) == 57
    found = {each["name"]: each async for each in await base.goods.list_indexes()}
    assert found["b_1_a_-1"]["unique"]
    assert list(found["b_1_a_-1"]["key"]) == ["b", "a"]
    assert found["at_1"]["expireAfterSeconds"] == 60
    listed = await (await base.list_collections(filter={"name": "goods"})).to_list()
    assert listed[0]["options"]["validator"] == rule["validator"]


@pytest.mark.parametrize("as_archive", [False, True])
async def test_a_dump_of_a_whole_server_gives_what_is_asked_for_and_says_what_it_left_out(
    place: Place, tmp_path: Path, as_archive: bool
) -> None:
    made = shop().add("shop_ledger", "pages", [{"_id": 1}]).add("else", "things", [{"_id": 1}])
    made.add("admin", "system.users", [{"_id": "admin.root"}]).add("shop", "$admin.system.users", [{"_id": "x"}])
    at = bson.Timestamp(1795904000, 1)
    entries: list[dict[str, Any]] = [
        {"ts": at, "op": "n", "ns": "", "o": {"msg": "periodic noop"}, "v": 2},
        {"ts": at, "op": "i", "ns": "else.things", "o": {"_id": 2}, "v": 2},
        {"ts": at, "op": "u", "ns": "shop.goods", "o": {"$v": 2, "diff": {"u": {"name": "new"}}}, "o2": {"_id": 3}},
        {"ts": at, "op": "c", "ns": "config.$cmd", "o": {"collMod": "x"}, "v": 2},
    ]
    path = made.archive(tmp_path / "dump", entries) if as_archive else made.folder(tmp_path / "dump", entries)
    unclear = await refused(place, path)
    assert (unclear.code, "else, shop, shop_ledger" in unclear.message) == ("backup.dump.unclear", True)
    restored, left_out = await restore_dump(place.settings, path, Wish(place.target), SYSTEM_CLOCK, prefix="shop")
    assert restored.replayed == 1
    assert list(await contents_of(place.client, place.target)) == [".goods", ".none", "_ledger.pages"]
    assert (await place.client[place.target].goods.find_one({"_id": 3}))["name"] == "new"
    assert {each.partition(":")[0] for each in left_out} == {
        "admin.system.users", "else.things", "shop.$admin.system.users",
    }  # fmt: skip


async def test_a_target_that_is_not_empty_must_be_named(place: Place, tmp_path: Path) -> None:
    path = shop().archive(tmp_path / "dump")
    await place.client[place.target].goods.insert_one({"_id": "mine"})
    with pytest.raises(DaraaError) as taken:
        await restore(place, path)
    assert taken.value.code == "backup.target.not_empty"
    assert await place.client[place.target].goods.count_documents({}) == 1
    await restore(place, path, overwrite=place.target)
    assert await place.client[place.target].goods.count_documents({}) == 5
