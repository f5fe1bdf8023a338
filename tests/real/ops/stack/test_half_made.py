"""A first start that was killed anywhere is continued by the next one; a folder that is not ours is left alone."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from servers.platform import Platform, gone_within, nothing_is_left, platform, run_once, within


def _secrets_written(started: Platform) -> bool:
    return (started.home / "secrets/mongo_daraa_admin").exists()


def _database_began(started: Platform) -> bool:
    folder = started.home / "mongo"
    return folder.is_dir() and any(each.is_dir() and any(each.iterdir()) for each in folder.iterdir())


def _said(pattern: str, then_s: float = 0.0) -> Callable[[Platform], bool]:
    def true(started: Platform) -> bool:
        started.said(pattern)
        time.sleep(then_s)
        return True

    return true


MOMENTS: dict[str, Callable[[Platform], bool]] = {
    "its secrets were written": _secrets_written,
    "its database was being made": _database_began,
    "its database had started": _said("^  database:"),
    "its accounts were being made": _said(r"^  \[\d+/\d+\] create (secret|role|account)"),
    "its schema was about to be applied": _said("^Schema"),
    "its schema was being applied": _said(r"^  \[\d+/\d+\] create: "),
    "its demo data was being loaded": _said("^Demo data", then_s=2.5),
    "its market was being seeded": _said("^What a market starts with", then_s=0.8),
}


@pytest.mark.slow
def test_a_first_start_killed_at_any_moment_is_continued_by_the_next(tmp_path: Path, settings: dict[str, str]) -> None:
    home = tmp_path / "state"
    for moment, reached in MOMENTS.items():
        with platform(home, settings) as started:
            assert within(60, lambda reached=reached, started=started: reached(started)), moment
            started.signal(signal.SIGKILL)
            assert gone_within(home, 5), moment
            assert started.ended() == -signal.SIGKILL
        assert not (home / "VERSION").exists(), moment
        nothing_is_left(home, settings)
    last = run_once(home, settings)
    assert last.process.returncode == 0, last.text
    assert "is half made" in last.text
    assert last.ready()["products"] == "200"
    assert (home / "VERSION").read_text() == "1\n"


def test_a_folder_with_other_files_is_refused_and_stays_as_it_was(tmp_path: Path, settings: dict[str, str]) -> None:
    home = tmp_path / "thesis"
    home.mkdir()
    (home / "chapter-1.odt").write_text("precious")
    run = run_once(home, settings)
    assert run.process.returncode == 1
    assert f"{home} is no Daraa folder: it holds chapter-1.odt." in run.text
    assert [path.name for path in home.iterdir()] == ["chapter-1.odt"]
