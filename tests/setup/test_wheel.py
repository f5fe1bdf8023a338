"""The wheel is what others install: it must carry every module and start without the checkout beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import daraa

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("daraa-*.whl")
    return built


def test_the_wheel_carries_every_module_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT / "src")) for path in (ROOT / "src" / "daraa").rglob("*.py")}
    assert modules - names == set()
    assert "daraa/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_with_the_embedded_extra_starts_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    uv = Path(run(sys.executable, "-c", "import environment; print(environment.find_uv())", cwd=SCRIPTS).strip())
    fresh = tmp_path / "fresh"
    run(uv, "venv", "--quiet", "--no-project", "--python", sys.executable, fresh, cwd=tmp_path)
    install = (uv, "pip", "install", "--quiet", "--python", fresh / "bin" / "python", "--only-binary", ":all:")
    run(*install, "--constraint", constraints(tmp_path), f"{wheel}[embedded]", cwd=tmp_path)
    assert daraa.__version__ in run(fresh / "bin" / "daraa", "--version", cwd=tmp_path)
    assert "schema" in run(fresh / "bin" / "daraa", "--help", cwd=tmp_path)
    assert (fresh / "bin" / "secantusd-py").is_file()


def constraints(folder: Path) -> Path:
    """The locked versions without their hashes: a wheel built just now has none to compare."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    kept = [line.rstrip(" \\") for line in lines if line and not line.startswith((" ", "#"))]
    path = folder / "constraints.txt"
    path.write_text("\n".join(kept) + "\n")
    return path
