"""The rules of the house that no linter knows: small files, telling names, nothing of one machine, no secret in git."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "daraa").rglob("*.py"))
MODULES = [path for path in SOURCES if path.name != "__init__.py"]
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
MOST_LINES = 400
MOST_FUNCTION_LINES = 60


def tracked_files() -> list[Path]:
    """Every file that git would publish, committed or about to be."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, check=True)
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    found = []
    for path in files:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {m.group(0)[:60]}" for m in pattern.finditer(text)]
    return found


def test_there_are_sources_to_judge() -> None:
    assert len(SOURCES) > 50


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    counted = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in SOURCES}
    assert {name: lines for name, lines in counted.items() if lines > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MOST_FUNCTION_LINES:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {lines} lines")
    assert long == []


def test_every_name_says_what_the_module_is_for() -> None:
    parts = {part for path in SOURCES for part in path.relative_to(ROOT / "src").with_suffix("").parts}
    assert parts & VAGUE_NAMES == set()


def test_every_module_says_in_one_sentence_why_it_exists() -> None:
    silent = []
    for path in SOURCES:
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        if not docstring.split("\n\n")[0].rstrip().endswith((".", "!", "?", ":", ")", "`")):
            silent.append(str(path.relative_to(ROOT)))
    assert silent == []


def test_every_module_stands_in_a_package_that_the_wheel_carries() -> None:
    orphans = {str(p.parent.relative_to(ROOT)) for p in MODULES if not (p.parent / "__init__.py").is_file()}
    assert orphans == set()


def test_no_file_names_a_place_on_one_machine() -> None:
    places = re.compile(r"(?<![\w.$}~*-])/(?:" + "|".join(["root", "work", "Users", r"home/\w+"]) + r")/[\w.-]+")
    assert lines_matching(places, tracked_files()) == []


def test_no_lock_or_setting_names_a_package_registry_but_the_public_default() -> None:
    configured = [ROOT / "requirements.lock", ROOT / "pyproject.toml", ROOT / "Makefile"]
    assert lines_matching(re.compile(r"(?:--(?:extra-)?index-url|--find-links)\b.*|https?://\S+"), configured) == []


def test_git_holds_no_secret() -> None:
    private_key = re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----")
    cloud_key = re.compile(r"\bAKIA[0-9A-Z]{16}\b")
    address_with_password = re.compile(
        r"\b(?:mongodb|rediss?|https?)://[^\s:/@{}<>\"']+:[^\s:/@{}<>\"'*]{6,}@(?!127\.|localhost)"
    )
    files = tracked_files()
    ours = [path for path in files if ROOT / "tests" not in path.parents]  # tests need samples of what is refused
    assert lines_matching(private_key, files) + lines_matching(cloud_key, files) == []
    assert lines_matching(address_with_password, ours) == []
    named = {str(p.relative_to(ROOT)) for p in files if p.suffix in {".key", ".p12"} or p.name == ".env"}
    assert named == set()
