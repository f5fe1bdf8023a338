"""The memory that an export and a restore of a dump need does not depend on how much there is."""

import asyncio
import os
import random
import sys
from pathlib import Path

import bson
import pytest

from daraa.ops.backup.chunks import CHUNK_BYTES
from daraa.stores.mongo import Capabilities, Mongo
from factories.backup_place import Place
from factories.takes import as_backup, taken

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
EXPORT_BYTES = CHUNK_BYTES * 12
RESTORE_BYTES = CHUNK_BYTES * 10 * 2
"""As docs/runbook/backup-export.md states them; two pieces at a time."""

MEASURE = """
import asyncio, re, sys
from pathlib import Path
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from daraa.stores.objects import FolderTarget, open_objects

def begin():
    "Forget the peak so far: a child inherits that of its parent."
    Path("/proc/self/clear_refs").write_text("5")
    return figure("VmRSS")

def figure(name):
    return int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

async def main(settings, repository, backup, path, target):
    settings = Settings.model_validate_json(settings)
    contents = await open_contents(open_objects(FolderTarget(Path(repository))), backup, load_key(settings))
    before = begin()
    await export_backup(contents, Path(path), as_archive=True, gzip=True)
    exporting = figure("VmHWM") - before
    begin()
    restored, _ = await restore_dump(settings, Path(path), Wish(target), SYSTEM_CLOCK)
    print(restored.bytes, exporting, figure("VmHWM") - before)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_the_memory_stays_within_its_bound_whatever_the_data(place: Place, tmp_path: Path) -> None:
    """Documents that do not compress, small and large ones."""
    chance, base = random.Random(2), place.client[place.prefix]
    for name in ("one", "two"):
        for n in range(6):
            await base[name].insert_one({"_id": n, "noise": chance.randbytes(12_000_000)})
    noise = chance.randbytes(900)
    await base.small.insert_many({"_id": n, "noise": noise, "n": bson.Int64(n)} for n in range(40_000))
    admin = Mongo(place.client, place.settings.mongo, Capabilities())
    async with as_backup(admin, place.settings) as mongo:
        manifest = await taken(mongo, place.store, place.key, parallel=1)
    words = [place.settings.model_dump_json(), str(tmp_path / "repository"), manifest.backup_id, str(tmp_path / "dump")]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        MEASURE,
        *words,
        place.target,
        env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    size, exporting, restoring = map(int, out.split())
    print(size, exporting, restoring)
    assert size > 180_000_000
    assert CHUNK_BYTES < exporting < EXPORT_BYTES
    assert CHUNK_BYTES < restoring < RESTORE_BYTES
