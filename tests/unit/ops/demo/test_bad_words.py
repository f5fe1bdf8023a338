"""`daraa demo load` with words that make no sense: one clear message, exit status 1, and no database is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--products", "0"), "0 products cannot be loaded"),
        (("--products", "-3"), "-3 products cannot be loaded"),
        (("--products", "1000001"), "1,000,001 products cannot be loaded"),
        (("--products", "many"), "no whole number"),
        (("--products", "10", "--seed", "x"), "no whole number"),
        (("--products", "10", "--today", "yesterday"), "no day"),
    ],
)
def test_words_that_make_no_sense_end_with_one_clear_message(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    env = {"PATH": os.environ["PATH"], "DARAA_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-P", "-m", "daraa.cli", "demo", "load", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
