"""Makes `.venv` in the checkout from the hashed lock; needs Python 3.11-3.13 and neither pip nor the venv package."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from package_index import DEFAULT_INDEX, fetch_pinned, index_settings
from tool_folder import tools_folder

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "daraa-stamp"  # what the environment was made from; written last
UNFINISHED = VENV / "daraa-unfinished"  # there while packages change; left behind only by a killed run
SUPPORTED = ((3, 11), (3, 13))

UV_VERSION = "0.13.9"
UV_WHEELS = {  # (system, machine): the file and its SHA-256
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}


def main() -> int:
    """Exit 0 with a finished `.venv`, 1 with one line that says what to do."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        found = f"{sys.executable} is {platform.python_version()}"
        print(f"Daraa needs Python 3.11, 3.12 or 3.13; {found}. Try: make PYTHON=/path/to/python3.11")
        return 1
    with (ROOT / "pyproject.toml").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two `make` at once: the second waits and finds the work done
        try:
            return ensure_environment()
        except (OSError, ValueError, subprocess.CalledProcessError) as failure:
            print(f"the environment could not be made: {failure}")
            print("Is the package index reachable (PIP_INDEX_URL, pip.conf)? Then run the same command again.")
            return 1


def ensure_environment() -> int:
    """Does nothing when the stamp matches; otherwise makes or mends the environment."""
    if STAMP.is_file() and STAMP.read_text() == wanted_stamp() and python_works():
        return 0
    started = time.monotonic()
    uv = find_uv()
    if UNFINISHED.exists() or moved() or not python_works():
        say("making .venv anew: the one here is unfinished or moved" if VENV.exists() else "making .venv")
        shutil.rmtree(VENV, ignore_errors=True)
        run_uv(uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(VENV))
    else:
        say("bringing .venv up to date")
    STAMP.unlink(missing_ok=True)
    UNFINISHED.touch()
    packages = sum(1 for line in LOCK.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    say(f"installing up to {packages} pinned packages (the first time this downloads about 150 MB)")
    run_uv(uv, "pip", "sync", "--quiet", "--require-hashes", "--only-binary", ":all:", "--python", python(), str(LOCK))
    run_uv(uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", python(), "-e", str(ROOT))
    UNFINISHED.unlink()
    STAMP.write_text(wanted_stamp())
    say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


def wanted_stamp() -> str:
    """What the environment must have been made from: this checkout's place, its lock and its metadata."""
    digest = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes())
    return f"{ROOT}\n{digest.hexdigest()}\n"


def moved() -> bool:
    """Whether the environment was made for another folder: its scripts name that folder."""
    return STAMP.is_file() and not STAMP.read_text().startswith(f"{ROOT}\n")


def python() -> str:
    return str(VENV / "bin" / "python")


def python_works() -> bool:
    """Whether `.venv` has an interpreter that starts and is of a supported version."""
    probe = f"import sys; sys.exit(not {SUPPORTED[0]} <= sys.version_info[:2] <= {SUPPORTED[1]})"
    try:
        return subprocess.run([python(), "-c", probe], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def find_uv() -> Path:
    """The pinned uv, fetched once into the tools folder; raises ValueError for a machine it has no wheel for."""
    home = tools_folder(dict(os.environ)) / f"uv-{UV_VERSION}"
    binary = home / "bin" / "uv"
    if binary.is_file():
        return binary
    key = (platform.system(), platform.machine())
    if key not in UV_WHEELS:
        raise ValueError(f"uv {UV_VERSION} has no pinned wheel for {key[0]} {key[1]}")
    tag, sha256 = UV_WHEELS[key]
    say(f"fetching uv {UV_VERSION}, the installer (about 20 MB)")
    wheel = fetch_pinned(index_settings(dict(os.environ)), "uv", f"uv-{UV_VERSION}-py3-none-{tag}.whl", sha256)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        content = archive.read(next(name for name in archive.namelist() if name.endswith("/scripts/uv")))
    binary.parent.mkdir(parents=True, exist_ok=True)
    partial = binary.with_name(f"uv.{os.getpid()}")
    partial.write_bytes(content)
    partial.chmod(0o755)
    partial.rename(binary)  # whole or not there
    return binary


def run_uv(uv: Path, *arguments: str) -> None:
    """Runs uv against the same index and certificates as pip would use; raises CalledProcessError."""
    env = dict(os.environ)
    settings = index_settings(env)
    if settings.url != DEFAULT_INDEX:
        env.setdefault("UV_DEFAULT_INDEX", settings.url)
    if settings.extra_urls:
        env.setdefault("UV_INDEX", " ".join(settings.extra_urls))
    if settings.ca_bundle:
        env.setdefault("SSL_CERT_FILE", settings.ca_bundle)
    env["UV_PYTHON_DOWNLOADS"] = "never"  # it would ask another site
    env["UV_LINK_MODE"] = env.get("UV_LINK_MODE", "copy")  # the cache may lie on another file system
    env.pop("VIRTUAL_ENV", None)
    failed = subprocess.run([str(uv), *arguments], env=env, cwd=ROOT, check=False).returncode
    if failed:
        raise subprocess.CalledProcessError(failed, ["uv", arguments[0]])


def say(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
