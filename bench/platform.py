"""A whole platform to load: what `daraa up` starts, in a folder and on ports of its own, gone afterwards."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from daraa.kernel.settings import Settings, load_settings
from daraa.stores.process import Child, port_is_free

START_S = 180.0
STOP_S = 60.0


@dataclass(frozen=True)
class Platform:
    """A platform that runs; `words` is its environment, without secrets."""

    settings: Settings
    words: Mapping[str, str]
    up: Child

    @property
    def url(self) -> str:
        """Where its API answers."""
        return f"http://127.0.0.1:{self.settings.api.port}"

    @property
    def logs(self) -> Path:
        """Where its parts write."""
        return self.settings.home / "logs"

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds that its parts have used so far: database, api, worker, redis."""
        used = dict.fromkeys(("database", "api", "worker", "redis"), 0.0)
        for pid, command in _children(self.up.pid or 0):
            for part, mark in (("api", "api\0serve"), ("worker", "jobs\0work"), ("redis", "redis-server")):
                if mark in command:
                    used[part] += _cpu_of(pid)
                    break
            else:
                if "mongod" in command or "secantus" in command:
                    used["database"] += _cpu_of(pid)
        return used


@asynccontextmanager
async def running_platform(processes: int) -> AsyncIterator[Platform]:
    """`daraa up` without demo data and with so many API processes; everything is stopped by its pid at the end."""
    with tempfile.TemporaryDirectory(prefix="daraa-bench-") as folder:
        words = _environment(Path(folder), processes)
        settings = load_settings(words)
        log = Path(folder) / "up.log"

        async def ready() -> bool:
            return log.exists() and "ready in" in log.read_text("utf-8", "replace")

        argv = (sys.executable, "-P", "-m", "daraa.cli", "up")
        up = Child("platform", argv, log_path=log, env=words, ready=ready, ready_within_s=START_S, stop_within_s=STOP_S)
        try:
            await up.start()
            yield Platform(settings, words, up)
        finally:
            await up.stop()


def _environment(home: Path, processes: int) -> dict[str, str]:
    ports = _free_ports()
    names = ("API_PORT", "EMBEDDED_MONGO_PORT", "EMBEDDED_REDIS_CACHE_PORT", "EMBEDDED_REDIS_STATE_PORT",
             "EMBEDDED_PROVIDER_PORT")  # fmt: skip
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("DARAA_") or name == "DARAA_TOOLS"},
        "DARAA_HOME": str(home / "state"),
        "DARAA_API_WORKERS": str(processes),
        "DARAA_EMBEDDED_DEMO_PRODUCTS": "0",
        **{f"DARAA_{name}": str(next(ports)) for name in names},
    }


def _free_ports() -> Iterator[int]:
    return (port for port in range(20_000 + os.getpid() % 9_000, 32_000) if port_is_free("127.0.0.1", port))


def _children(pid: int) -> list[tuple[int, str]]:
    """The processes started by `pid`, with their command lines; none where there is no /proc."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if _stat(folder)[1] == str(pid):
                found.append((int(folder.name), (folder / "cmdline").read_text("utf-8", "replace")))
        except OSError:
            continue
    return found


def _cpu_of(pid: int) -> float:
    try:
        fields = _stat(Path("/proc") / str(pid))
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stat(folder: Path) -> list[str]:
    """The fields behind the program's name, which may hold blanks."""
    return (folder / "stat").read_text().rpartition(") ")[2].split()
