"""The tour on a machine without any toolchain: the Python database server from the wheel."""

import os
import shutil
from pathlib import Path

import pytest

from servers.platform import CLOSING, free_ports, nothing_is_left, run_once


@pytest.mark.portable
def test_the_tour_is_the_same_on_the_python_server(tmp_path: Path) -> None:
    others = ("mongod", "secantusd-rs")
    path = [
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not any(shutil.which(o, path=folder) for o in others)
    ]
    bare = {"PATH": os.pathsep.join(path), "DARAA_TOOLS": str(tmp_path / "no-tools")}
    settings = free_ports() | bare | {"DARAA_EMBEDDED_DEMO_PRODUCTS": "200"}
    run = run_once(tmp_path / "state", settings)
    assert run.process.returncode == 0, run.text
    assert any("secantus-py on" in line for line in run.lines), run.text
    assert any(CLOSING.match(line) for line in run.lines), run.text
    nothing_is_left(tmp_path / "state", settings)
