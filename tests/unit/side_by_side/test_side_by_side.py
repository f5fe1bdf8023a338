"""What several test processes report has to arrive whole: their failures, their skips, and text that is no Unicode."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from side_by_side import pytest_xdist_auto_num_workers

pytest_plugins = ["pytester"]

FOLDER = Path(__file__).resolve().parents[2]
LONE_SURROGATE = "import logging\ndef test_logs_it(): logging.getLogger().warning('file \\udce4.txt')\n"
FAILS_WITH_IT = "def test_fails_with_it(): raise AssertionError('file \\udce4.txt')\n"
SKIPS = "import pytest\ndef test_skips(): pytest.skip('a full moon is needed')\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    pytester.makeconftest('pytest_plugins = ["closing_report", "side_by_side"]')
    pytester.makepyfile(test_a=LONE_SURROGATE, test_b=SKIPS, test_c="def test_passes(): pass\n")
    return pytester


def test_text_that_is_no_unicode_does_not_end_the_run(run: pytest.Pytester) -> None:
    run.makepyfile(test_d=FAILS_WITH_IT)
    result = run.runpytest_subprocess("-n", "2", "--dist", "loadfile")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "2 passed, 1 failed, 1 skipped" in result.outlines
    result.stdout.fnmatch_lines(["*AssertionError: file *udce4.txt*"])


def test_the_skips_of_all_processes_are_judged_together(run: pytest.Pytester) -> None:
    allowed = run.makefile(".txt", "# none")
    result = run.runpytest_subprocess("-n", "2", "--dist", "loadfile", f"--allowed-skips={allowed}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["not in *, so the run fails: 1 x a full moon is needed"])

    allowed.write_text("a full moon is needed | it is November\n")
    assert run.runpytest_subprocess("-n", "2", "--dist", "loadfile", f"--allowed-skips={allowed}").ret == 0


@pytest.mark.parametrize(("cores", "processes"), [(None, 1), (1, 1), (2, 2), (64, 4)])
def test_as_many_processes_as_cores_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, processes: int
) -> None:
    monkeypatch.delenv("DARAA_TEST_MONGO_URI", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert pytest_xdist_auto_num_workers() == processes


def test_a_database_that_others_use_too_gets_one_process(run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARAA_TEST_MONGO_URI", "mongodb://127.0.0.1:1")
    run.runpytest_subprocess("-n", "auto").stdout.fnmatch_lines(["created: 1/1 worker"])
