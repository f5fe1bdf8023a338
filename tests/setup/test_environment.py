"""`make` must give a working environment on machines of every kind, and never trust a half-made one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("Makefile", "pyproject.toml", "requirements.lock", "LICENSE", "README.md")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def make(checkout: Path, *arguments: str, expect: int = 0) -> str:
    env = {**os.environ, "MAKEFLAGS": "", "MAKELEVEL": ""}
    command = ["make", "-C", str(checkout), "--no-print-directory", *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what set-up reads, with its environment made once."""
    folder = tmp_path_factory.mktemp("place") / "daraa"
    folder.mkdir()
    for name in NEEDED:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    assert "· making .venv" in make(folder, "environment", f"PYTHON={sys.executable}")
    return folder


def says_its_version(checkout: Path) -> bool:
    command = [str(checkout / ".venv/bin/python"), "-c", "import daraa, pymongo; print(daraa.__file__)"]
    done = subprocess.run(command, cwd=checkout.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() == str(checkout / "src/daraa/__init__.py")


def test_a_finished_environment_is_left_alone(checkout: Path) -> None:
    assert make(checkout, "environment") == ""
    assert says_its_version(checkout)


def test_an_environment_whose_making_was_killed_is_made_anew(checkout: Path) -> None:
    (checkout / ".venv/daraa-stamp").unlink()
    (checkout / ".venv/daraa-unfinished").touch()
    shutil.rmtree(next((checkout / ".venv/lib").glob("python*/site-packages/pymongo")))
    assert "anew" in make(checkout, "environment", f"PYTHON={sys.executable}")
    assert says_its_version(checkout)


def test_an_environment_without_its_interpreter_is_made_anew(checkout: Path) -> None:
    (checkout / ".venv/bin/python").unlink()
    assert "anew" in make(checkout, "environment", f"PYTHON={sys.executable}")
    assert says_its_version(checkout)


def test_a_changed_lock_brings_the_environment_up_to_date_in_place(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text("\n".join(drop_package(lock.read_text().splitlines(), "pytest-timeout")) + "\n")
    assert "· bringing .venv up to date" in make(checkout, "environment", f"PYTHON={sys.executable}")
    assert list((checkout / ".venv/lib").glob("python*/site-packages/pytest_timeout*")) == []
    assert says_its_version(checkout)


def drop_package(lines: list[str], name: str) -> list[str]:
    """The lock without one package and its hashes."""
    kept, dropping = [], False
    for line in lines:
        dropping = line.startswith(f"{name}==") or (dropping and line.startswith(" "))
        if not dropping:
            kept.append(line)
    assert len(kept) < len(lines)
    return kept


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(checkout, moved, symlinks=True)
    assert "anew" in make(moved, "environment", f"PYTHON={sys.executable}")
    assert says_its_version(moved)


def test_a_tampered_lock_is_refused(checkout: Path, tmp_path: Path) -> None:
    broken = tmp_path / "tampered"
    shutil.copytree(checkout, broken, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    lock = broken / "requirements.lock"
    lines = lock.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("cronsim=="))
    end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith(" "))
    lines[start + 1 : end] = ["    --hash=sha256:" + "0" * 64]
    lock.write_text("\n".join(lines) + "\n")
    assert "could not be made" in make(broken, "environment", f"PYTHON={sys.executable}", expect=2)
    assert not (broken / ".venv/daraa-stamp").exists()


def test_no_suitable_python_is_said_in_one_sentence(checkout: Path, tmp_path: Path) -> None:
    bare = tmp_path / "no-venv"
    shutil.copytree(checkout, bare, ignore=shutil.ignore_patterns(".venv"))
    assert "Daraa needs Python 3.11, 3.12 or 3.13 and found none" in make(bare, "environment", "PYTHON=", expect=2)


def test_tools_without_their_compilers_say_what_serves_instead(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "make", "test"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    said = make(checkout, "tools", f"PYTHON={sys.executable}", f"PATH={programs}", f"DARAA_TOOLS={tmp_path / 'tools'}")
    assert said.splitlines() == [
        "secantusd-rs: not built, cargo is not installed; the Python database server (secantusd-py) serves instead",
        "minio: not built, go is not installed; object lock and narrow accounts are untried; Swift and moto serve",
    ]
