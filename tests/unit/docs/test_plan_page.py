"""docs/plan.md maps every row of the owner's plan, and what it names exists."""

import re
from pathlib import Path

import pytest

from daraa.cli import NOUNS

ROOT = Path(__file__).parents[3]
STATES = {"done", "part", "differs", "later"}
ROWS = (
    *("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3", "6.1", "6.2", "6.3"),
    *("database names", "order states", "retention", "archive, ledger, audit apart", "account names"),
    *("ids, money, time", "search", "rating", "response time", "throughput", "database query", "cache hit rate"),
    *("uptime", "failover", "recovery", "data loss", "users", "data", "scaling", "expected size"),
)


def table() -> dict[str, tuple[str, ...]]:
    rows = {}
    for line in (ROOT / "docs/plan.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 6 and cells[0] not in ("row", "---"):
            assert cells[0] not in rows, f"row {cells[0]} stands twice"
            rows[cells[0]] = tuple(cells[1:])
    return rows


def test_every_row_of_the_plan_is_mapped_and_no_other() -> None:
    assert sorted(table()) == sorted(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_what_a_row_names_exists(row: str) -> None:
    _, state, command, test, reason = table()[row]
    assert state in STATES
    for noun in re.findall(r"`daraa (\w+)", command):
        assert noun in NOUNS
    for path in re.findall(r"`(tests/[^`]+)`", test):
        found = ROOT / path
        assert found.exists(), path
        assert found.is_file() or any(found.rglob("test_*.py")), f"{path} holds no test"
    if state in ("done", "part", "differs"):
        assert test, f"row {row} is {state} but names no test"
    if state in ("part", "differs"):
        assert reason, f"row {row} is {state}: say what is missing or why"
