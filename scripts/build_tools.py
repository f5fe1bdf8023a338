"""Builds the pinned servers that no Python wheel carries, once, into the folder that every clone shares."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tool_folder import tools_folder


@dataclass(frozen=True)
class Tool:
    """One program built from a package registry; `{prefix}` in the command is the folder it installs into."""

    name: str
    version: str
    binary: str
    compiler: str
    command: tuple[str, ...]
    takes: str
    without_it: str
    settings: tuple[tuple[str, str], ...] = ()


TOOLS = (
    Tool(
        name="secantus-mdb",
        version="0.5.3-beta.196",
        binary="secantusd-rs",
        compiler="cargo",
        # Its manifest asks for a newer rustc than it needs: 1.95 builds it.
        command=(
            *("cargo", "install", "secantus-mdb", "--version", "0.5.3-beta.196", "--locked"),
            *("--ignore-rust-version", "--root", "{prefix}", "--target-dir", "{prefix}/build"),
        ),
        takes="4 to 9 minutes",
        without_it="the Python database server (secantusd-py) serves instead",
        # Its own release profile is for the last few percent of speed, and makes the build longer.
        settings=(("CARGO_PROFILE_RELEASE_LTO", "off"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")),
    ),
    Tool(
        name="minio",
        version="v0.0.0-20260212201848-7aac2a2c5b7c",
        binary="minio",
        compiler="go",
        command=("go", "install", "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"),
        takes="3 to 7 minutes",
        without_it="object lock and narrow accounts are untried; Swift and moto serve",
    ),
)


def main(names: list[str]) -> int:
    """Builds the tools named, or all; exit 1 when a build failed, 0 also where a compiler is missing."""
    unknown = set(names) - {tool.name for tool in TOOLS}
    if unknown:
        print(f"no such tool: {', '.join(sorted(unknown))}; known: {', '.join(tool.name for tool in TOOLS)}")
        return 1
    folder = tools_folder(dict(os.environ))
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [tool for tool in TOOLS if not names or tool.name in names]
    # Beside each other: each build has long stretches in which it keeps one core busy only.
    failed = False
    with ThreadPoolExecutor(len(TOOLS)) as threads:
        for outcome in threads.map(lambda tool: provide(tool, folder), chosen):  # in the order of the tools
            say(outcome.said)
            failed |= outcome.failed
    return 1 if failed else 0


def say(text: str) -> None:
    """Writes whole lines at once: two threads speak here."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Outcome:
    """How providing one tool ended; an absent compiler is not a failure."""

    said: str
    failed: bool = False


def provide(tool: Tool, folder: Path) -> Outcome:
    """Finds the tool built, or builds it where its compiler is there."""
    home = folder / f"{tool.name}-{tool.version}"
    with (folder / f".{tool.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # a second `make tools` waits and finds it built
        if (home / "bin" / tool.binary).is_file():
            return Outcome(f"{tool.binary} {tool.version}: there")
        if shutil.which(tool.compiler) is None:
            return Outcome(f"{tool.binary}: not built, {tool.compiler} is not installed; {tool.without_it}")
        return build(tool, folder, home)


def build(tool: Tool, folder: Path, home: Path) -> Outcome:
    """Builds beside the final place and renames, so that a killed build leaves no half tool."""
    say(f"{tool.binary} {tool.version}: building with {tool.compiler}, {tool.takes} …")
    started = time.monotonic()
    prefix = folder / f".building-{tool.name}"
    shutil.rmtree(prefix, ignore_errors=True)
    (prefix / "bin").mkdir(parents=True)
    log = folder / f"{tool.name}.log"
    env = {**os.environ, "GOBIN": str(prefix / "bin"), **dict(tool.settings)}
    with log.open("w") as output:
        command = [part.format(prefix=prefix) for part in tool.command]
        code = subprocess.run(command, env=env, cwd=folder, stdout=output, stderr=output, check=False).returncode
    if code or not (prefix / "bin" / tool.binary).is_file():
        end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        explained = f"{tool.binary}: the build failed (exit {code}); the whole log: {log}; {tool.without_it}"
        return Outcome(f"{end}\n{explained}", failed=True)
    shutil.rmtree(prefix / "build", ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
    prefix.rename(home)
    return Outcome(f"{tool.binary} {tool.version}: built in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
