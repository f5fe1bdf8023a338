"""`daraa demo load` as it is called: what it prints, and its exit status when the words make no sense."""

import json
import os
import subprocess
import sys

import pytest

from factories.database import environment
from factories.demo import DemoDatabase

pytestmark = pytest.mark.anyio


def daraa(place: DemoDatabase, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **environment(place.settings)}
    command = [sys.executable, "-P", "-m", "daraa.cli", "demo", "load", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


async def test_it_tells_counts_and_speed_as_json_and_then_that_nothing_is_missing(place: DemoDatabase) -> None:
    done = daraa(place, "--products", "20", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["products"] == said["added_by_collection"]["products"] == 20
    assert said["added"] == said["documents_handled"] == sum(said["added_by_collection"].values())
    assert said["documents_per_second"] > 0
    assert 20 < said["peak_memory_mb"] < 500
    again = daraa(place, "--products", "20")
    assert again.returncode == 0
    assert "nothing was added" in again.stdout
