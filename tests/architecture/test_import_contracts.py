"""A contract that nothing can break proves nothing: each is broken once, on a copy, and must be the one refused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / ".importlinter"

# One import that a tired developer might write, in a file of its own so that it breaks nothing else.
VIOLATIONS = {
    "rooms": ("market/tired.py", "import daraa.ops"),
    "drivers": ("kernel/tired.py", "import pymongo"),
    "siblings": ("kernel/__init__.py", "import daraa.kernel.tired_one, daraa.kernel.tired_two"),
    "capabilities": ("market/tired.py", "import daraa.market.{capability}.repository"),
    "duties-without-product": ("jobs/schedules.py", "import daraa.market"),
    "product-without-duties": ("jobs/worker.py", "import daraa.ops"),
}


def contract_names() -> dict[str, str]:
    parser = ConfigParser()
    parser.read(CONTRACTS, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): parser[s]["name"] for s in parser.sections() if s.startswith(prefix)}


def broken_contracts(tree: Path) -> set[str]:
    """The names of the contracts that the package below `tree` breaks."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache", "--config", str(CONTRACTS)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts" in done.stdout, done.stdout + done.stderr
    return set(re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src" / "daraa", tmp_path / "daraa", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_has_its_deliberate_violation() -> None:
    assert set(contract_names()) == set(VIOLATIONS)


def test_every_repository_is_behind_a_front_door() -> None:
    protected = set(re.findall(r"daraa\.market\.\*\.(\w*repository)\b", CONTRACTS.read_text("utf-8")))
    assert {path.stem for path in (ROOT / "src/daraa/market").glob("*/*repository.py")} == protected


def test_the_package_as_it_stands_keeps_every_contract(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_one_wrong_import_breaks_exactly_its_contract(contract: str, tree: Path) -> None:
    relative, line = VIOLATIONS[contract]
    repositories = sorted((tree / "daraa" / "market").glob("*/repository.py"))
    line = line.format(capability=repositories[0].parent.name if repositories else "")
    if contract == "siblings":
        (tree / "daraa/kernel/tired_one.py").write_text("import daraa.kernel.tired_two\n")
        (tree / "daraa/kernel/tired_two.py").write_text("import daraa.kernel.tired_one\n")
    with (tree / "daraa" / relative).open("a") as file:
        file.write(f"\n{line}\n")
    assert broken_contracts(tree) == {contract_names()[contract]}
