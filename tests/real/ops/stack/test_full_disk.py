"""A disk without room is told before a first start; one that fills up under a running platform loses nothing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from servers.platform import Platform, nothing_is_left, platform, run_once

pytestmark = [pytest.mark.root, pytest.mark.slow]
ENOUGH = "480m"


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own and of a fixed size."""
    if os.geteuid() != 0:
        pytest.skip("root is needed: a small file system is mounted")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={getattr(request, 'param', ENOUGH)},mode=0700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("disk", ["350m"], indirect=True)
def test_a_first_start_is_refused_where_there_is_too_little_room(disk: Path, settings: dict[str, str]) -> None:
    run = run_once(disk / "state", settings)
    assert run.process.returncode == 1
    assert f"The disk of {disk}/state has 350 MB free; a first start needs 400 MB." in run.text
    assert not list(disk.iterdir())


def test_a_disk_that_fills_up_ends_the_run_with_a_clear_message_and_loses_nothing(
    disk: Path, first_start: Any, settings: dict[str, str]
) -> None:
    home = shutil.copytree(first_start.home, disk / "state")
    with platform(home, settings) as started:
        started.ready()
        confirmed = _write_until_it_is_full(started, disk)
        assert started.ended(60) == 1
        assert f"error: The disk of {home} is full" in started.text
        assert "Free some space and start again" in started.text
        nothing_is_left(home, settings)
    assert confirmed

    refused = run_once(home, settings)
    assert refused.process.returncode == 1
    assert f"The disk of {home} is full" in refused.text
    assert "Nothing was started." in refused.text

    (disk / "filler").unlink()
    with platform(home, settings) as again:
        assert again.ready()["products"] == "200"
        with again.mongo() as client:
            assert {row["_id"] for row in client.probe.marks.find()} >= set(confirmed)


def _write_until_it_is_full(started: Platform, disk: Path) -> list[int]:
    """Write documents while something else takes the room; returns those the server confirmed."""
    confirmed: list[int] = []
    with started.mongo() as client, (disk / "filler").open("wb", buffering=0) as filler:
        full = False
        for number in range(3000):
            try:
                if not full:
                    filler.write(bytes(4 << 20))
            except OSError:
                full = True
            try:
                client.probe.marks.insert_one({"_id": number, "text": "x" * 2000})
            except pymongo.errors.PyMongoError:
                break
            confirmed.append(number)
            if started.process.poll() is not None:
                break
    return confirmed
