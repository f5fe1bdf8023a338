"""A backup becomes a dump: read back by PyMongo's own bson module, and by a reader that knows the description alone."""

import asyncio
import base64
import errno
import gzip
import hashlib
import json
import os
import re
import resource
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bson
import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.export import Exported, export_backup
from daraa.ops.backup.manifest import Manifest
from daraa.stores.mongo import Capabilities, Mongo
from factories.backup_place import Place
from factories.backups import DATABASES, contents_of
from factories.dumps import RAW, canonical, read_archive
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def as_backup_of(place: Place) -> AsyncIterator[Manifest]:
    """A backup that `take` itself makes, with the identities that the server gave its collections."""
    admin = Mongo(place.client, place.settings.mongo, Capabilities())
    async with as_backup(admin, place.settings) as mongo:
        yield await taken(mongo, place.store, place.key)


STRANGE = "odd/name %24 ملاحظات"
LONG = "n" * 180 + "ح" * 20


async def export(place: Place, manifest: Manifest, path: Path, **words: Any) -> Exported:
    """One."""
    return await export_backup(await place.contents(manifest), path, **words)


def hashed(rows: Sequence[bytes]) -> tuple[int, str]:
    """As `contents_of` of the factories: how many, and their order-independent hash."""
    return len(rows), f"{sum(int.from_bytes(hashlib.sha256(row).digest(), 'big') for row in rows) % 2**256:064x}"


async def expected_metadata(place: Place, database: str, collection: str) -> Any:
    """What the server itself tells of it, in canonical extended JSON."""
    base = place.client[database]
    listed = (await (await base.list_collections(filter={"name": collection})).to_list())[0]
    indexes = [dict(each) async for each in await base[collection].list_indexes()]
    words = {
        "options": listed["options"],
        "indexes": [{k: v for k, v in each.items() if k != "ns"} for each in indexes],
    }
    return json.loads(dumps(words, json_options=CANONICAL_JSON_OPTIONS))


async def check_metadata(place: Place, database: str, found: Any) -> None:
    """Options and indexes are the server's own, and of the same types."""
    wanted = await expected_metadata(place, database, found["collectionName"])
    assert found.get("options", {}) == wanted["options"]
    assert found["indexes"] == wanted["indexes"]
    assert [list(each["key"]) for each in found["indexes"]] == [list(each["key"]) for each in wanted["indexes"]]
    assert found["type"] == "collection"


async def test_a_folder_holds_every_document_and_what_the_server_says_of_each_collection(
    place: Place, tmp_path: Path
) -> None:
    await place.client[place.prefix][STRANGE].insert_one({"_id": 1})
    await place.client[place.prefix][LONG].insert_one({"_id": 2})
    manifest = await place.backup()
    done = await export(place, manifest, tmp_path / "dump")
    found = {}
    for part in DATABASES:
        for file in (tmp_path / "dump" / (place.prefix + part)).glob("*.metadata.json"):
            words = canonical(file.read_text())
            await check_metadata(place, place.prefix + part, words)
            rows = bson.decode_all(Path(str(file).replace(".metadata.json", ".bson")).read_bytes(), RAW)
            found[f"{part}.{words['collectionName']}"] = hashed([row.raw for row in rows])
    assert found == await contents_of(place.client, place.prefix)
    assert (done.collections, done.documents) == (7, 167)
    names = os.listdir(tmp_path / "dump" / place.prefix)
    assert "odd%2Fname%20%2524%20%D9%85%D9%84%D8%A7%D8%AD%D8%B8%D8%A7%D8%AA.bson" in names
    digest = base64.urlsafe_b64encode(hashlib.sha1(LONG.encode()).digest()).decode().rstrip("=")
    assert f"{'n' * 180}{'%D8%AD' * 4}%D8%%24{digest}.bson" in names
    assert not (tmp_path / "dump" / "oplog.bson").exists()
    assert not list(tmp_path.glob("*.unfinished"))


async def test_an_archive_is_what_its_description_says(place: Place, tmp_path: Path) -> None:
    there = await contents_of(place.client, place.prefix)
    await place.client[place.prefix].command({"create": "seen", "viewOn": "notes", "pipeline": [{"$match": {}}]})
    async with as_backup_of(place) as manifest:
        await export(place, manifest, tmp_path / "dump.archive", as_archive=True)
    archive = read_archive((tmp_path / "dump.archive").read_bytes())
    found = {}
    for each in archive.listed:
        if not each["db"]:
            assert (each["collection"], each["metadata"], each["type"]) == ("oplog", "", "")
            continue
        words = canonical(each["metadata"])
        assert (words["collectionName"], words["type"]) == (each["collection"], each["type"])
        if each["type"] == "view":
            assert (words["options"]["viewOn"], words["indexes"]) == ("notes", [])
            assert archive.documents[each["db"], each["collection"]] == []
            continue
        await check_metadata(place, each["db"], words)
        assert each["size"] == sum(map(len, archive.documents[each["db"], each["collection"]]))
        rows = archive.documents[each["db"], each["collection"]]
        found[f"{each['db'].removeprefix(place.prefix)}.{each['collection']}"] = hashed(rows)
    assert found == there
    assert archive.header["version"] == "0.1"
    assert re.fullmatch(r"\d+\.\d+\.\d+", archive.header["server_version"]), "mongorestore reads no other"
    if ("", "oplog") in archive.documents:
        assert archive.order[-1] == ("", "oplog"), "mongorestore replays it after everything else"


async def test_the_servers_own_name_of_a_collection_is_kept(place: Place, tmp_path: Path) -> None:
    async with as_backup_of(place) as manifest:
        await export(place, manifest, tmp_path / "dump")
    words = canonical((tmp_path / "dump" / place.prefix / "notes.metadata.json").read_text())
    listed = await (await place.client[place.prefix].list_collections(filter={"name": "notes"})).to_list()
    assert words["uuid"] == bytes(listed[0]["info"]["uuid"]).hex()
    assert list(words) == ["options", "indexes", "uuid", "collectionName", "type"]


@pytest.mark.parametrize("as_archive", [False, True])
async def test_compressed_it_unpacks_to_the_same(place: Place, tmp_path: Path, as_archive: bool) -> None:
    manifest = await place.backup()
    await export(place, manifest, tmp_path / "plain", as_archive=as_archive)
    await export(place, manifest, tmp_path / "packed", as_archive=as_archive, gzip=True)
    if as_archive:
        assert gzip.decompress((tmp_path / "packed").read_bytes()) == (tmp_path / "plain").read_bytes()
        return
    plain = {str(path.relative_to(tmp_path / "plain")) for path in (tmp_path / "plain").rglob("*.*")}
    packed = {str(path.relative_to(tmp_path / "packed")) for path in (tmp_path / "packed").rglob("*.*")}
    assert packed == {f"{name}.gz" for name in plain}
    for name in plain:
        assert (
            gzip.decompress((tmp_path / f"packed/{name}.gz").read_bytes()) == (tmp_path / f"plain/{name}").read_bytes()
        )


@pytest.mark.parametrize("as_archive", [False, True])
async def test_what_is_there_already_is_never_touched(place: Place, tmp_path: Path, as_archive: bool) -> None:
    manifest, target = await place.backup(), tmp_path / "there"
    if as_archive:
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").touch()
    with pytest.raises(DaraaError) as refused:
        await export(place, manifest, target, as_archive=as_archive)
    assert refused.value.code == "backup.export.target_taken"
    assert os.listdir(tmp_path / "there") == ["mine"] if not as_archive else target.read_text() == "mine"
    assert not list(tmp_path.glob("*.unfinished"))


async def test_an_empty_folder_is_filled(place: Place, tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    await export(place, await place.backup(), tmp_path / "dump")
    assert (tmp_path / "dump" / place.prefix / "notes.bson").stat().st_size > 0


@pytest.mark.parametrize("as_archive", [False, True])
@pytest.mark.parametrize("spoilt", ["a flipped bit", "a missing object", "a stranger"])
async def test_a_damaged_backup_leaves_no_dump(place: Place, tmp_path: Path, as_archive: bool, spoilt: str) -> None:
    manifest = await place.backup()
    folder = tmp_path / "repository" / "backups" / manifest.backup_id
    last = folder / manifest.collections[-1].chunks[-1].name
    if spoilt == "a flipped bit":
        content = bytearray(last.read_bytes())
        content[len(content) // 2] ^= 1
        last.write_bytes(content)
    elif spoilt == "a missing object":
        last.unlink()
    else:
        last.with_name("7.zst.enc").write_bytes(b"more")
    with pytest.raises(DaraaError) as damaged:
        await export(place, manifest, tmp_path / "dump", as_archive=as_archive)
    assert damaged.value.code == "backup.object.damaged"
    assert set(os.listdir(tmp_path)).isdisjoint({"dump", "dump.unfinished"})


@pytest.mark.parametrize("as_archive", [False, True])
async def test_a_full_disk_is_named_and_nothing_stays(place: Place, tmp_path: Path, as_archive: bool) -> None:
    """The kernel itself refuses to let a file of this process grow, much as it does on a disk that is full."""
    contents = await place.contents(await place.backup())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(DaraaError) as full:
            await export_backup(contents, tmp_path / "dump", as_archive=as_archive)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.value.code == "backup.export.disk_full"
    assert isinstance(full.value.__cause__, OSError)
    assert full.value.__cause__.errno == errno.EFBIG
    assert set(os.listdir(tmp_path)).isdisjoint({"dump", "dump.unfinished"})


async def test_a_place_that_cannot_be_written_is_named(place: Place, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for as_archive in (False, True):
        with pytest.raises(DaraaError) as refused:
            await export(place, await place.backup(), tmp_path / "file" / "dump", as_archive=as_archive)
        assert refused.value.code == "backup.export.unwritable"


@pytest.mark.parametrize("as_archive", [False, True])
async def test_a_draft_that_is_not_ours_is_never_removed(place: Place, tmp_path: Path, as_archive: bool) -> None:
    draft = tmp_path / "dump.unfinished"
    if not as_archive:
        draft.mkdir()
    mine = draft if as_archive else draft / "letter.txt"
    mine.write_text("mine")
    with pytest.raises(DaraaError) as refused:
        await export(place, await place.backup(), tmp_path / "dump", as_archive=as_archive)
    assert refused.value.code == "backup.export.target_taken"
    assert mine.read_text() == "mine"


async def test_nobody_else_may_read_what_is_not_encrypted(place: Place, tmp_path: Path) -> None:
    manifest = await place.backup()
    await export(place, manifest, tmp_path / "file", as_archive=True)
    await export(place, manifest, tmp_path / "folder")
    for path in (tmp_path / "file", tmp_path / "folder", *(tmp_path / "folder").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


async def test_two_exports_to_one_place_do_not_mix(place: Place, tmp_path: Path) -> None:
    manifest, started = await place.backup(), asyncio.Event()

    async def second() -> str:
        await started.wait()
        with pytest.raises(DaraaError) as refused:
            await export(place, manifest, tmp_path / "dump")
        return refused.value.code

    other = asyncio.create_task(second())
    await export(place, manifest, tmp_path / "dump", tell=lambda event: started.set())
    assert await other in ("backup.export.busy", "backup.export.target_taken")
    assert (tmp_path / "dump" / place.prefix / "notes.bson").exists()
