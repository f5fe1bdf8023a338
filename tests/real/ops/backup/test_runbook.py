"""The commands of the runbook pages about restoring, run as they stand there on an installation with demo data."""

import json
import signal
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest

from factories.backups import contents_of, shapes_of
from factories.runbook import commands_of
from factories.shop import Shop, open_shop
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def shop(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """With one backup. Every test leaves its data as it was."""
    async with open_shop(mongo_server, tmp_path_factory.mktemp("home")) as made:
        made.done("daraa backup take")
        made.taken = await contents_of(made.client, made.prefix)
        yield made


@pytest.mark.parametrize(
    ("page", "commands"),
    [("backup-stream.md", 5), ("backup-verify.md", 4), ("backup-restore.md", 8), ("backup-export.md", 7)],
)
async def test_every_command_of_the_page_ends_as_the_page_says(shop: Shop, page: str, commands: int) -> None:
    shown = commands_of(page)
    assert len(shown) == commands
    for line, status in shown:
        ended = shop.daraa(line)
        assert ended.returncode == status, f"{line}\n{ended.stdout}{ended.stderr}"
    assert await contents_of(shop.client, shop.prefix) == shop.taken


async def test_the_stream_in_the_foreground_ends_well_when_it_is_told_to(shop: Shop) -> None:
    env = {**shop.environment, "DARAA_BACKUP_STREAM_SLICE_S": "1"}
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        shop.command("daraa backup stream --json"), env=env, cwd=shop.settings.home, **pipes
    ) as process:
        assert process.stdout is not None
        said = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert [each["event"] for each in said] == ["slice", "slice"]
    assert said[1]["after"] == said[0]["until"]


async def test_the_job_streams_where_the_settings_say_and_nowhere_else(shop: Shop) -> None:
    assert "There is no job 'backup.stream'" in shop.daraa("daraa jobs run backup.stream").stderr
    shop.more["DARAA_BACKUP_STREAM"] = "local"
    assert "slices: 1" in shop.done("daraa jobs run backup.stream")
    found = json.loads(shop.daraa("daraa backup check --json").stdout)
    (window,) = [each for each in found["checks"] if each["name"] == "backup.local.window"]
    assert window["state"] in ("ok", "warn"), window
    del shop.more["DARAA_BACKUP_STREAM"]


async def test_a_destroyed_database_comes_back_proven_and_equal(shop: Shop) -> None:
    shapes = await shapes_of(shop.client, shop.prefix)
    assert "came back equal" in shop.done("daraa backup verify latest")
    await shop.destroy()
    assert await contents_of(shop.client, shop.prefix) == {}
    shop.done("daraa backup restore latest --into daraa --json")
    assert await contents_of(shop.client, shop.prefix) == shop.taken
    assert await shapes_of(shop.client, shop.prefix) == shapes
    assert "✗" not in shop.done("daraa market prove")
    assert "Nothing to do" in shop.done("daraa schema plan")
