"""The closing report is what a newcomer and CI read: its lines and its verdict are checked on small real runs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
from system_needs import missing, needs
import pytest

def test_passes(): pass

@needs("no-such-server", apt="no-such-package", why="a real server is wanted")
def test_marked(): pass

@pytest.mark.parametrize("n", [1, 2])
def test_found_missing(n): missing("other-server", apt="zeta alpha", why="it is compared with")

def test_plain(): pytest.skip("a full moon is needed")
"""
FOLDER = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(FOLDER))
    pytester.makeconftest('pytest_plugins = ["closing_report"]')
    pytester.makepyfile(TESTS)
    return pytester


def test_the_report_ends_with_totals_reasons_and_one_apt_line(run: pytest.Pytester) -> None:
    result = run.runpytest_subprocess()
    assert result.ret == 0
    assert result.outlines[-5:] == [
        "1 passed, 0 failed, 4 skipped",
        "     2 x other-server is not installed: it is compared with (apt-get install zeta alpha)",
        "     1 x no-such-server is not installed: a real server is wanted (apt-get install no-such-package)",
        "     1 x a full moon is needed",
        "To run them too: apt-get install alpha no-such-package zeta",
    ]


def test_a_skip_that_the_list_does_not_name_fails_the_strict_run(run: pytest.Pytester) -> None:
    allowed = run.makefile(
        ".txt",
        "# comment",
        "other-server is not installed: it is compared with (apt-get install zeta alpha) | Debian lacks it",
        "no-such-server is not installed: a real server is wanted (apt-get install no-such-package) | so does this one",
    )
    result = run.runpytest_subprocess(f"--allowed-skips={allowed}")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["not in *, so the run fails: 1 x a full moon is needed"])
    assert "1 passed, 4 skipped" in result.outlines[-1]

    allowed.write_text(allowed.read_text() + "\na full moon is needed | it is November\n")
    assert run.runpytest_subprocess(f"--allowed-skips={allowed}").ret == 0


def test_a_failure_and_an_error_both_count_as_failed(run: pytest.Pytester) -> None:
    run.makepyfile(
        test_bad="""
        import pytest
        @pytest.fixture
        def broken(): raise RuntimeError
        def test_fails(): assert 1 == 2
        def test_errs(broken): pass
        """
    )
    result = run.runpytest_subprocess()
    assert result.ret == 1
    assert "1 passed, 2 failed, 4 skipped" in result.outlines
