"""Processes to kill, by the hundred: forked from one that has everything imported, so that each starts in a moment.

`python -m servers.nursery module` imports the module, then reads one job a line from standard input. For each it
calls `module.prepare(job)` and forks a child that runs `module.main(job)` with its output in `job["log"]`, tells the
child's pid, waits for its end and tells how it ended: the exit status, or minus the signal.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent


@dataclass
class Nursery:
    """The parent of the processes; one child at a time."""

    process: subprocess.Popen[str]

    def start(self, job: Mapping[str, Any]) -> int:
        """Begin a job in a new process; its pid."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self._line()["pid"])

    def end(self) -> int:
        """Wait for the child: 0 when it did its job, -9 when it was killed."""
        return int(self._line()["ended"])

    def run(self, job: Mapping[str, Any]) -> int:
        """A job from beginning to end."""
        self.start(job)
        return self.end()

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the nursery has ended: {self.process.wait()}")
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def nursery(module: str, environment: Mapping[str, str]) -> Iterator[Nursery]:
    """A nursery for jobs of the module, ended with its last child."""
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    process = subprocess.Popen(
        [sys.executable, "-m", "servers.nursery", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": paths},
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tell(**facts: int) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _be_child(main: Any, job: dict[str, Any]) -> None:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        asyncio.run(main(job))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _serve() -> None:
    module = importlib.import_module(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        job = json.loads(line)
        module.prepare(job)
        pid = os.fork()
        if pid == 0:
            _be_child(module.main, job)
        _tell(pid=pid)
        _, status = os.waitpid(pid, 0)
        _tell(ended=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve()
