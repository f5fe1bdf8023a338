"""A whole installation with demo data on which `daraa` commands are run as an operator runs them."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daraa.kernel.settings import Settings
from daraa.ops.accounts.apply import apply_accounts
from daraa.ops.accounts.observe import wanted_accounts
from daraa.ops.backup.keys import create_key
from factories.backups import DATABASES
from factories.database import as_admin, environment, own_settings
from servers.mongo import MongoServer

MOMENT = "2026-11-28T12:00:05Z"
"""What a page says for a moment; the latest that can be restored stands for it."""
OWN_NAME = re.compile(r"(--into|--overwrite|--collection) daraa\b")

WATCH = """
import pathlib, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
pathlib.Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""
"""Runs a command and writes down its peak. A child begins with the peak of the process that forked it, so that one has
to be small: the test run itself is larger than what it measures."""


@dataclass
class Shop:
    """An installation; `more` are variables of its commands beside those of its settings."""

    settings: Settings
    client: Any
    more: dict[str, str] = field(default_factory=dict)
    taken: Any = None

    @property
    def prefix(self) -> str:
        """Where a page says `daraa`."""
        return self.settings.mongo.database

    @property
    def environment(self) -> dict[str, str]:
        """Of its commands."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", ""),
            **environment(self.settings),
            **self.more,
        }

    def daraa(self, line: str, within_s: float = 200) -> subprocess.CompletedProcess[str]:
        """Run a line that begins with `daraa`, in its home folder."""
        if MOMENT in line:
            (window, *_) = json.loads(self.done("daraa backup list --json"))["windows"]
            line = line.replace(MOMENT, window["until_exact"])
        return subprocess.run(
            self.command(line),
            env=self.environment,
            cwd=self.settings.home,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    def command(self, line: str) -> list[str]:
        """The program and its arguments."""
        return [sys.executable, "-P", "-m", "daraa.cli", *OWN_NAME.sub(rf"\1 {self.prefix}", line).split()[1:]]

    def done(self, line: str, within_s: float = 200) -> str:
        """Run it; it must end well."""
        ended = self.daraa(line, within_s)
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    async def measured(self, line: str) -> "Measured":
        """Run it, however long it takes; it must end well. The client's heartbeats go on meanwhile."""
        return await asyncio.to_thread(self._measured, line)

    def _measured(self, line: str) -> "Measured":
        words = OWN_NAME.sub(rf"\1 {self.prefix}", line).split()[1:]
        command = [sys.executable, "-P", "-m", "daraa.cli", *words]
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as out:
            peak = Path(folder) / "peak"
            began = time.perf_counter()
            ended = subprocess.run(
                [sys.executable, "-I", "-c", WATCH, str(peak), *command],
                env=self.environment, cwd=self.settings.home, stdout=out, stderr=out, check=False,
            )  # fmt: skip
            seconds = time.perf_counter() - began
            out.seek(0)
            text = out.read()
            assert ended.returncode == 0, f"{line}\n{text[-4000:]}"
            return Measured(text, seconds, int(peak.read_text()) * 1024)

    async def destroy(self) -> None:
        """Drop every database."""
        for part in DATABASES:
            await self.client.drop_database(self.prefix + part)


@dataclass(frozen=True)
class Measured:
    """What a command printed, how long it ran, and the most memory its process held, in bytes."""

    text: str
    seconds: float
    peak_bytes: int


@asynccontextmanager
async def open_shop(mongo_server: MongoServer, home: Path, products: int = 40) -> AsyncIterator[Shop]:
    """Accounts, schema, seed, demo data and a backup key; no backup yet. Its databases are dropped at the end."""
    settings = own_settings(mongo_server, home)
    async with as_admin(mongo_server, settings) as admin:
        await apply_accounts(admin, settings, wanted_accounts(settings), lambda line: None)
        made = Shop(settings, admin.client)
        create_key(settings)
        made.done("daraa schema apply")
        made.done("daraa market seed")
        if products:
            await made.measured(f"daraa demo load --products {products} --json")
        yield made
        for name in (f"{made.prefix}_back", f"{made.prefix}_scratch", "daraa_back", "daraa_then"):
            for part in DATABASES:
                await admin.client.drop_database(name + part)
