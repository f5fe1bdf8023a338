"""Every command that a document shows exists; what stands in a shell block is run by the test named here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from daraa.cli import NOUNS, load_noun

ROOT = Path(__file__).parents[3]
GENERATED = ("docs/collections/", "docs/cli.md", "docs/settings.md")
DOCUMENTS = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
    if not str(path.relative_to(ROOT)).startswith(GENERATED)
]
# Commands of shell blocks → the test that runs them on a real machine.
RUN_BY = {
    "make up": "tests/bare/test_bare_debian.py",
    "make test": "tests/bare/test_bare_debian.py",
}


def blocks(path: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shell_block_is_run_by_a_test(path: Path) -> None:
    for block in blocks(path):
        for line in block.strip().splitlines():
            assert line in RUN_BY, f"{line!r} stands in a document but no test runs it"
            assert (ROOT / RUN_BY[line]).is_file()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_daraa_command_that_is_named_exists(path: Path) -> None:
    for noun, verbs in re.findall(r"`daraa ([a-z-]+)((?: [a-z|-]+)*)", path.read_text(encoding="utf-8")):
        assert noun in NOUNS, f"daraa {noun}"
        command = load_noun(noun)
        for verb in re.findall(r"[a-z-]+", verbs):
            known = getattr(command, "commands", {})
            assert not known or verb in known, f"daraa {noun} {verb}"
            command = known[verb] if getattr(known.get(verb), "commands", {}) else command


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for target in re.findall(r"`make ([a-z -]+)", path.read_text(encoding="utf-8")):
        assert set(target.split()) <= targets, f"make {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("name", ["README.md", "README.ar.md"])
def test_a_readme_stays_short(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) < 150


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_every_noun_explains_itself(noun: str) -> None:
    command = [sys.executable, "-m", "daraa.cli", noun, "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert NOUNS[noun].split(".")[0][:20] in answer.stdout


def test_the_sample_in_the_readme_is_the_code() -> None:
    shown = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    code = (ROOT / "src/daraa/collections/orders.py").read_text(encoding="utf-8").splitlines()
    lines = [line for block in shown for line in block.splitlines() if line.strip() not in ("", "…")]
    assert lines
    assert [line for line in lines if line not in code] == []
