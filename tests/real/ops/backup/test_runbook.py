"""The commands of the runbook pages about restoring, run as they stand there on an installation with demo data."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daraa.kernel.settings import Settings
from daraa.ops.accounts.apply import apply_accounts
from daraa.ops.accounts.observe import wanted_accounts
from daraa.ops.backup.keys import create_key
from factories.backups import DATABASES, contents_of, shapes_of
from factories.database import as_admin, environment, own_settings
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
PAGES = Path(__file__).parents[4] / "docs/runbook"
OWN_NAME = re.compile(r"(--into|--overwrite|--collection) daraa\b")


@dataclass
class Shop:
    """An installation with demo data and one backup."""

    settings: Settings
    client: Any
    taken: Any = None

    @property
    def prefix(self) -> str:
        """Where the page says `daraa`."""
        return self.settings.mongo.database

    def daraa(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line that begins with `daraa`."""
        words = OWN_NAME.sub(rf"\1 {self.prefix}", line).split()[1:]
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **environment(self.settings)}
        command = [sys.executable, "-P", "-m", "daraa.cli", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)

    def done(self, line: str) -> str:
        """Run it; it must end well."""
        ended = self.daraa(line)
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


@pytest.fixture(scope="module")
async def shop(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Every test leaves its data as it was."""
    settings = own_settings(mongo_server, tmp_path_factory.mktemp("home"))
    async with as_admin(mongo_server, settings) as admin:
        await apply_accounts(admin, settings, wanted_accounts(settings), lambda line: None)
        made = Shop(settings, admin.client)
        create_key(settings)
        made.done("daraa schema apply")
        made.done("daraa market seed")
        made.done("daraa demo load --products 40 --json")
        made.done("daraa backup take")
        made.taken = await contents_of(admin.client, made.prefix)
        yield made
        for name in (f"{made.prefix}_back", f"{made.prefix}_scratch"):
            for part in DATABASES:
                await admin.client.drop_database(name + part)


def lines(page: str) -> list[tuple[str, int]]:
    """Every command of the page in its order, with the exit status that it must have."""
    found: list[tuple[str, int]] = []
    for block in re.findall(r"^```console\n(.*?)^```", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], 0))
            else:
                found[-1] = (found[-1][0], int(line.removeprefix("exit status ")))
    return found


@pytest.mark.parametrize(("page", "commands"), [("backup-verify.md", 4), ("backup-restore.md", 8)])
async def test_every_command_of_the_page_ends_as_the_page_says(shop: Shop, page: str, commands: int) -> None:
    shown = lines(page)
    assert len(shown) == commands
    for line, status in shown:
        ended = shop.daraa(line)
        assert ended.returncode == status, f"{line}\n{ended.stdout}{ended.stderr}"
    assert await contents_of(shop.client, shop.prefix) == shop.taken


async def test_a_destroyed_database_comes_back_proven_and_equal(shop: Shop) -> None:
    shapes = await shapes_of(shop.client, shop.prefix)
    assert "came back equal" in shop.done("daraa backup verify latest")
    for part in DATABASES:
        await shop.client.drop_database(shop.prefix + part)
    assert await contents_of(shop.client, shop.prefix) == {}
    shop.done("daraa backup restore latest --into daraa --json")
    assert await contents_of(shop.client, shop.prefix) == shop.taken
    assert await shapes_of(shop.client, shop.prefix) == shapes
    assert "✗" not in shop.done("daraa market prove")
    assert "Nothing to do" in shop.done("daraa schema plan")
