"""A tool is there whole or not at all: builds that fail or are repeated, with a compiler that we can make fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "build_tools.py"
WRITES_BINARY = 'while [ "$1" != --root ]; do shift; done; echo "#!/bin/sh" > "$2/bin/secantusd-rs"'


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    return tmp_path / "tools"


def build(tools: Path, cargo: str, *, go: str | None = None, expect: int) -> str:
    """Runs the script with `cargo` as the whole compiler; both tools where there is a `go` too."""
    programs = tools.parent / "bin"
    programs.mkdir(exist_ok=True)
    for name, text in {"cargo": cargo, "go": go or "exit 1"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    env = {"DARAA_TOOLS": str(tools), "PATH": f"{programs}{os.pathsep}{os.defpath}"}
    command = [sys.executable, str(SCRIPT), "secantus-mdb", *(["minio"] if go else [])]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def built(tools: Path) -> list[Path]:
    return list(tools.glob("secantus-mdb-*/bin/secantusd-rs"))


def test_a_build_that_dies_half_way_leaves_no_tool_and_says_where_the_log_is(tools: Path) -> None:
    said = build(tools, f"{WRITES_BINARY}; echo 'error: linker killed'; exit 101", expect=1)
    assert built(tools) == []
    assert "error: linker killed" in said
    assert "exit 101" in said
    assert str(tools / "secantus-mdb.log") in said


def test_the_next_run_builds_from_scratch_and_later_runs_build_nothing(tools: Path) -> None:
    build(tools, "exit 1", expect=1)
    assert "built in" in build(tools, WRITES_BINARY, expect=0)
    assert len(built(tools)) == 1
    assert build(tools, "exit 1", expect=0).rstrip().endswith(": there")


def test_a_compiler_that_makes_nothing_is_a_failure_even_when_it_claims_success(tools: Path) -> None:
    assert "the build failed" in build(tools, "exit 0", expect=1)
    assert built(tools) == []


def test_what_became_of_each_tool_is_said_in_their_order_whichever_ends_first(tools: Path) -> None:
    said = build(tools, f"sleep 0.5; {WRITES_BINARY}", go='echo "#!/bin/sh" > "$GOBIN/minio"', expect=0)
    ends = [line.split()[0] for line in said.splitlines() if "built in" in line]
    assert ends == ["secantusd-rs", "minio"]


def test_one_failed_build_is_a_failure_beside_one_that_went_well(tools: Path) -> None:
    assert "minio: the build failed (exit 3)" in build(tools, WRITES_BINARY, go="exit 3", expect=1)
    assert len(built(tools)) == 1


def test_an_unknown_tool_is_refused_with_the_known_names() -> None:
    command = [sys.executable, str(SCRIPT), "mongod"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such tool: mongod; known: secantus-mdb, minio" in done.stdout
