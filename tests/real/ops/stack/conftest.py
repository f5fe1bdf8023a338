"""One first start for all tests of this folder; each then works on a copy of what it left."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from servers.platform import Platform, free_ports, platform, run_once

FEW_PRODUCTS = "200"


@dataclass(frozen=True)
class FirstStart:
    """What `daraa up --once` said on an empty folder, and the folder it left."""

    home: Path
    settings: dict[str, str]
    run: Platform

    def copy(self, folder: Path) -> Path:
        """The folder as the first start left it, to work with."""
        return shutil.copytree(self.home, folder / "state")


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    """Ports of our own; the same for all tests, because a `mongod` remembers the one it was made with."""
    return free_ports() | {"DARAA_EMBEDDED_DEMO_PRODUCTS": FEW_PRODUCTS}


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> FirstStart:
    """The first start on an empty folder."""
    home = tmp_path_factory.mktemp("first") / "state"
    run = run_once(home, settings)
    assert run.process.returncode == 0, run.text
    return FirstStart(home, settings, run)


@pytest.fixture
def made_home(first_start: FirstStart, tmp_path: Path) -> Iterator[Path]:
    """A folder with demo data; removed afterwards, since each holds a preallocated log."""
    home = first_start.copy(tmp_path)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def running(first_start: FirstStart, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform at work with two API processes, on a folder with demo data."""
    home = first_start.copy(tmp_path_factory.mktemp("running"))
    with platform(home, first_start.settings | {"DARAA_API_WORKERS": "2"}) as started:
        started.ready()
        yield started
    shutil.rmtree(home, ignore_errors=True)
