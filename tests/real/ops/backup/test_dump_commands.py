"""`daraa backup export` and `restore --from-dump` as people and programs call them."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from factories.backup_place import Place
from factories.backups import contents_of
from factories.database import environment
from factories.dumps import read_archive

pytestmark = pytest.mark.anyio


async def daraa(place: Place, tmp_path: Path, *words: str) -> tuple[int, str, str]:
    """Exit status, output and errors of one command of `daraa backup`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daraa.cli", "backup", *words,
        env=env | environment(place.settings) | {"DARAA_BACKUP_URL": str(tmp_path / "repository")},
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()


async def test_programs_get_one_object_a_line_and_people_a_sentence(place: Place, tmp_path: Path) -> None:
    manifest = await place.backup()
    status, out, err = await daraa(place, tmp_path, "export", "latest", "--archive", "dump", "--json")
    assert status == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [events[0]["event"], events[-2]["event"], events[-1]["event"]] == ["started", "finished", "exported"]
    done = events[-1]
    assert (done["backup_id"], done["documents"], done["collections"]) == (manifest.backup_id, 165, 5)
    assert done["bytes_written"] == (tmp_path / "dump").stat().st_size
    assert sum(map(len, read_archive((tmp_path / "dump").read_bytes()).documents.values())) == 165

    status, out, err = await daraa(place, tmp_path, "restore", "--from-dump", "dump", "--into", place.target, "--json")
    assert status == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert [events[0]["phase"], events[-1]["event"]] == ["reading", "restored"]
    assert (events[-1]["documents"], events[-1]["left_out"]) == (165, [])
    assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)

    status, out, _ = await daraa(place, tmp_path, "export", "latest", "--out", "folder")
    assert status == 0
    assert "5 collections and 0 views, 165 documents" in out
    assert "not encrypted" in out
    status, _, err = await daraa(place, tmp_path, "export", "latest", "--out", "folder")
    assert (status, "There is something at" in err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("export", "latest"),
        ("export", "latest", "--out", "a", "--archive", "b"),
        ("restore", "--into", "x"),
        ("restore", "latest", "--from-dump", "dump", "--into", "x"),
        ("restore", "latest", "--into", "x", "--prefix", "y"),
    ],
)
async def test_what_contradicts_itself_is_refused(place: Place, tmp_path: Path, words: tuple[str, ...]) -> None:
    status, _, err = await daraa(place, tmp_path, *words)
    assert status == 2
    assert "Invalid value" in err
