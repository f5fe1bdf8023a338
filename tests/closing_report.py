"""Ends a run with its totals, each skip reason with its count, and what to install to run those tests too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

_APT = re.compile(r"\(apt-get install ([a-z0-9.+ -]+)\)")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--allowed-skips FILE`: lines `reason | why it is allowed`; a skip with another reason fails the run."""
    parser.addoption("--allowed-skips", metavar="FILE", help="fail on a skip whose reason this file does not name")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Sets the exit status before pytest prints, and prints below pytest's own closing line unless CI reads that."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    strict = session.config.getoption("--allowed-skips")
    if strict and unlisted_skips(reporter, Path(strict)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    if reporter is not None and not strict:
        write_closing(reporter)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """In the strict run pytest's own line stays the last one, so the report goes above it."""
    if strict := config.getoption("--allowed-skips"):
        write_closing(terminalreporter)
        for reason, count in unlisted_skips(terminalreporter, Path(strict)).items():
            terminalreporter.write_line(f"not in {strict}, so the run fails: {count} x {reason}", red=True)


def write_closing(reporter: pytest.TerminalReporter) -> None:
    """`N passed, 0 failed, S skipped`, the reasons below it, and one line that installs what is missing."""
    passed, failed, errors = (len(reporter.stats.get(kind, [])) for kind in ("passed", "failed", "error"))
    reasons = skip_reasons(reporter)
    reporter.ensure_newline()
    reporter.write_line(f"{passed} passed, {failed + errors} failed, {reasons.total()} skipped")
    for reason, count in reasons.most_common():
        reporter.write_line(f"  {count:>4} x {reason}")
    packages = sorted({name for reason in reasons for found in _APT.findall(reason) for name in found.split()})
    if packages:
        reporter.write_line(f"To run them too: apt-get install {' '.join(packages)}")


def skip_reasons(reporter: pytest.TerminalReporter) -> Counter[str]:
    """Every reason that a test or a module was skipped for, and how often."""
    return Counter(_reason_of(report) for report in reporter.stats.get("skipped", []))


def unlisted_skips(reporter: pytest.TerminalReporter | None, allowed: Path) -> Counter[str]:
    """The skips whose reason the committed list does not name."""
    if reporter is None:
        return Counter()
    names = {line.split("|")[0].strip() for line in allowed.read_text("utf-8").splitlines() if not line.startswith("#")}
    return Counter({reason: count for reason, count in skip_reasons(reporter).items() if reason not in names})


def _reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """pytest keeps a skip as (file, line, "Skipped: reason")."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
