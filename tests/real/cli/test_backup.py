"""`daraa backup list | show | check | plan | prune` as an operator uses them, and the commands of their two pages."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup import layout
from daraa.ops.backup.manifest import Manifest, Tombstone, sha256_of, sign
from daraa.stores.objects import FolderTarget, ObjectStore, open_objects
from factories.made_backups import KEY, KEY_BYTES, content, keys, put_backup, put_mark, put_partial
from factories.runbook import commands_of
from system_needs import require

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


@dataclass
class Home:
    """An installation whose repository holds nine daily verified copies: two more than are to be kept."""

    path: Path
    store: ObjectStore
    now: datetime
    copies: list[Manifest]

    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
        return ours | {"DARAA_HOME": str(self.path)}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-P", "-m", "daraa.cli", "backup", *words]
        return subprocess.run(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def leave_unfinished(self, key: str, age: timedelta) -> Path:
        """What a killed take leaves of an object, some time ago."""
        path = self.path / "backups" / f"{key}#1"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
        then = (self.now - age).timestamp()
        os.utime(path, (then, then))
        return path

    async def bury(self, manifest: Manifest, age: timedelta) -> None:
        """Announce a deletion some time ago: in the tombstone and by the clock of the store."""
        then = self.now - age
        sha256 = sha256_of(await content(self.store, layout.manifest_key(manifest.backup_id)))
        tombstone = Tombstone(
            backup_id=manifest.backup_id, manifest_sha256=sha256, at=then, reason="old", tool_version="0"
        )
        key = layout.tombstone_key(manifest.backup_id)
        await self.store.put(key, sign(tombstone, KEY.signing))
        os.utime(self.path / "backups" / key, (then.timestamp(), then.timestamp()))


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    key = secrets / "backup_key"
    key.touch(0o600)
    key.write_text(KEY_BYTES.hex())
    now, store = SYSTEM_CLOCK.now(), open_objects(FolderTarget(tmp_path / "backups"))
    await put_mark(store, now - 9 * DAY)
    copies = [await put_backup(store, now - number * DAY) for number in range(9)]
    return Home(tmp_path, store, now, copies)


@pytest.mark.parametrize(("page", "commands"), [("backup-check.md", 5), ("backup-prune.md", 3)])
async def test_every_command_of_the_page_ends_as_the_page_says(home: Home, page: str, commands: int) -> None:
    shown = commands_of(page)
    assert len(shown) == commands
    for line, status in shown:
        assert line.startswith("daraa backup ")
        ended = home.run(*line.split()[2:])
        assert ended.returncode == status, f"{line}\n{ended.stdout}{ended.stderr}"


async def test_list_and_show_say_the_same_to_people_and_programs(home: Home) -> None:
    stray = await put_partial(home.store, home.now)
    listed = json.loads(home.run("list", "--json").stdout)
    assert [each["backup_id"] for each in listed["backups"]] == [stray, *(each.backup_id for each in home.copies)]
    text = home.run("list").stdout
    assert all(each.backup_id in text for each in home.copies)
    assert stray in text
    assert "9 copies" in text
    assert "1 partial" in text
    shown = json.loads(home.run("show", home.copies[3].backup_id, "--json").stdout)
    assert shown["receipt"]["ok"] is True
    assert shown["state"] == "verified"
    assert "wrapped_key" not in json.dumps(shown)
    assert home.copies[3].backup_id in home.run("show", home.copies[3].backup_id).stdout


async def test_a_copy_or_repository_that_is_not_there_is_a_clear_error(home: Home) -> None:
    for words in (["show", "bkp_none"], ["list", "--repository", "remote"], ["plan", "--repository", "moon"]):
        ended = home.run(*words)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "→" in ended.stderr
        assert "Traceback" not in ended.stderr


async def test_without_the_key_nothing_is_believed_and_check_says_so(home: Home) -> None:
    (home.path / "secrets/backup_key").unlink()
    for verb in ("list", "plan", "prune"):
        ended = home.run(verb)
        assert ended.returncode == 1
        assert "daraa backup key create" in ended.stderr
    ended = home.run("check", "--json")
    states = {each["name"]: each["state"] for each in json.loads(ended.stdout)["checks"]}
    assert ended.returncode == 1
    assert states["backup.key"] == "fail"
    assert states["backup.local.verified"] == "unknown"


async def test_check_fails_on_a_damaged_copy_and_writes_metrics(home: Home) -> None:
    assert home.run("check", "--format", "metrics").stdout.count("daraa_backup_verified_copies{") == 1
    victim = f"{layout.backup_folder(home.copies[0].backup_id)}/{home.copies[0].schema_part.name}"
    await home.store.delete(victim)
    ended = home.run("check")
    assert ended.returncode == 1
    assert f"✗ backup.local.listing: {home.copies[0].backup_id}: {layout.SCHEMA} is missing." in ended.stdout


async def test_the_metrics_are_what_prometheus_reads_and_say_the_sizes_to_the_byte(home: Home) -> None:
    promtool = require("promtool", apt="prometheus", why="it reads what is written for Prometheus")
    path = home.path / "daraa.prom"
    assert home.run("check", "--metrics", "--output", str(path)).returncode == 2
    seen = subprocess.run(
        [promtool, "check", "metrics"], stdin=path.open(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (seen.returncode, seen.stdout, seen.stderr) == (0, "", "")


async def test_metrics_go_to_a_file_or_to_the_screen_alike_and_the_exit_status_is_that_of_the_check(home: Home) -> None:
    path = home.path / "daraa.prom"
    printed = home.run("check", "--metrics")
    ended = home.run("check", "--format", "metrics", "--output", str(path))
    assert (ended.returncode, ended.stdout, printed.returncode) == (2, "", 2)

    def names(text: str) -> list[str]:
        return [line.split()[0] for line in text.splitlines() if not line.startswith("#")]

    assert names(path.read_text()) == names(printed.stdout)
    assert 'daraa_backup_check_ok{check="backup.local.verified",state="ok"} 1' in printed.stdout
    [size] = re.findall(r"^daraa_backup_stored_bytes\{.*\} (\d+)$", path.read_text(), re.MULTILINE)
    listed = json.loads(home.run("list", "--json").stdout)["backups"]
    assert int(size) == sum(each["bytes_stored"] for each in listed)
    refused = home.run("check", "--metrics", "--output", str(home.path / "none" / "daraa.prom"))
    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr


async def test_a_single_folder_is_never_quite_well(home: Home) -> None:
    """Exit status 0 needs two places and a bucket with versions: see tests/real/ops/backup/test_check.py."""
    report = json.loads(home.run("check", "--json").stdout)
    states = {each["name"]: each["state"] for each in report["checks"]}
    assert {name for name, state in states.items() if state != "ok"} == {"backup.local.immutable", "backup.elsewhere"}


async def test_prune_changes_nothing_without_the_name_of_the_repository(home: Home) -> None:
    await home.bury(home.copies[8], 4 * DAY)
    before = await keys(home.store)
    for words in ([], ["--yes-delete-from", "remote"], ["--yes-delete-from", "yes"], ["--json"]):
        ended = home.run("prune", *words)
        assert ended.returncode == 1
        assert "nothing was changed" in ended.stderr
    assert await keys(home.store) == before


async def test_prune_deletes_what_was_announced_and_says_why(home: Home) -> None:
    await home.bury(home.copies[8], 4 * DAY)
    left = home.leave_unfinished("backups/bkp_019b0000-0000-7000-8000-000000000000/data/a.b/0.zst.enc", 4 * DAY)
    plan = json.loads(home.run("plan", "--json").stdout)
    assert plan["pending"] == 3
    ended = home.run("prune", "--yes-delete-from", "local", "--json")
    assert ended.returncode == 0, ended.stderr
    done = {each["backup_id"]: each["action"] for each in json.loads(ended.stdout)["done"]}
    assert done == {home.copies[8].backup_id: "delete", home.copies[7].backup_id: "tombstone"}
    assert [each["action"] for each in json.loads(ended.stdout)["aborted"]] == ["abort"]
    assert not left.exists()
    assert [key for key in await keys(home.store) if home.copies[8].backup_id in key] == []
    listed = json.loads(home.run("list", "--json").stdout)
    assert [bool(each["tombstoned_at"]) for each in listed["backups"]] == [False] * 7 + [True]
    assert home.run("prune").returncode == 0, "nothing to do needs no name"


async def test_the_name_can_be_typed_on_a_terminal(home: Home) -> None:
    for typed, status in ((b"lokal\n", 1), (b"local\n", 0)):
        ours, theirs = os.openpty()
        command = [sys.executable, "-P", "-m", "daraa.cli", "backup", "prune"]
        started = await asyncio.create_subprocess_exec(
            *command,
            env=home.environment(),
            stdin=theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        os.close(theirs)
        os.write(ours, typed)
        out, _ = await asyncio.wait_for(started.communicate(), 60)
        os.close(ours)
        assert started.returncode == status
        assert b"Type the name of the repository" in out
    assert home.run("plan").returncode == 0


async def test_an_odd_repository_makes_plan_and_prune_fail_and_list_warn(home: Home) -> None:
    await home.store.put("backups/readme", b"?")
    assert [home.run(*words).returncode for words in (["plan"], ["prune", "--yes-delete-from", "local"])] == [1, 1]
    ended = home.run("list")
    assert ended.returncode == 2
    assert "! backups/readme is no part of a backup." in ended.stdout
