"""A take on a real server: everything is in it, it is consistent, and the account that takes it can change nothing."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, loads

from daraa.collections import ALL
from daraa.declare.collection import Database
from daraa.derive.roles import roles
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.contents import Contents, open_contents
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.take_events import TakeEvent, TakeStep
from daraa.ops.backup.take_lock import only_take, running_take
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.oplog_apply import Replay
from daraa.stores.objects import open_objects
from factories.backups import contents_of, make_small_database, shapes_of
from factories.takes import KEY, as_backup, folder, manifests, taken
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio


async def read_all(contents: Contents) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {f"{each.database}.{each.collection}": [] for each in contents.manifest.collections}
    async for part, plain in read_backup(contents):
        found[f"{part.database}.{part.collection}"].append(plain)
    return found


@pytest.mark.portable
async def test_every_document_of_every_database_is_in_it_as_plain_pymongo_sees_them(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    prefix = settings.mongo.database
    await make_small_database(admin.client, prefix)
    await admin.client[prefix]["odd name, ä"].insert_one({"_id": 1})
    expected = await contents_of(admin.client, prefix)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        manifest = await taken(mongo, store)
    recorded = {
        f"{each.database.removeprefix(prefix)}.{each.collection}": (each.documents, each.content_hash)
        for each in manifest.collections
    }
    assert recorded == expected
    read = await read_all(await open_contents(store, manifest.backup_id, KEY))
    counts = {name.removeprefix(prefix): len(bson.decode_all(b"".join(chunks))) for name, chunks in read.items()}
    assert counts == {name: documents for name, (documents, _) in expected.items()}
    there = [each async for each in store.list(f"backups/{manifest.backup_id}")]
    assert manifest.bytes_stored == sum(each.size for each in there if not each.key.endswith("manifest.json"))


async def test_the_shape_and_the_accounts_are_in_it_without_a_password(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    prefix = settings.mongo.database
    await make_small_database(admin.client, prefix)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        manifest = await taken(mongo, store)
    contents = await open_contents(store, manifest.backup_id, KEY)
    plain = await contents.plain(manifest.schema_part)
    schema = loads(plain.decode(), json_options=CANONICAL_JSON_OPTIONS)
    found = {
        f"{base['database'].removeprefix(prefix)}.{each['name']}": (
            each["options"],
            sorted(
                ({**index, "key": list(index["key"].items())} for index in each["indexes"]), key=lambda i: i["name"]
            ),
        )
        for base in schema["databases"]
        for each in base["collections"]
    }
    assert found == await shapes_of(admin.client, prefix)
    role = roles(ALL, prefix)["backup"]
    assert [each["user"] for each in schema["users"]] == [role.name]
    assert [each["role"] for each in schema["roles"]] == [role.name]
    assert schema["roles"][0]["privileges"]
    password = settings.secret(f"mongo_{role.name}").get_secret_value()
    assert password.encode() not in plain
    assert b"credentials" not in plain


async def test_what_is_written_meanwhile_is_in_the_oplog_part_so_that_all_stands_at_one_moment(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    """Writers add pairs in two collections in one transaction; after copy and replay no pair may be half there."""
    prefix = settings.mongo.database
    await make_small_database(admin.client, prefix)
    base, ledger = admin.client[prefix], admin.client[f"{prefix}_ledger"]
    await base.left.insert_many({"_id": n, "pad": "x" * 2000} for n in range(4000))
    await ledger.right.insert_one({"_id": 0})
    over = asyncio.Event()

    async def write() -> int:
        number = 10_000
        while not over.is_set():
            number += 1
            async with admin.client.start_session() as session, await session.start_transaction():
                await base.left.insert_one({"_id": number}, session=session)
                await ledger.right.insert_one({"_id": number}, session=session)
            await base.left.update_one({"_id": number - 10_000}, {"$set": {"pad": number}})
            await base.left.delete_one({"_id": number - 9_000})
        return number

    writing = asyncio.create_task(write())
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        manifest = await taken(mongo, store)
    over.set()
    assert await writing > 10_001
    assert manifest.consistency == "oplog"
    assert manifest.oplog
    copied, restored = await restored_elsewhere(admin, settings, await open_contents(store, manifest.backup_id, KEY))
    assert restored["left"] == restored["right"] != set()
    assert copied != restored


async def restored_elsewhere(admin: Mongo, settings: Settings, contents: Contents) -> tuple[Any, Any]:
    """The written pairs as copied, and after the replay."""
    prefix = f"{settings.mongo.database}x"
    target = Mongo(admin.client, settings.mongo.model_copy(update={"database": prefix}), admin.capabilities)
    try:
        async for part, plain in read_backup(contents):
            place = admin.client[prefix + part.database.removeprefix(settings.mongo.database)][part.collection]
            await place.insert_many(bson.decode_all(plain))
        copied = await pairs(admin, prefix)
        replay = Replay(target, settings.mongo.database, lambda *_: True)
        for number in range(len(contents.manifest.oplog)):
            await replay.feed(await contents.oplog(number))
        await replay.end()
        return copied, await pairs(admin, prefix)
    finally:
        for part in Database:
            await admin.client.drop_database(prefix + part.value)


async def pairs(admin: Mongo, prefix: str) -> dict[str, set[int]]:
    places = {"left": admin.client[prefix].left, "right": admin.client[f"{prefix}_ledger"].right}
    return {name: {row["_id"] async for row in place.find({"_id": {"$gt": 10_000}})} for name, place in places.items()}


async def test_the_account_that_takes_backups_can_change_nothing_and_read_no_strangers(
    admin: Mongo, settings: Settings
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    async with as_backup(admin, settings) as mongo:
        notes, stranger = mongo.database()["notes"], mongo.client[f"{settings.mongo.database}other"]["x"]
        assert await notes.find_one() is not None
        for attempt in (
            notes.insert_one({"_id": "new"}),
            notes.update_one({"_id": "note_0001"}, {"$set": {"title": "x"}}),
            notes.delete_one({"_id": "note_0001"}),
            notes.drop(),
            notes.create_index("title"),
            mongo.database().command("collMod", "notes"),
            mongo.client.drop_database(settings.mongo.database),
            mongo.client.local["oplog.rs"].delete_one({}),
            mongo.client.admin.command("createUser", "mallory", pwd="x", roles=[]),
            stranger.find_one(),
        ):
            with pytest.raises(Exception, match=r"not authorized|Unauthorized|requires authentication"):
                await attempt


async def test_an_account_without_the_oplog_is_an_error_and_not_a_backup_without_one(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        role = roles(ALL, settings.mongo.database)["backup"]
        fewer = [each for each in role.as_command()["privileges"] if each["resource"]["db"] != "local"]
        await admin.client.admin.command("updateRole", role.name, privileges=fewer, roles=[])
        with pytest.raises(DaraaError) as refused:
            await taken(mongo, store)
    assert refused.value.code == "stores.access.denied"
    assert await manifests(store) == []


async def test_two_takes_at_once_are_refused_and_the_first_goes_on(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        results = await asyncio.gather(*(taken(mongo, store) for _ in range(3)), return_exceptions=True)
        refused = [each for each in results if isinstance(each, DaraaError)]
        assert {each.code for each in refused} == {"backup.take.busy"}
        assert len(refused) == 2
        assert len(await manifests(store)) == 1
        assert await running_take(store, SYSTEM_CLOCK) is None
        await taken(mongo, store)
    assert len(await manifests(store)) == 2


async def test_an_outdated_holder_writes_no_manifest(admin: Mongo, settings: Settings, tmp_path: Path) -> None:
    """Its lease ran out while it stood still, and another take began."""
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        an_hour_ago = FixedClock(SYSTEM_CLOCK.now() - timedelta(hours=1))
        async with only_take(store, "bkp_still", an_hour_ago) as hold:
            await hold.confirm()
            second = await taken(mongo, store)
            with pytest.raises(DaraaError) as lost:
                await hold.confirm()
    assert lost.value.code == "backup.take.lost"
    assert await manifests(store) == [f"backups/{second.backup_id}/manifest.json"]


async def test_an_installation_without_collections_is_no_backup(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        with pytest.raises(DaraaError) as refused:
            await taken(mongo, store)
    assert refused.value.code == "backup.take.nothing"


async def test_the_events_tell_the_whole_way(admin: Mongo, settings: Settings, tmp_path: Path) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    events: list[TakeEvent] = []
    async with as_backup(admin, settings) as mongo:
        manifest = await taken(mongo, folder(tmp_path / "repo"), tell=events.append)
    assert (events[0].step, events[-1].step) == (TakeStep.STARTED, TakeStep.FINISHED)
    finished = {each.collection for each in events if each.step is TakeStep.COLLECTION}
    assert finished == {f"{each.database}.{each.collection}" for each in manifest.collections}
    assert events[-1].documents == events[0].of_documents == manifest.documents
    assert [each.bytes for each in events] == sorted(each.bytes for each in events)


async def test_a_take_into_a_bucket_is_the_same_as_into_a_folder(
    admin: Mongo, settings: Settings, tmp_path: Path, s3_server: S3Server
) -> None:
    prefix = settings.mongo.database
    await make_small_database(admin.client, prefix)
    # Incompressible, so that the chunk is stored in several parts.
    noise = [random.Random(n).randbytes(1_000_000) for n in range(14)]
    await admin.client[prefix].noise.insert_many({"_id": n, "noise": each} for n, each in enumerate(noise))
    bucket = open_objects(s3_server.bucket())
    async with as_backup(admin, settings) as mongo:
        here = await taken(mongo, folder(tmp_path / "repo"))
        there = await taken(mongo, bucket)
    assert [each.model_copy(update={"chunks": ()}) for each in here.collections] == [
        each.model_copy(update={"chunks": ()}) for each in there.collections
    ]
    assert max(chunk.bytes_stored for each in there.collections for chunk in each.chunks) > 8_388_608
    read = await read_all(await open_contents(bucket, there.backup_id, KEY))
    assert sum(len(bson.decode_all(b"".join(chunks))) for chunks in read.values()) == there.documents
