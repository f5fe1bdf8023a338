"""The whole story on a platform at work: every step goes as docs/story.md tells it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from servers.platform import Platform

CHECKOUT = Path(__file__).parents[4]
PAGE = CHECKOUT / "docs" / "story.md"
NEW_EACH_TIME = re.compile(r"\bD[0-9A-Z]{10}\b|\d+ rows checked")
"""Order numbers, and how much else was written into the audit log."""


def _play(running: Platform, page: Path, api: str = "") -> subprocess.CompletedProcess[str]:
    env = {name: text for name, text in os.environ.items() if not name.startswith("DARAA_")}
    return subprocess.run(
        [sys.executable, "scripts/story.py", api or running.api, "--home", str(running.home), "--page", str(page)],
        cwd=CHECKOUT,
        env=env | dict(running.settings),
        capture_output=True,
        text=True,
        timeout=240,
    )


def _steps(page: Path) -> list[str]:
    return NEW_EACH_TIME.sub("…", page.read_text(encoding="utf-8")).splitlines()


def test_the_whole_story_goes_as_its_page_tells_it(running: Platform, tmp_path: Path) -> None:
    told = tmp_path / "story.md"
    played = _play(running, told)
    assert played.returncode == 0, played.stdout + played.stderr
    if os.environ.get("DARAA_TEST_WRITE_GOLDEN"):
        PAGE.write_text(told.read_text(encoding="utf-8"), encoding="utf-8")
    assert _steps(told) == _steps(PAGE)
    assert max(map(len, played.stdout.splitlines())) <= 120


@pytest.mark.slow
def test_the_story_can_be_told_again_on_the_same_platform(running: Platform, tmp_path: Path) -> None:
    again = tmp_path / "again.md"
    played = _play(running, again)
    assert played.returncode == 0, played.stdout + played.stderr
    assert _steps(again) == _steps(PAGE)


def test_the_story_stops_at_the_first_surprise_and_shows_the_answer(running: Platform, tmp_path: Path) -> None:
    page = tmp_path / "story.md"
    played = _play(running, page, f"{running.api}/nowhere")
    assert played.returncode == 1
    assert "answered 404, not 401" in played.stderr
    assert not page.exists()
