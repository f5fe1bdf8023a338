"""A part that is killed under a running platform is started again, and said so; readiness tells what is missing."""

import os
import signal
import time

import pytest

from servers.platform import Platform, nothing_is_left, platform, within


def kill_and_see_it_return(running: Platform, name: str) -> None:
    before, seen = running.pids()[name], len(running.lines)
    os.kill(before, signal.SIGKILL)
    running.said(rf"^! {name} ended by SIGKILL", within_s=5, after=seen)
    running.said(rf"^  {name} is started again in", within_s=5, after=seen)
    running.said(rf"^  {name}: .*\(pid \d+\) again$", within_s=40, after=seen)
    assert running.pids()[name] != before


def test_readiness_names_the_killed_database_within_five_seconds_and_recovers(running: Platform) -> None:
    seen, killed = len(running.lines), time.monotonic()
    os.kill(running.pids()["database"], signal.SIGKILL)
    status, body = 200, {}
    while status == 200 and time.monotonic() - killed < 5:
        status, body = running.get("/health/ready")
        time.sleep(0.1)
    assert status == 503
    assert "database" in body["failing"]
    assert time.monotonic() - killed < 5
    running.said(r"^  database: .* again$", within_s=40, after=seen)
    assert within(20, lambda: running.get("/health/ready?role=write")[0] == 200)
    assert running.get("/v1/products?limit=1")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redis cache", "redis state", "api 1", "api 2", "worker"])
def test_every_killed_part_is_started_again_and_the_platform_is_ready(running: Platform, name: str) -> None:
    kill_and_see_it_return(running, name)
    assert within(20, lambda: running.get("/health/ready?role=write")[0] == 200)


@pytest.mark.slow
def test_a_part_that_keeps_dying_ends_the_run_with_everything_stopped(made_home, settings: dict[str, str]) -> None:
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
def test_a_part_that_dies_during_the_start_ends_it_with_its_name(made_home, settings: dict[str, str]) -> None:
    with platform(made_home, settings) as started:
        started.said("Database accounts and schema")
        os.kill(started.pids()["database"], signal.SIGKILL)
        killed = time.monotonic()
        assert started.ended() == 1
        assert time.monotonic() - killed < 10
        assert "error: database ended by SIGKILL" in started.text
        nothing_is_left(made_home, settings)
