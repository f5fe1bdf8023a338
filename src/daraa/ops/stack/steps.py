"""Start-up steps are our own commands run as children: a kill leaves what a rerun of the command mends."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.ops.stack.errors import STEP_FAILED
from daraa.ops.stack.supervisor import Say
from daraa.stores.process import Child


def daraa_argv(*words: str) -> tuple[str, ...]:
    """The command line of one of our own commands in this very environment."""
    return (sys.executable, "-P", "-m", "daraa.cli", *words)


async def run_step(words: tuple[str, ...], logs: Path, env: Mapping[str, str], say: Say) -> int:
    """Run `daraa <words>` and repeat its output line by line; returns its exit status."""
    log = logs / f"{'-'.join(words[:2])}.log"
    start = log.stat().st_size if log.exists() else 0
    child = Child(f"daraa {' '.join(words)}", daraa_argv(*words), log_path=log, env=env)
    child.spawn()
    try:
        waiting = asyncio.ensure_future(child.wait())
        while not waiting.done():
            await asyncio.wait([waiting], timeout=0.3)
            start = _repeat(log, start, say)
        return waiting.result()
    finally:
        child.kill()


async def require_step(words: tuple[str, ...], logs: Path, env: Mapping[str, str], say: Say) -> None:
    """Run a step that must succeed; DaraaError with its last lines when it does not."""
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(line.strip())
        say(line)

    status = await run_step(words, logs, env, keep)
    if status != 0:
        raise DaraaError(
            STEP_FAILED,
            f"`daraa {' '.join(words)}` ended with exit status {status}: {' | '.join(lines[-3:])}",
            hint=f"Its output is in {logs}; the next start continues where it stopped.",
        )


def _repeat(log: Path, start: int, say: Say) -> int:
    with log.open("rb") as file:
        file.seek(start)
        whole, _, _ = file.read().rpartition(b"\n")
    lines = whole.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines):
        # Of a row of progress lines that came together the last says it all; the log has every one.
        if not (_is_progress(line) and number + 1 < len(lines) and _is_progress(lines[number + 1])):
            say(f"  {line}")
    return start + len(whole) + 1 if whole else start


def _is_progress(line: str) -> bool:
    return line.startswith("[")
