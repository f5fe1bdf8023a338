"""kill -9 at any moment of a stream, and of a restore to a moment: it goes on where it ended, and nothing is lost."""

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from daraa.kernel.settings import Settings
from daraa.ops.backup import stream
from daraa.ops.backup.catalog import list_backups
from daraa.stores.mongo import Mongo
from factories.backup_place import Place
from factories.doomed_restores import Restoring, forget
from factories.streams import canaries, restore_to, slice_of, windows_of
from factories.takes import as_backup, taken

pytestmark = pytest.mark.anyio
TESTS = Path(__file__).parents[3]
MOMENTS = ("object_stored", "read", "before_slice", "after_slice")


@pytest.fixture
async def mongo(place: Place, admin: Mongo, settings: Settings) -> AsyncIterator[Mongo]:
    await place.client[place.prefix].create_collection("canaries")
    async with as_backup(admin, settings) as opened:
        yield opened


async def stream_and_die(place: Place, path: Path, *, at: str = "", after_s: float = 0) -> int:
    """Stream in a process of its own until it dies at a mark, or is killed; its exit status."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_TEST_CRASH")}
    env |= {"PYTHONPATH": str(TESTS), **({"DARAA_TEST_CRASH_AT": f"stream.{at}"} if at else {})}
    argv = [sys.executable, "-m", "servers.streamer", place.settings.model_dump_json(), str(path / "repository"), "99"]
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    if not at:
        await process.stdout.readline()
        await asyncio.sleep(after_s)
        process.kill()
    await process.stdout.read()
    return await process.wait()


def test_the_marks_are_those_of_the_code() -> None:
    assert set(re.findall(r'mark\("stream\.([a-z_]+)"\)', Path(stream.__file__).read_text())) == set(MOMENTS)


async def test_a_stream_that_is_killed_goes_on_where_it_ended(place: Place, mongo: Mongo, tmp_path: Path) -> None:
    await taken(mongo, place.store, place.key)
    written, chance = [], random.Random(7)
    for number, moment in enumerate((*MOMENTS, "", "")):
        written.append(f"{number} {moment}")
        await place.client[place.prefix].canaries.insert_one({"_id": written[-1]})
        before = len((await list_backups(place.store, place.key)).slices.slices)
        ended = await stream_and_die(place, tmp_path, at=moment, after_s=chance.uniform(0, 0.8))
        assert ended == -signal.SIGKILL, moment
        after = await list_backups(place.store, place.key)
        assert after.slices.findings == after.problems == (), moment
        if moment:
            assert len(after.slices.slices) == before + (moment == "after_slice"), moment
    end = (await slice_of(mongo, place)).until
    (window,) = await windows_of(place)
    assert (window.range.first, window.range.because) == (0, "It is the first one.")
    await restore_to(place, end)
    assert await canaries(place) == written


async def test_a_restore_to_a_moment_that_is_killed_is_continued(place: Place, mongo: Mongo, tmp_path: Path) -> None:
    backup = await taken(mongo, place.store, place.key)
    for number in range(4):
        await place.client[place.prefix].canaries.insert_one({"_id": f"{number}"})
        end = (await slice_of(mongo, place)).until
    process = Restoring(place, tmp_path, backup.backup_id)
    words: dict[str, Any] = {"moment": end}
    try:
        for mark in ("restore.slice_replayed", "restore.replaying", "restore.expiring"):
            assert process.run(mark, **words)["status"] == "killed", mark
            # The same backup without the moment, or to another one, is another restore.
            assert "unfinished restore" in process.run(fails=True)["said"], mark
            again = process.run(**words)
            assert again["resumed"], mark
            assert await canaries(place) == ["0", "1", "2", "3"], mark
            await forget(place)
        commands = process.run(**words)["commands"]
        await forget(place)
        chance = random.Random(3)
        for _ in range(6):
            crash = [chance.randint(commands // 2, commands), chance.choice(["before", "after"])]
            process.run(crash, **words)
            if await place.client[place.target].list_collection_names():
                process.run(**words, overwrite=place.target)
            assert await canaries(place) == ["0", "1", "2", "3"], crash
            await forget(place)
    finally:
        process.stop()
