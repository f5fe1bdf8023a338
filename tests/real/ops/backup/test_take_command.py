"""`daraa backup key` and `daraa backup take` as people and programs call them, and the memory that a take needs."""

import asyncio
import json
import os
import random
import sys
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.ops.backup.take import memory_bound
from daraa.stores.mongo import Mongo
from factories.backups import make_small_database
from factories.commands import daraa
from factories.takes import as_backup

pytestmark = pytest.mark.anyio


async def test_a_key_is_made_with_a_warning_then_backups_are_taken(admin: Mongo, settings: Settings) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    async with as_backup(admin, settings):
        status, _, err = await daraa(settings, "backup", "take")
        assert (status, "daraa backup key create" in err) == (1, True)

        status, out, _ = await daraa(settings, "backup", "key", "create")
        assert status == 0
        assert "Without this file no backup can be read, by anybody, ever." in out
        key = (settings.secrets_dir / "backup_key").read_text()
        assert key not in out
        status, shown, _ = await daraa(settings, "backup", "key", "show-id")
        assert status == 0
        assert shown.strip() in out
        status, _, err = await daraa(settings, "backup", "key", "create")
        assert (status, "make every backup so far unreadable" in err) == (1, True)

        status, out, err = await daraa(settings, "backup", "take")
        assert status == 0
        assert "5 collections, 165 documents" in out
        assert "MB/s" in err

        status, out, _ = await daraa(settings, "backup", "take", "--json")
        assert status == 0
        events = [json.loads(line) for line in out.splitlines()]
        assert [events[0]["event"], events[-2]["event"], events[-1]["event"]] == ["started", "finished", "taken"]
        assert events[-1]["backup_id"] == events[0]["backup_id"]
        assert events[-1]["documents"] == 165
        folders = os.listdir(settings.home / "backups" / "backups")
        assert len(folders) == 2
    assert key not in "".join(path.read_text() for path in settings.home.rglob("*.json"))


MEASURE = """
import asyncio, re, sys
from pathlib import Path
from daraa.kernel.settings import Settings
from daraa.stores.mongo import open_mongo
from factories.takes import folder, taken

def peak():
    "Of this program alone: ru_maxrss would begin with the peak of the test run that started it."
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

async def main():
    mongo = open_mongo(Settings.model_validate_json(sys.argv[1]), "backup")
    await mongo.log_in()
    before = peak()
    manifest = await taken(mongo, folder(Path(sys.argv[2])), parallel=2)
    print(manifest.bytes_plain, peak() - before)
    await mongo.close()

asyncio.run(main())
"""


@pytest.mark.slow
async def test_the_memory_of_a_take_stays_within_its_bound_whatever_the_data(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    """Large documents that do not compress: nothing gets smaller on the way."""
    chance = random.Random(2)
    for name in ("one", "two", "three"):
        for n in range(8):
            row = {"_id": n, "noise": chance.randbytes(14_000_000)}
            await admin.database()[name].insert_one(row)
    async with as_backup(admin, settings):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MEASURE, settings.model_dump_json(), str(tmp_path / "repo"),
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
    copied, added = map(int, out.split())
    print(f"\n{added / 1e6:.0f} MB added by copying {copied / 1e6:.0f} MB, {memory_bound(2) / 1e6:.0f} MB allowed")
    assert copied > 320_000_000
    assert 0 < added < memory_bound(2) == 2 * 16 * 8 * 1024 * 1024
