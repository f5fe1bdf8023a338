"""kill -9 at any moment of a take: what is left never looks like a backup, and the next take is whole."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.take_lock import running_take
from daraa.stores.mongo import Mongo
from daraa.stores.objects import ObjectStore
from factories.backups import make_small_database
from factories.takes import KEY, as_backup, folder, manifests, taken

pytestmark = pytest.mark.anyio
TESTS = Path(__file__).parents[3]
MOMENTS = ("locked", "object_stored", "copied", "oplog_copied", "before_manifest", "after_manifest")


async def take_and_die(settings: Settings, path: Path, *, at: str = "", after_s: float = 60) -> int:
    """Run a take in a process of its own until it kills itself at a mark, or is killed; its exit status."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_TEST_CRASH")}
    env |= {"PYTHONPATH": str(TESTS), **({"DARAA_TEST_CRASH_AT": f"backup.{at}"} if at else {})}
    argv = [sys.executable, "-m", "servers.taker", settings.model_dump_json(), str(path)]
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    if not at:
        await process.stdout.readline()
        await asyncio.sleep(after_s)
        if process.returncode is None:
            process.kill()
    await process.stdout.read()
    return await process.wait()


async def whole(store: ObjectStore, backup_id: str) -> int:
    return sum([len(plain) async for _, plain in read_backup(await open_contents(store, backup_id, KEY))])


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_take_that_is_killed_leaves_nothing_that_looks_good(
    moment: str, admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        assert await take_and_die(settings, tmp_path / "repo", at=moment) == -signal.SIGKILL
        written = await manifests(store)
        expected = {"locked": set(), "after_manifest": {State.COMPLETE}}.get(moment, {State.PARTIAL})
        assert {each.state for each in (await list_backups(store, KEY)).backups} == expected
        assert len(written) == (1 if moment == "after_manifest" else 0)
        if written:
            assert await whole(store, written[0].split("/")[1]) > 0
        # Its process is gone, so nobody waits for the end of its lease.
        assert await running_take(store, SYSTEM_CLOCK) is None
        manifest = await taken(mongo, store)
    assert await whole(store, manifest.backup_id) == sum(each.bytes for each in manifest.collections)
    assert len(await manifests(store)) == len(written) + 1


async def test_kills_at_random_moments_leave_only_partial_uploads(
    admin: Mongo, settings: Settings, tmp_path: Path
) -> None:
    prefix, chance = settings.mongo.database, random.Random(5)
    await make_small_database(admin.client, prefix)
    for n in range(6):
        await admin.client[prefix][f"noise{n}"].insert_one({"_id": n, "noise": chance.randbytes(6_000_000)})
    store = folder(tmp_path / "repo")
    async with as_backup(admin, settings) as mongo:
        ends = [await take_and_die(settings, tmp_path / "repo", after_s=chance.uniform(0, 0.4)) for _ in range(8)]
        assert -signal.SIGKILL in ends
        for key in await manifests(store):
            assert await whole(store, key.split("/")[1]) > 36_000_000
        manifest = await taken(mongo, store)
    assert await whole(store, manifest.backup_id) == sum(each.bytes for each in manifest.collections)
