"""docs/market.md has every invariant once, and the modules and tests that it names exist."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/market.md").read_text(encoding="utf-8")
NOT_BUILT = {"I9", "I13"}


@cache
def every_test() -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return frozenset(
        name for text in texts for name in re.findall(r"^\s*(?:async )?def (test_\w+)", text, re.MULTILINE)
    )


def test_every_invariant_is_kept_or_said_not_to_be_built() -> None:
    rows = re.findall(r"^\| (I\d+) \|", PAGE, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) | NOT_BUILT == {f"I{number}" for number in range(1, 19)}
    absent = PAGE.partition("**Not built.**")[2].partition("\n\n")[0]
    assert all(re.search(rf"\b{name}\b", absent) for name in NOT_BUILT)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_a_test_that_is_named_exists(name: str) -> None:
    assert name in every_test()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([a-z_]+/[a-z_]+\.py)`", PAGE))))
def test_a_module_that_is_named_exists(name: str) -> None:
    rooms = ROOT / "src/daraa"
    assert (rooms / "market" / name).is_file() or (rooms / name).is_file()


def test_every_kind_of_journal_that_is_posted_is_on_the_page() -> None:
    source = (ROOT / "src/daraa/market/wallets/postings.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'f"([a-z_]+:)\{', source))
    assert keys
    assert [key for key in sorted(keys) if f"`{key}" not in PAGE] == []
