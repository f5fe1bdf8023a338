"""`demo load` is killed with SIGKILL before and after every database command, run again, and ends the same."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factories.demo import DemoDatabase

pytestmark = pytest.mark.anyio
PRODUCTS, DAY = 3, "2040-11-23"  # the server removes notifications of 90 days ago, by its own clock


class Loading:
    """The process that forks a child for every load."""

    def __init__(self) -> None:
        here = Path(__file__)
        self._process = subprocess.Popen(
            [sys.executable, str(here.with_name("load_process.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(here.parents[3])},
        )  # fmt: skip

    def run(self, place: DemoDatabase, crash: tuple[int, str] | None = None) -> dict[str, Any]:
        """One load to its end or to its death."""
        words = {"settings": place.settings.model_dump_json(), "products": PRODUCTS, "day": DAY, "crash": crash}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert answer["status"] != "failed", answer
        return answer

    def stop(self) -> None:
        """End the process; it has no child between two loads."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture(scope="module")
def loading() -> Iterator[Loading]:
    process = Loading()
    yield process
    process.stop()


async def test_a_load_killed_again_and_again_still_arrives(place: DemoDatabase, loading: Loading) -> None:
    """Every run gets one command further than the one before, and dies before or after it, in one database."""
    undisturbed = loading.run(place)
    wanted = await place.hashes()
    await place.empty()
    deaths = 0
    for number in range(1, undisturbed["commands"] + 1):
        for when in ("before", "after"):
            deaths += loading.run(place, (number, when))["status"] == "killed"
    assert deaths > undisturbed["commands"]
    loading.run(place)
    assert await place.hashes() == wanted
    assert loading.run(place)["added"] == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_kill_at_any_command_is_mended_by_the_next_run(place: DemoDatabase, loading: Loading) -> None:
    """The whole matrix: each command of a load into an empty database, before and after."""
    undisturbed = loading.run(place)
    wanted = await place.hashes()
    for number in range(1, undisturbed["commands"] + 1):
        for when in ("before", "after"):
            await place.empty()
            assert loading.run(place, (number, when))["status"] == "killed", (number, when)
            loading.run(place)
            assert await place.hashes() == wanted, f"killed {when} command {number}"
