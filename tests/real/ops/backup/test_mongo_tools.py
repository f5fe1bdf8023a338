"""The same through MongoDB's own mongodump and mongorestore, where they are installed; elsewhere that is unknown."""

import asyncio
import shutil
from pathlib import Path

import pytest

from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from factories.backup_place import Place
from factories.backups import contents_of, shapes_of
from servers.mongo import MongoServer

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not (shutil.which("mongodump") and shutil.which("mongorestore")),
        reason="mongodump and mongorestore are not on the PATH: whether they take our dumps is unknown",
    ),
]
FORMS = [(False, False), (False, True), (True, False), (True, True)]


async def tool(server: MongoServer, tmp_path: Path, name: str, *words: str) -> None:
    """Run one of them against the server; the password is in a file, as they take it."""
    config = tmp_path / "tool.yaml"
    config.write_text(f"uri: {server.uri}\n")
    config.chmod(0o600)
    process = await asyncio.create_subprocess_exec(
        name, f"--config={config}", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.mark.parametrize(("as_archive", "packed"), FORMS)
async def test_mongorestore_takes_what_we_export(
    place: Place, mongo_server: MongoServer, tmp_path: Path, as_archive: bool, packed: bool
) -> None:
    before, shapes = await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)
    path = tmp_path / "dump"
    contents = await place.contents(await place.backup())
    await export_backup(contents, path, as_archive=as_archive, gzip=packed)
    words = ["--gzip"] if packed else []
    words += [f"--archive={path}"] if as_archive else [f"--dir={path}"]
    names = [f"--nsFrom={place.prefix}$part$.$name$", f"--nsTo={place.target}$part$.$name$"]
    await tool(mongo_server, tmp_path, "mongorestore", *words, *names, "--bypassDocumentValidation")
    assert await contents_of(place.client, place.target) == before
    assert await shapes_of(place.client, place.target) == shapes


@pytest.mark.parametrize(("as_archive", "packed"), FORMS)
async def test_we_restore_what_mongodump_writes(
    place: Place, mongo_server: MongoServer, tmp_path: Path, as_archive: bool, packed: bool
) -> None:
    path = tmp_path / "dump"
    words = ["--gzip"] if packed else []
    words += [f"--archive={path}"] if as_archive else [f"--out={path}"]
    await tool(mongo_server, tmp_path, "mongodump", f"--db={place.prefix}", *words)
    await restore_dump(place.settings, path, Wish(place.target), SYSTEM_CLOCK)
    there, wanted = await contents_of(place.client, place.target), await contents_of(place.client, place.prefix)
    assert there == {name: what for name, what in wanted.items() if name.startswith(".")}
