"""A part that keeps dying, or dies before the platform was ready, ends the run; the others are stopped."""

import os
import signal
import time
from pathlib import Path

import pytest

from servers.platform import kill_and_see_it_return, nothing_is_left, platform


@pytest.mark.slow
def test_a_part_that_keeps_dying_ends_the_run_with_everything_stopped(
    made_home: Path, settings: dict[str, str]
) -> None:
    with platform(made_home, settings) as started:
        started.ready()
        for _ in range(3):
            kill_and_see_it_return(started, "redis cache")
        os.kill(started.pids()["redis cache"], signal.SIGKILL)
        assert started.ended() == 1
        assert "error: redis cache ended by SIGKILL" in started.text
        assert "died 4 times within a minute" in started.text
        nothing_is_left(made_home, settings)


@pytest.mark.slow
def test_a_part_that_dies_during_the_start_ends_it_with_its_name(made_home: Path, settings: dict[str, str]) -> None:
    with platform(made_home, settings) as started:
        started.said("Database accounts and schema")
        os.kill(started.pids()["database"], signal.SIGKILL)
        killed = time.monotonic()
        assert started.ended() == 1
        assert time.monotonic() - killed < 20
        assert "error: database ended by SIGKILL" in started.text
        nothing_is_left(made_home, settings)
