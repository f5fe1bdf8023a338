"""The oplog part of a take: a hole is an error, and a server without an oplog is said to be one."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
import pytest

from daraa.declare.access import ADMIN
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import MongoSettings, Settings
from daraa.ops.backup.chunks import Sealer
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.oplog_copy import OplogCopy, open_oplog
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.take_events import TakeEvent, TakeStep
from daraa.ops.backup.upload import Upload
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.oplog_reading import SETTLE_S, OplogTime, committed_until, oldest_entry, settled_until
from daraa.stores.process import DatabaseKind, EmbeddedDatabase, find_database
from factories.backups import make_small_database
from factories.takes import KEY, folder, manifests, taken
from servers.mongo import MongoServer
from servers.ports import free_port

pytestmark = pytest.mark.anyio


def upload(path: Path) -> Upload:
    return Upload(folder(path), Sealer("bkp_test", b"k" * 32), asyncio.Semaphore(1))


async def test_an_oplog_that_does_not_reach_back_ends_the_take(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    begin = await settled_until(admin)
    assert begin
    await admin.database()["notes"].insert_one({"_id": "one more", "title": "one more"})
    assert await OplogCopy(admin, upload(tmp_path / "a"), begin).finish()
    oldest = await oldest_entry(admin)
    assert oldest
    too_late = OplogCopy(admin, upload(tmp_path / "b"), OplogTime(oldest.seconds - 1, 1))
    with pytest.raises(DaraaError) as refused:
        await too_late.finish()
    assert refused.value.code == "backup.oplog.outrun"
    assert refused.value.retryable


@pytest.mark.parametrize(
    "change",
    [
        {"createIndexes": "notes", "indexes": [{"key": {"late": 1}, "name": "late"}]},
        {"collMod": "notes", "validator": {"late": {"$exists": False}}},
        {"create": "late", "validator": {"late": {"$exists": False}}},
    ],
)
async def test_a_change_of_the_schema_in_the_middle_ends_the_take_without_a_backup(
    admin: Mongo, settings: Settings, mongo_server: MongoServer, tmp_path: Path, change: dict[str, Any]
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")

    def interfere(event: TakeEvent) -> None:
        if event.step is TakeStep.COPIED:
            with pymongo.MongoClient[Any](mongo_server.uri) as other:
                other[settings.mongo.database].command(change)

    with pytest.raises(DaraaError) as refused:
        await taken(admin, store, tell=interfere)
    assert refused.value.code == "backup.take.schema_changed"
    assert next(iter(change)) in refused.value.message
    assert await manifests(store) == []
    assert (await taken(admin, store)).consistency == "oplog"


async def test_what_was_on_its_way_when_the_oplog_was_opened_is_waited_for(admin: Mongo, tmp_path: Path) -> None:
    began = time.monotonic()
    assert await open_oplog(admin, upload(tmp_path / "repo")) is not None
    assert time.monotonic() - began >= SETTLE_S


async def test_what_others_write_on_the_same_server_is_not_taken_along(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    begin = await committed_until(admin)
    assert begin
    stranger = f"{settings.mongo.database}other"
    await admin.client[stranger].secrets.insert_one({"_id": "theirs"})
    await admin.database()["mine"].insert_one({"_id": "ours"})
    kept = upload(tmp_path / "repo")
    parts = await OplogCopy(admin, kept, begin).finish()
    await admin.client.drop_database(stranger)
    # Creating the collection is an entry of its own on some servers.
    assert sum(part.documents for part in parts) in (1, 2)


@dataclass(frozen=True, slots=True)
class Alone(EmbeddedDatabase):
    """A server that is no replica set."""

    def argv(self) -> tuple[str, ...]:
        return (*EmbeddedDatabase.argv(self), "--standalone")


async def test_a_server_without_an_oplog_is_backed_up_and_the_manifest_says_so(tmp_path: Path) -> None:
    choice = find_database()
    if choice.kind is not DatabaseKind.SECANTUS_RS:
        pytest.skip("only the Rust server has a switch for it")
    server = Alone(choice, tmp_path / "mongo", free_port(), tmp_path / "log", cache_mb=256, log_file_mb=16)
    child = await server.start("secret")
    try:
        client: Any = pymongo.AsyncMongoClient(
            server.host, server.port, username=ADMIN, password="secret", tz_aware=True, directConnection=True
        )
        await make_small_database(client, "shop")
        store = folder(tmp_path / "repo")
        manifest = await taken(Mongo(client, MongoSettings(database="shop"), Capabilities()), store)
        assert (manifest.consistency, manifest.oplog_from, manifest.oplog) == ("none", None, ())
        contents = await open_contents(store, manifest.backup_id, KEY)
        assert sum([1 async for _ in read_backup(contents)]) == sum(len(each.chunks) for each in manifest.collections)
        await client.close()
    finally:
        child.kill()
