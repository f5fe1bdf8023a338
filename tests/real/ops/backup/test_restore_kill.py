"""Restore and verify are killed with SIGKILL at marks and at random database commands, run again, and end the same."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import daraa.ops.backup
from factories.backup_place import Place
from factories.backups import contents_of, shapes_of
from factories.doomed_restores import Restoring, forget

pytestmark = pytest.mark.anyio
ROUNDS = 16
PHASES = ("clearing", "loading", "replaying", "indexing", "expiring")
MARKS = ["restore.created", "restore.chunk_written", *(f"restore.{phase}" for phase in PHASES)]


@pytest.fixture
async def restoring(place: Place, tmp_path: Path) -> Any:
    manifest = await place.backup()
    process = Restoring(place, tmp_path, manifest.backup_id)
    yield process
    process.stop()


async def expected(place: Place) -> Any:
    """What a restore must bring about, computed with plain PyMongo."""
    return await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)


async def restored(place: Place) -> Any:
    """What is there."""
    return await contents_of(place.client, place.target), await shapes_of(place.client, place.target)


def moments(commands: int, seed: int) -> Iterator[list[Any]]:
    """Random commands, before and after."""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        yield [chance.randint(1, commands), chance.choice(["before", "after"])]


async def test_a_restore_killed_at_any_mark_is_continued(place: Place, restoring: Restoring) -> None:
    wanted = await expected(place)
    for mark in MARKS:
        assert restoring.run(mark)["status"] == "killed", f"{mark} was never reached"
        again = restoring.run()
        assert again["resumed"], mark
        assert await restored(place) == wanted, mark
        assert again["documents"] == 165, mark
        await forget(place)


def test_the_marks_are_those_of_the_code() -> None:
    room = Path(daraa.ops.backup.__file__).parent
    text = "".join((room / name).read_text() for name in ("restoration.py", "verify.py"))
    assert set(re.findall(r'mark\(f?"([a-z_.{}]+)"\)', text)) == {
        "restore.created", "restore.chunk_written", "restore.{each}", "restore.slice_replayed", "verify.before_receipt",
    }  # fmt: skip


async def test_a_restore_killed_again_and_again_at_random_commands_ends_the_same(
    place: Place, restoring: Restoring
) -> None:
    wanted = await expected(place)
    commands = restoring.run()["commands"]
    assert await restored(place) == wanted
    killed = 0
    for crash in moments(commands, 5):
        await forget(place)
        killed += restoring.run(crash)["status"] == "killed"
        later = [random.Random(str(crash)).randint(1, commands), "after"]
        killed += restoring.run(later, overwrite=place.target)["status"] == "killed"
        answer = restoring.run(overwrite=place.target)
        assert answer["status"] == "done"
        assert await restored(place) == wanted, crash
    assert killed >= ROUNDS
    assert await place.held() == [f"{place.prefix}_restore"]


async def test_a_verify_killed_at_random_commands_proves_the_same_when_run_again(
    place: Place, restoring: Restoring
) -> None:
    before = await contents_of(place.client, place.prefix)
    whole = restoring.run(verb="verify")
    assert whole["ok"], whole["findings"]
    for crash in [*moments(whole["commands"], 9), "verify.before_receipt", *MARKS]:
        receipts = len([each async for each in place.store.list("receipts")])
        assert restoring.run(crash, verb="verify")["status"] == "killed", crash
        written = len([each async for each in place.store.list("receipts")])
        assert written == receipts, f"a verify that was killed at {crash} left a receipt"
        again = restoring.run(verb="verify")
        assert again["ok"], (crash, again["findings"])
        assert await contents_of(place.client, f"{place.prefix}_scratch") == {}
    assert await contents_of(place.client, place.prefix) == before
