"""However a run ends - asked to, in the middle of its start, or killed - nothing stays and nothing is lost."""

import os
import signal
from pathlib import Path

import pytest
import redis

from servers.platform import Platform, gone_within, nothing_is_left, platform, processes_of, within

MARK = "written before the end"


def state(run: Platform) -> redis.Redis:
    return redis.Redis(
        host="127.0.0.1",
        port=int(run.settings["DARAA_EMBEDDED_REDIS_STATE_PORT"]),
        username="daraa",
        password=(run.home / "secrets/redis_daraa").read_text().strip(),
    )


def _in_append_only_file(home: Path) -> bool:
    return any(MARK.encode() in path.read_bytes() for path in (home / "redis").rglob("*.aof"))


def test_after_kill_9_every_child_dies_and_the_next_start_finds_all_that_was_confirmed(
    made_home: Path, settings: dict[str, str]
) -> None:
    with platform(made_home, settings) as first:
        first.ready()
        with first.mongo() as client:
            confirmed = client.probe.marks.insert_one({"_id": MARK})
            assert confirmed.acknowledged
        with state(first) as client:
            assert client.set(MARK, "1")
        # Redis keeps such a write back while an earlier one is on its way to the disk, though it has said yes.
        assert within(30, lambda: _in_append_only_file(made_home)), "the write never came to the file"
        first.signal(signal.SIGKILL)
        assert gone_within(made_home, 30), processes_of(made_home)
        assert first.ended() == -signal.SIGKILL
        nothing_is_left(made_home, settings)
    with platform(made_home, settings) as second:
        assert second.ready()["products"] == "200"
        with second.mongo() as client:
            assert client.probe.marks.find_one({"_id": MARK})
        with state(second) as client:
            assert client.get(MARK) == b"1"
        second.signal(signal.SIGTERM)
        assert second.ended() == 0
        nothing_is_left(made_home, settings)


def test_ctrl_c_stops_everything_in_reverse_order_and_is_no_failure(made_home: Path, settings: dict[str, str]) -> None:
    with platform(made_home, settings) as started:
        started.ready()
        started.signal(signal.SIGINT)
        assert started.ended() == 0
        after = started.lines[started.lines.index("Stopping.") + 1 :]
        names = [line.strip().removesuffix(" stopped") for line in after]
        assert names[:2] == ["worker", "api 1"]
        assert names[2] == "provider", "the API may ask it until it has ended"
        assert sorted(names[3:]) == ["database", "redis cache", "redis state"]
        assert "error" not in started.text
        nothing_is_left(made_home, settings)


def test_ctrl_c_in_the_middle_of_the_first_start_stops_all_and_is_no_success(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    home = tmp_path / "state"
    few = settings | {"DARAA_EMBEDDED_DEMO_PRODUCTS": "0"}
    with platform(home, few) as started:
        started.said("^Schema")
        started.signal(signal.SIGINT)
        assert started.ended(20) == 1
        assert "error: Stopped before the platform was ready." in started.text
        assert not (home / "VERSION").exists()
        nothing_is_left(home, few)


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_a_part_that_will_not_end(made_home: Path, settings: dict[str, str]) -> None:
    with platform(made_home, settings) as started:
        started.ready()
        # A stopped process cannot answer SIGTERM: it would get its whole time.
        os.kill(started.pids()["worker"], signal.SIGSTOP)
        started.signal(signal.SIGINT)
        started.said("^Stopping", 30)
        started.signal(signal.SIGINT)
        assert started.ended(5) == 0
        nothing_is_left(made_home, settings)


@pytest.mark.slow
def test_a_reader_that_went_away_does_not_keep_the_parts_from_being_stopped(
    made_home: Path, settings: dict[str, str]
) -> None:
    with platform(made_home, settings, read_until="ready in") as started:
        started.ready()
        started.signal(signal.SIGHUP)
        assert started.ended() == 0
        nothing_is_left(made_home, settings)
    log = (made_home / "logs" / "redis-state.log").read_text()
    assert "Redis is now ready to exit" in log
