"""A first start that was killed anywhere is continued by the next one; a folder that is not ours is left alone."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from servers.platform import Platform, gone_within, nothing_is_left, platform, run_once


def _secrets_written(started: Platform) -> bool:
    return (started.home / "secrets/mongo_daraa_admin").exists()


def _database_began(started: Platform) -> bool:
    folder = started.home / "mongo"
    return folder.is_dir() and any(each.is_dir() and any(each.iterdir()) for each in folder.iterdir())


def _said(pattern: str) -> Callable[[Platform], bool]:
    return lambda started: started.has_said(pattern)


def _some_accounts(started: Platform) -> bool:
    if not started.has_said("^Database accounts"):
        return False
    with started.mongo() as client:
        return len(client.admin.command({"usersInfo": 1})["users"]) > 1


def _some_collections(started: Platform) -> bool:
    if not started.has_said("^Schema"):
        return False
    with started.mongo() as client:
        return len(client["daraa"].list_collection_names()) > 5


def _some_documents(started: Platform) -> bool:
    if not started.has_said("^Demo data"):
        return False
    with started.mongo() as client:
        return client["daraa"]["products"].find_one() is not None


# No moment is a line of progress: those are held back to a few a second, and a quick machine shows only the last.
MOMENTS: dict[str, Callable[[Platform], bool]] = {
    "its secrets were written": _secrets_written,
    "its database was being made": _database_began,
    "its database had started": _said("^  database:"),
    "its accounts were being made": _some_accounts,
    "its schema was about to be applied": _said("^Schema"),
    "its schema was being applied": _some_collections,
    "its demo data was being loaded": _some_documents,
    "its market was being seeded": _said("^What a market starts with"),
}


def _killed(home: Path, settings: dict[str, str], moment: str) -> None:
    with platform(home, settings) as started:
        started.stop_when(MOMENTS[moment])
        started.signal(signal.SIGKILL)
        assert gone_within(home, 30)
        assert started.ended() == -signal.SIGKILL
    assert not (home / "VERSION").exists()
    nothing_is_left(home, settings)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_first_start_killed_at_any_moment_is_continued_by_the_next(
    tmp_path: Path, settings: dict[str, str], moment: str
) -> None:
    """Killed at its moment, and the next start again while it begins."""
    home = tmp_path / "state"
    _killed(home, settings, moment)
    _killed(home, settings, "its database had started")
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
