"""One child process that cannot outlive its parent, is known to be ready or to have died, and stops in bounded time."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from daraa.kernel.errors import DaraaError
from daraa.stores.process.errors import CHILD_DIED, CHILD_MISSING, CHILD_NOT_READY, CHILD_RUNNING

Probe = Callable[[], Awaitable[bool]]

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec it is too late to open libraries safely.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


async def _ready_at_once() -> bool:
    return True


class Child:
    """A program run as a child, in its own session, with its output appended to a log file.

    The kernel kills it (SIGKILL) when the *thread* that called `start` ends, so call `start` from a thread that
    lives as long as the child should: the main one. Only the direct child is covered; give it no long-lived
    children of its own that ignore its death. `start` may be called again after the process ended.

    `ready` is asked every `probe_every_s` seconds until it answers True; an exception in it means a broken probe
    and is raised. `env` replaces the whole environment when given. Never put a secret into `argv` or `env`: any
    user of the machine can read the first, and the second is inherited.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log_path: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        ready: Probe = _ready_at_once,
        ready_within_s: float = 30.0,
        stop_within_s: float = 10.0,
        probe_every_s: float = 0.05,
        pass_fds: Sequence[int] = (),
    ) -> None:
        if not argv:
            raise ValueError(f"child {name!r} needs a program to run")
        self.name = name
        self.argv = tuple(argv)
        self.log_path = log_path
        self.cwd = cwd
        self.env = dict(env) if env is not None else None
        self.ready_within_s = ready_within_s
        self.stop_within_s = stop_within_s
        self._ready = ready
        self._probe_every_s = probe_every_s
        self._pass_fds = tuple(pass_fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Process id of the last start, or None when it was never started."""
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        """Exit status of the last start (negative: minus the signal); None while it runs or was never started."""
        return _poll(self._process) if self._process else None

    @property
    def running(self) -> bool:
        """True while the process of the last start is alive."""
        return self._process is not None and _poll(self._process) is None

    async def start(self) -> None:
        """Start the program and return when it is ready.

        Raises `process.child.missing` (no such program), `process.child.died` (with the last lines of its log)
        or `process.child.not_ready`; after any of them nothing of it is left running.
        """
        self.spawn()
        try:
            await self.wait_ready()
        except BaseException:
            self.kill()
            raise

    def spawn(self) -> None:
        """Start the program without waiting until it is ready; `wait_ready` does that."""
        if self.running:
            raise DaraaError(CHILD_RUNNING, f"{self.name} already runs as process {self.pid}.")
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._log_start = os.fstat(log).st_size
            self._process = subprocess.Popen(  # noqa: S603  (the words come from our own launchers)
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.cwd,
                env=self.env,
                pass_fds=self._pass_fds,
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            raise DaraaError(
                CHILD_MISSING,
                f"{self.name} cannot be started: {error.strerror}: {error.filename}.",
                hint="Install the program or correct its path.",
                child=self.name,
            ) from error
        finally:
            os.close(log)

    async def wait_ready(self) -> None:
        """Return when the probe answers True; see `start` for the errors."""
        deadline = time.monotonic() + self.ready_within_s
        while True:
            if not self.running:
                raise self.death()
            left = deadline - time.monotonic()
            if left > 0:
                with suppress(TimeoutError):
                    if await asyncio.wait_for(self._ready(), left):
                        break
            if time.monotonic() >= deadline:
                raise DaraaError(
                    CHILD_NOT_READY,
                    f"{self.name} was not ready within {self.ready_within_s:g} s. {self._log_message()}",
                    hint=f"Look into {self.log_path}; a slow machine or disk may need more time.",
                    child=self.name,
                )
            await asyncio.sleep(self._probe_every_s)
        # Something else may have answered on the same port while our process failed to get it.
        if not self.running:
            raise self.death()

    def death(self) -> DaraaError:
        """The error that tells how the process ended, with the last lines of its log."""
        return DaraaError(
            CHILD_DIED,
            f"{self.name} ended {_how(self.returncode)}. {self._log_message()}",
            hint=f"The whole log is in {self.log_path}.",
            child=self.name,
            returncode=self.returncode,
        )

    async def wait(self) -> int:
        """Wait until the process ends by itself or is stopped; returns its exit status (negative: minus the signal)."""
        if self._process is None:
            raise ValueError(f"child {self.name!r} was never started")
        return await _exit_of(self._process)

    async def stop(self) -> int | None:
        """Ask the process to end (SIGTERM), wait `stop_within_s`, then SIGKILL it; what it left in its group goes too.

        Returns its exit status, None when it was never started. Safe to call at any time, more than once.
        """
        if self._process is None:
            return None
        if _poll(self._process) is None:
            self._process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(_exit_of(self._process), self.stop_within_s)
        return self.kill()

    def kill(self) -> int | None:
        """SIGKILL the process and everything in its group at once; works without an event loop."""
        if self._process is None:
            return None
        if _poll(self._process) is None:
            _kill_group(self._process.pid)
        return self._process.wait()

    def log_tail(self, lines: int = 12) -> list[str]:
        """The last lines that this start wrote to its log."""
        with suppress(OSError), self.log_path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - 64 * 1024))
            return log.read().decode("utf-8", "replace").splitlines()[-lines:]
        return []

    def _log_message(self) -> str:
        tail = [line.strip() for line in self.log_tail() if line.strip()]
        return "Its last words: " + " | ".join(tail) if tail else "It wrote nothing to its log."

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _die_with_parent(parent: int) -> Callable[[], None]:
    def between_fork_and_exec() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The parent may have died before prctl took effect; then nobody would ever send the signal.
        if os.getppid() != parent:
            os._exit(1)

    return between_fork_and_exec


def _poll(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status, None while it runs. Whoever notices the end also ends the rest of its group."""
    if process.returncode is not None:
        return process.returncode
    with suppress(ChildProcessError):
        # Looked at but not reaped: as long as the dead leader has its id, nobody else can get that group's.
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        _kill_group(process.pid)
    return process.wait()


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def _exit_of(process: subprocess.Popen[bytes]) -> int:
    try:
        handle = os.pidfd_open(process.pid) if process.returncode is None else None
    except (AttributeError, OSError):  # an old kernel, or a sandbox without the call
        handle = None
    if handle is not None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(handle, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
    while (status := _poll(process)) is None:
        await asyncio.sleep(0.05)
    return status


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        with suppress(ValueError):
            return f"by {signal.Signals(-returncode).name}"
        return f"by signal {-returncode}"
    return f"with exit status {returncode}"
