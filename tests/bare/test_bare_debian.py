"""A newcomer's machine: Debian 12 with git, make and python3 only, an unprivileged user, the two README commands."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from system_needs import require

ROOT = Path(__file__).resolve().parents[2]
UP = "make up ARGS=--once"
TEST = "make test"

pytestmark = [pytest.mark.root, pytest.mark.slow]


def run_on_bare_debian(transcript: Path, *commands: str) -> str:
    """What the script printed; the test is skipped where the script cannot work."""
    if os.geteuid() != 0:
        pytest.skip("root is needed: a chroot is made")
    require("debootstrap", apt="debootstrap", why="the bare Debian is made with it")
    command = [str(ROOT / "scripts" / "bare_debian.sh"), "--transcript", str(transcript), *commands]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as running:
        try:
            said, complained = running.communicate()
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)  # the whole bare system, not only the script outside it
            raise
    assert running.returncode == 0, said[-6000:] + complained[-2000:]
    return said


@pytest.mark.timeout(2400)
def test_both_commands_work_on_a_bare_debian_as_an_unprivileged_user(tmp_path: Path) -> None:
    said = run_on_bare_debian(tmp_path / "transcript.txt", UP, TEST)

    up, test = said.split("\n$ make ")[1:]
    closing = re.search(
        r"^ready in (\d+) s · API http://127\.0\.0\.1:\d+/docs · [\d,]+ products · (.+)$", up, re.MULTILINE
    )
    assert closing, up
    assert int(closing.group(1)) <= 180
    assert "finds" in closing.group(2)
    assert "✗" not in closing.group(2)
    assert "schema clean ✓" in closing.group(2)
    assert re.search(r"^\d+ passed, 0 failed, \d+ skipped$", test, re.MULTILINE), test
    assert said.count("[left running: nothing]") == 2


@pytest.mark.proof
def test_the_transcript_of_the_same_run_is_kept_as_evidence() -> None:
    kept = ROOT / "docs" / "evidence" / "bare-debian.txt"
    assert run_on_bare_debian(kept, UP, TEST).endswith(kept.read_text("utf-8"))
