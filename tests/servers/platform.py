"""`daraa up` as a process of its own: started, listened to, signalled, and looked for afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymongo

from daraa.stores.process import port_is_free
from servers.ports import free_port

CLOSING = re.compile(
    r"^ready in (?P<seconds>\d+) s · API (?P<api>http://127\.0\.0\.1:\d+)/docs · (?P<products>[\d,]+) products · "
    r"(?:search \"أحمد\" finds \"احمد\" ✓|no demo data) · schema clean ✓ · data in (?P<home>\S+) · "
    r"(?:Ctrl-C stops|stopping now)$"
)
_PART = re.compile(r"^  (?P<name>[a-z]+(?: [a-z0-9]+)?): .* \(pid (?P<pid>\d+)\)(?: again)?$")
_HOST = "127.0.0.1"
_SLICE_S = 0.02


def free_ports() -> dict[str, str]:
    """The ports of one platform as settings; no two are the same."""
    names = ("API_PORT", *(f"EMBEDDED_{part}_PORT" for part in ("MONGO", "REDIS_CACHE", "REDIS_STATE", "PROVIDER")))
    found: set[int] = set()
    while len(found) < len(names):
        found.add(free_port())
    return {f"DARAA_{name}": str(port) for name, port in zip(names, sorted(found), strict=True)}


@dataclass
class Platform:
    """One `daraa up`; `lines` is what it has said so far."""

    home: Path
    settings: Mapping[str, str]
    process: subprocess.Popen[str]
    read_until: str | None = None
    lines: list[str] = field(default_factory=list)
    _new: queue.Queue[str | None] = field(default_factory=queue.Queue)

    @property
    def api(self) -> str:
        """Where its API answers."""
        return f"http://{_HOST}:{self.settings['DARAA_API_PORT']}"

    @property
    def text(self) -> str:
        """All it has said so far."""
        return "\n".join(self.lines)

    def said(self, wanted: str | re.Pattern[str], within_s: float = 60.0, after: int = 0) -> str:
        """The first line from number `after` on that matches; waits for it, and fails when it cannot come any more."""
        pattern = re.compile(wanted) if isinstance(wanted, str) else wanted
        deadline, number = time.monotonic() + within_s, after
        while True:
            for line in self.lines[number:]:
                if pattern.search(line):
                    return line
            number = len(self.lines)
            try:
                line = self._new.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"not said within {within_s} s: {pattern.pattern}\n{self.text}") from None
            if line is None:
                self._new.put(None)
                raise AssertionError(f"ended without saying: {pattern.pattern}\n{self.text}")
            self.lines.append(line)

    def has_said(self, wanted: str) -> bool:
        """Whether a line matches by now; waits for nothing."""
        with contextlib.suppress(queue.Empty):
            while (line := self._new.get_nowait()) is not None:
                self.lines.append(line)
            self._new.put(None)
        return any(re.search(wanted, line) for line in self.lines)

    def stop_when(self, true: Callable[[Platform], bool], within_s: float = 120.0) -> None:
        """Let the supervisor run slice by slice and leave it stopped where this holds, however quick the machine is."""
        deadline = time.monotonic() + within_s
        while not true(self):
            assert self.process.poll() is None, f"ended too early\n{self.text}"
            assert time.monotonic() < deadline, f"not so within {within_s} s\n{self.text}"
            self.signal(signal.SIGCONT)
            time.sleep(_SLICE_S)
            self.signal(signal.SIGSTOP)

    def ready(self, within_s: float = 120.0) -> re.Match[str]:
        """Its closing block, word for word as the README promises it."""
        line = self.said(r"^ready in", within_s)
        match = CLOSING.match(line)
        assert match, line
        return match

    def pids(self) -> dict[str, int]:
        """The parts by name, as it said them last."""
        parts = (_PART.match(line) for line in self.lines)
        return {each["name"]: int(each["pid"]) for each in parts if each}

    def mongo(self) -> pymongo.MongoClient[dict[str, Any]]:
        """Its database as its administrator."""
        return pymongo.MongoClient(
            host=_HOST,
            port=int(self.settings["DARAA_EMBEDDED_MONGO_PORT"]),
            username="daraa_admin",
            password=(self.home / "secrets/mongo_daraa_admin").read_text().strip(),
            directConnection=True,
            serverSelectionTimeoutMS=30_000,
            timeoutMS=30_000,
        )

    def signal(self, number: int) -> None:
        """Send the supervisor a signal."""
        self.process.send_signal(number)

    def ended(self, within_s: float = 60.0) -> int:
        """Wait for its end; returns its exit status."""
        status = self.process.wait(within_s)
        while (line := self._new.get(timeout=10)) is not None:
            self.lines.append(line)
        self._new.put(None)
        return status

    def get(self, path: str, timeout_s: float = 30.0) -> tuple[int, Any]:
        """Status and JSON body of a GET to its API; status 0 when nobody answered."""
        try:
            with urllib.request.urlopen(self.api + path, timeout=timeout_s) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except OSError:
            return 0, None

    def read(self) -> None:
        """Pass on what it says; runs in a thread of its own."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._new.put(line.rstrip("\n"))
            if self.read_until and line.startswith(self.read_until):
                self.process.stdout.close()
                break
        self._new.put(None)


@contextmanager
def platform(home: Path, settings: Mapping[str, str], *args: str, read_until: str | None = None) -> Iterator[Platform]:
    """Start `daraa up <args>` on a folder; whatever is left of it at the end is killed.

    After a line that begins with `read_until` nobody reads its output any more: the pipe is closed.
    """
    env = {name: text for name, text in os.environ.items() if not name.startswith("DARAA_") or name == "DARAA_TOOLS"}
    mark = {"RUN_OF_A_TEST": secrets.token_hex(8)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "daraa.cli", "up", *args],
        env=env | {"DARAA_API_WORKERS": "1"} | dict(settings) | {"DARAA_HOME": str(home)} | mark,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    started = Platform(home, settings, process, read_until)
    threading.Thread(target=started.read, daemon=True).start()
    try:
        yield started
    finally:
        for pid in [process.pid, *_processes_with(mark)]:
            _kill(pid)
        process.wait()


def run_once(home: Path, settings: Mapping[str, str], within_s: float = 150.0) -> Platform:
    """`daraa up --once` from its start to its end."""
    with platform(home, settings, "--once") as started:
        started.ended(within_s)
    return started


def kill_and_see_it_return(running: Platform, name: str) -> None:
    """Kill a part and wait until it says that it died, and that it runs again."""
    before, seen = running.pids()[name], len(running.lines)
    os.kill(before, signal.SIGKILL)
    running.said(rf"^! {name} ended by SIGKILL", within_s=30, after=seen)
    running.said(rf"^  {name} is started again in", within_s=30, after=seen)
    running.said(rf"^  {name}: .*\(pid \d+\) again$", within_s=40, after=seen)
    assert running.pids()[name] != before


def processes_of(home: Path) -> list[int]:
    """Every process that was started for this state folder: it inherited the setting."""
    return _processes_with({"DARAA_HOME": str(home)})


def _processes_with(variable: Mapping[str, str]) -> list[int]:
    ((name, text),) = variable.items()
    mark, found = f"{name}={text}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def gone_within(home: Path, seconds: float) -> bool:
    """True when no process of this folder is left in time."""
    return within(seconds, lambda: not processes_of(home))


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Ask until the answer is yes or the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def nothing_is_left(home: Path, settings: Mapping[str, str]) -> None:
    """Assert that no process, no held lock and no taken port remains."""
    assert not processes_of(home)
    assert lock_is_free(home)
    ports = {name: int(text) for name, text in settings.items() if name.endswith("_PORT")}
    # A killed process loses its environment, by which it is found, a moment before its sockets.
    assert within(30, lambda: all(port_is_free(_HOST, port) for port in ports.values())), ports


def lock_is_free(home: Path) -> bool:
    """True when nobody holds the folder."""
    lock = home / "run" / "lock"
    if not lock.exists():
        return True
    with lock.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
