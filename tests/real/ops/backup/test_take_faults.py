"""Whatever goes wrong around a take or a reading ends in a clear error, never in a backup that looks good."""

import asyncio
import json
import os
import random
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.keys import derive_key
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.take_events import TakeEvent, TakeStep
from daraa.ops.backup.take_lock import only_take, running_take
from daraa.stores.mongo import Mongo
from daraa.stores.objects import ObjectStore, S3Target, open_objects
from factories.backups import make_small_database
from factories.database import as_admin, own_settings
from factories.takes import KEY, as_backup, folder, manifests, taken
from servers.faulty import faulty_proxy
from servers.mongo import mongo_server as start_mongo
from servers.ports import free_port
from servers.run import start
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio
OTHER = derive_key(b"o" * 32)


@dataclass
class Copy:
    """A good backup in a folder, for tests that spoil it."""

    root: Path
    store: ObjectStore
    manifest: Manifest

    @property
    def path(self) -> Path:
        return self.root / "backups" / self.manifest.backup_id

    def chunk(self, collection: str = "notes", number: int = 0) -> Path:
        part = next(each for each in self.manifest.collections if each.collection == collection)
        return self.path / part.chunks[number].name

    async def refusal(self) -> DaraaError:
        """What a reader is told, who reads everything."""
        with pytest.raises(DaraaError) as refused:
            await self.read()
        return refused.value

    async def read(self) -> None:
        contents = await open_contents(self.store, self.manifest.backup_id, KEY)
        async for _ in read_backup(contents):
            pass
        await contents.schema()


@pytest.fixture
async def copy(admin: Mongo, settings: Settings, tmp_path: Path) -> AsyncIterator[Copy]:
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        yield Copy(tmp_path / "repo", store, await taken(mongo, store))


def truncate(copy: Copy) -> None:
    copy.chunk().write_bytes(copy.chunk().read_bytes()[:-1])


def flip(copy: Copy) -> None:
    content = bytearray(copy.chunk().read_bytes())
    content[len(content) // 2] ^= 1
    copy.chunk().write_bytes(content)


def swap(copy: Copy) -> None:
    one, other = copy.chunk("notes"), copy.chunk("tokens")
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def lose(copy: Copy) -> None:
    copy.chunk().unlink()


def add(copy: Copy) -> None:
    copy.chunk().with_name("1.zst.enc").write_bytes(copy.chunk().read_bytes())


def empty(copy: Copy) -> None:
    copy.chunk().write_bytes(b"")


def spoil_schema(copy: Copy) -> None:
    (copy.path / "schema.zst.enc").write_bytes((copy.path / "schema.zst.enc").read_bytes()[::-1])


@pytest.mark.parametrize("spoil", [truncate, flip, swap, lose, add, empty, spoil_schema])
async def test_an_object_that_is_not_what_was_stored_is_noticed(copy: Copy, spoil: Callable[[Copy], None]) -> None:
    spoil(copy)
    refused = await copy.refusal()
    assert refused.code == "backup.object.damaged"
    assert refused.details["object"] in refused.message


async def test_the_objects_of_an_older_backup_do_not_pass_for_those_of_a_newer_one(
    copy: Copy, admin: Mongo, settings: Settings
) -> None:
    newer = await taken(admin, copy.store)
    assert copy.chunk().name == "0.zst.enc"
    here = copy.chunk()
    there = here.parents[3] / newer.backup_id / here.relative_to(copy.path)
    here.write_bytes(there.read_bytes())
    assert (await copy.refusal()).code == "backup.object.damaged"


@pytest.mark.parametrize("word", ["documents", "content_hash", "consistency", "prefix", "signature"])
async def test_a_manifest_that_was_changed_is_no_manifest(copy: Copy, word: str) -> None:
    path = copy.path / "manifest.json"
    whole = json.loads(path.read_text())
    if word == "signature":
        whole["signature"] = whole["signature"][::-1]
    elif word in ("documents", "content_hash"):
        first = whole["body"]["collections"][0]
        first[word] = first[word] + 1 if word == "documents" else "1" * 64
    else:
        whole["body"][word] = "none" if word == "consistency" else "other"
    path.write_text(json.dumps(whole))
    assert (await copy.refusal()).code == "backup.manifest.tampered"


async def test_the_manifest_of_one_backup_in_anothers_place_is_noticed(copy: Copy, admin: Mongo) -> None:
    newer = await taken(admin, copy.store)
    newest = copy.root / "backups" / newer.backup_id / "manifest.json"
    (copy.path / "manifest.json").write_bytes(newest.read_bytes())
    assert (await copy.refusal()).code == "backup.object.damaged"


async def test_a_wrong_key_is_said_to_be_one_when_reading_and_when_taking(copy: Copy, admin: Mongo) -> None:
    with pytest.raises(DaraaError) as reading:
        await open_contents(copy.store, copy.manifest.backup_id, OTHER)
    with pytest.raises(DaraaError) as taking:
        await taken(admin, copy.store, OTHER)
    for refused in (reading.value, taking.value):
        assert refused.code == "backup.key.wrong"
        assert KEY.id in refused.message
        assert OTHER.id in refused.message
    assert len(await manifests(copy.store)) == 1


async def make_noise(admin: Mongo, settings: Settings, count: int = 4, size: int = 15_000_000) -> None:
    chance = random.Random(3)
    for n in range(count):
        await admin.client[settings.mongo.database][f"noise{n}"].insert_one({"_id": n, "noise": chance.randbytes(size)})


async def nothing_good(store: ObjectStore) -> None:
    assert await manifests(store) == []
    states = {each.state for each in (await list_backups(store, KEY)).backups}
    assert states <= {State.PARTIAL}


async def test_an_s3_server_that_is_not_there_is_an_error_within_its_time(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    keys = SecretStr("a")
    nowhere = S3Target(
        bucket="bucket",
        endpoint=f"http://127.0.0.1:{free_port()}",
        access_key=keys,
        secret_key=keys,
        retry_within_s=1.0,
    )
    with pytest.raises(DaraaError) as refused:
        await asyncio.wait_for(taken(admin, open_objects(nowhere)), 20)
    assert refused.value.code == "objects.server.unavailable"


async def test_connections_that_break_in_the_middle_of_a_part_are_survived(
    admin: Mongo, settings: Settings, s3_server: S3Server
) -> None:
    await make_noise(admin, settings)
    bucket = s3_server.bucket()
    async with faulty_proxy(s3_server.endpoint) as faults:
        faults.cuts = 5
        manifest = await taken(admin, open_objects(replace(bucket, endpoint=faults.endpoint)))
        assert faults.seen == 5
    contents = await open_contents(open_objects(bucket), manifest.backup_id, KEY)
    assert sum([len(plain) async for _, plain in read_backup(contents)]) > 60_000_000


@pytest.mark.parametrize("silent", [False, True])
async def test_an_s3_server_that_stays_broken_ends_the_take_without_a_backup(
    silent: bool, admin: Mongo, settings: Settings, s3_server: S3Server
) -> None:
    await make_noise(admin, settings)
    bucket = s3_server.bucket()
    async with faulty_proxy(s3_server.endpoint) as faults:
        target = replace(bucket, endpoint=faults.endpoint, request_within_s=2.0, retry_within_s=3.0)

        def tell(event: TakeEvent) -> None:
            if event.step is TakeStep.PROGRESS:
                faults.silent, faults.cuts = silent, 0 if silent else 1_000_000

        with pytest.raises(DaraaError) as refused:
            await asyncio.wait_for(taken(admin, open_objects(target), tell=tell), 60)
        assert refused.value.code == "objects.server.unavailable"
    await nothing_good(open_objects(bucket))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 120 MB."""
    if os.geteuid() != 0:
        pytest.skip("root is needed: a small file system is mounted")
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=0700", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.mark.root
async def test_a_full_disk_ends_the_take_and_the_next_one_with_room_is_whole(
    admin: Mongo, settings: Settings, small_disk: Path
) -> None:
    await make_noise(admin, settings)
    store = folder(small_disk / "repo")
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 80_000_000)
    with pytest.raises(DaraaError) as refused:
        await taken(admin, store)
    assert refused.value.code == "objects.server.unavailable"
    assert "room" in refused.value.hint
    await nothing_good(store)
    filler.unlink()
    manifest = await taken(admin, store)
    contents = await open_contents(store, manifest.backup_id, KEY)
    assert sum([len(plain) async for _, plain in read_backup(contents)]) > 60_000_000


async def test_a_database_that_dies_meanwhile_ends_the_take_and_the_next_one_is_whole(tmp_path: Path) -> None:
    with start_mongo(tmp_path) as server:
        settings = own_settings(server, tmp_path / "home")
        settings = settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"server_selection_s": 2.0})})
        async with as_admin(server, settings) as admin:
            rows = [{"_id": n, "pad": "x" * 1000} for n in range(30_000)]
            await admin.database()["many"].insert_many(rows)
            store = folder(tmp_path / "repo")
            async with as_backup(admin, settings) as mongo:

                def tell(event: TakeEvent) -> None:
                    if event.step is TakeStep.PROGRESS and server.child and server.child.pid:
                        server.child.kill()

                with pytest.raises(DaraaError) as refused:
                    await asyncio.wait_for(taken(mongo, store, tell=tell), 60)
                assert refused.value.code.startswith("stores.database.")
                await nothing_good(store)
                assert server.child
                start(server.child)
                manifest = await taken(mongo, store)
            assert manifest.documents == len(rows)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@pytest.mark.root
async def test_a_lease_is_given_back_on_a_disk_that_takes_not_a_byte_more(small_disk: Path) -> None:
    store = folder(small_disk / "repo")
    async with only_take(store, "bkp_first", SYSTEM_CLOCK):
        with pytest.raises(OSError, match="No space"):
            fill(small_disk / "filler")
    assert await running_take(store, SYSTEM_CLOCK) is None
