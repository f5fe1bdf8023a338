"""Exports and restores of dumps are killed with SIGKILL and run again; half an export never looks whole."""

import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

import daraa.ops.backup
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from daraa.stores.dumps.opening import open_dump
from factories.backup_place import Place
from factories.backups import contents_of, shapes_of
from factories.doomed_restores import Restoring, forget

pytestmark = pytest.mark.anyio
MARKS = ("export.chunk_written", "export.written", "export.finished")
RESTORE_MARKS = ("restore.created", "restore.chunk_written", "restore.loading", "restore.replaying", "restore.expiring")
FORMS = [(False, False), (True, True)]


@pytest.fixture
async def process(place: Place, tmp_path: Path) -> Any:
    """What is killed."""
    manifest = await place.backup()
    made = Restoring(place, tmp_path, manifest.backup_id, "dump_process.py")
    yield made
    made.stop()


@pytest.mark.parametrize(("as_archive", "packed"), FORMS)
async def test_an_export_killed_at_any_mark_is_recognised_and_begun_anew(
    place: Place, process: Restoring, tmp_path: Path, as_archive: bool, packed: bool
) -> None:
    words = {"verb": "export", "as_archive": as_archive, "gzip": packed}
    path = tmp_path / "dump"
    for mark in MARKS:
        assert process.run(mark, path=str(path), **words)["status"] == "killed", f"{mark} was never reached"
        if mark != "export.finished":
            assert sorted(each for each in os.listdir(tmp_path) if each.startswith("dump")) == ["dump.unfinished"]
            assert process.run(path=str(path), **words)["documents"] == 165
        assert sorted(each for each in os.listdir(tmp_path) if each.startswith("dump")) == ["dump"]
        open_dump(path).close()
        assert process.run(path=str(path), verb="restore", target=place.target)["documents"] == 165
        assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)
        await forget(place)
        path.rename(tmp_path / f"old.{mark}")


def test_the_marks_are_those_of_the_code() -> None:
    text = (Path(daraa.ops.backup.__file__).parent / "export.py").read_text()
    assert tuple(re.findall(r'mark\("([a-z_.]+)"\)', text)) == (MARKS[1], MARKS[2], MARKS[0])


async def test_half_an_export_is_not_taken_for_a_dump(place: Place, process: Restoring, tmp_path: Path) -> None:
    for as_archive in (False, True):
        path = tmp_path / f"dump{as_archive}"
        process.run("export.chunk_written", path=str(path), verb="export", as_archive=as_archive, gzip=False)
        draft = path.with_name(path.name + ".unfinished")
        with pytest.raises(DaraaError) as refused:
            await restore_dump(place.settings, draft, Wish(place.target), SYSTEM_CLOCK)
        assert refused.value.code == "backup.dump.broken"
        assert await contents_of(place.client, place.target) == {}


@pytest.mark.parametrize(("as_archive", "packed"), FORMS)
async def test_a_restore_of_a_dump_killed_anywhere_is_continued(
    place: Place, process: Restoring, tmp_path: Path, as_archive: bool, packed: bool
) -> None:
    path = tmp_path / "dump"
    contents = await place.contents(await place.backup())
    await export_backup(contents, path, as_archive=as_archive, gzip=packed)
    wanted = await contents_of(place.client, place.prefix), await shapes_of(place.client, place.prefix)
    words = {"path": str(path), "verb": "restore"}
    commands = process.run(**words)["commands"]
    chance = random.Random(11)
    somewhere = [[chance.randint(1, commands), chance.choice(["before", "after"])] for _ in range(6)]
    for crash in [*RESTORE_MARKS, *somewhere]:
        await forget(place)
        assert process.run(crash, **words)["status"] == "killed", crash
        again = process.run(**words, overwrite=place.target)
        assert again["resumed"] or not isinstance(crash, str), crash
        assert (await contents_of(place.client, place.target), await shapes_of(place.client, place.target)) == wanted
    assert await place.held() == [f"{place.prefix}_restore"]
