"""The platform from an empty folder to its closing block, then at work: what it promises, and a part that is killed."""

import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from daraa.api.health import FRESH_S, LONGEST_S
from servers.platform import CLOSING, Platform, kill_and_see_it_return, nothing_is_left, platform, within


def test_a_first_start_ends_with_the_promised_block_and_leaves_nothing_running(first_start: Any) -> None:
    run: Platform = first_start.run
    blocks = [match for line in run.lines if (match := CLOSING.match(line))]
    assert len(blocks) == 1, run.text
    assert blocks[0]["products"] == "200"
    assert blocks[0]["api"] == run.api
    assert blocks[0]["home"] == str(first_start.home)
    assert 'search "أحمد" finds "احمد" ✓' in blocks[0][0]
    assert (first_start.home / "VERSION").is_file()
    nothing_is_left(first_start.home, first_start.settings)


def test_the_parts_are_stopped_in_the_reverse_of_their_order(first_start: Any) -> None:
    lines: list[str] = first_start.run.lines
    stopped = [line.removesuffix(" stopped").strip() for line in lines if line.endswith(" stopped")]
    assert stopped[0] == "worker"
    assert stopped[1] == "api 1"
    assert stopped[2] == "provider"
    assert set(stopped[3:]) == {"database", "redis cache", "redis state"}


def test_a_second_start_loads_nothing_twice(first_start: Any, running: Platform) -> None:
    block = running.ready()
    assert block["products"] == "200"
    for step in ("Schema.", "Demo data.", "What a market starts with."):
        assert step in first_start.run.lines
        assert step not in running.lines


def test_a_first_start_leaves_a_market_that_needs_no_seeding(running: Platform) -> None:
    status, tree = running.get("/v1/delivery-zones")
    assert status == 200
    codes = {zone["code"] for zone in tree["data"]}
    assert {"daraa", "damascus", "aleppo", "homs"} <= codes, "the demo's own cities and those of the seed"


def test_what_the_block_promises_is_there(running: Platform) -> None:
    assert running.get("/health/ready")[0] == 200
    assert running.get("/health/ready?role=write")[0] == 200
    status, page = running.get("/v1/products?limit=5")
    assert (status, len(page["data"])) == (200, 5)
    assert len([name for name in running.pids() if name.startswith("api ")]) == 2


def test_a_second_run_on_the_same_folder_is_refused_and_names_the_first(running: Platform) -> None:
    with platform(running.home, running.settings, "--once") as second:
        assert second.ended() == 1
        assert f"already runs in {running.home} (process {running.process.pid})" in second.text
    assert running.get("/health/ready")[0] == 200


def test_no_secret_is_in_a_command_line_an_environment_or_a_log(running: Platform) -> None:
    secrets = {path.name: path.read_bytes().strip() for path in (running.home / "secrets").iterdir()}
    assert {"mongo_daraa_admin", "mongo_daraa_app", "redis_daraa", "cursor_key"} <= set(secrets)
    looked_at = psutil.Process(running.process.pid).children(recursive=True)
    assert len(looked_at) == 7
    for name, secret in secrets.items():
        for process in [running.process.pid, *(child.pid for child in looked_at)]:
            for kind in ("cmdline", "environ"):
                assert secret not in Path(f"/proc/{process}/{kind}").read_bytes(), f"{name} in {kind} of {process}"
        for log in (running.home / "logs").rglob("*"):
            assert secret not in log.read_bytes(), f"{name} in {log}"
        assert secret.decode() not in running.text


def _names_the_database(status: int, body: Any) -> bool:
    return status == 503 and "database" in body.get("failing", ())


def test_readiness_names_the_killed_database_within_five_seconds_and_recovers(running: Platform) -> None:
    assert FRESH_S + LONGEST_S <= 5, "the oldest look that may still be told, and the longest one"
    seen, database = len(running.lines), running.pids()["database"]
    # The supervisor waits meanwhile: on a busy machine the database would be back before anybody looked.
    running.signal(signal.SIGSTOP)
    try:
        os.kill(database, signal.SIGKILL)
        assert within(30, lambda: _names_the_database(*running.get("/health/ready")))
    finally:
        running.signal(signal.SIGCONT)
    running.said(r"^  database: .* again$", within_s=40, after=seen)
    assert within(20, lambda: running.get("/health/ready?role=write")[0] == 200)
    assert running.get("/v1/products?limit=1")[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redis cache", "redis state", "api 1", "api 2", "provider", "worker"])
def test_every_killed_part_is_started_again_and_the_platform_is_ready(running: Platform, name: str) -> None:
    kill_and_see_it_return(running, name)
    assert within(20, lambda: running.get("/health/ready?role=write")[0] == 200)
