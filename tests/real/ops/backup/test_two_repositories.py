"""A folder here and a bucket elsewhere: a copy goes into each, each lets go by its own rule, and one may fail alone."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.catalog import BackupState, list_backups
from daraa.ops.backup.keys import create_key, load_key
from daraa.ops.backup.prune import pruning_of
from daraa.ops.backup.repositories import LOCAL, REMOTE, opened_repository
from daraa.ops.backup.retention import Action
from daraa.stores.mongo import Mongo
from daraa.stores.objects import S3Target
from factories.backups import make_small_database
from factories.commands import daraa
from factories.made_backups import put_backup, put_mark
from factories.repositories import with_backup_key, with_remote
from factories.takes import as_backup
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio


def variables(target: S3Target) -> dict[str, str]:
    return {
        "DARAA_BACKUP_REMOTE_URL": f"s3://{target.bucket}/{target.prefix}",
        "DARAA_BACKUP_REMOTE_ENDPOINT": target.endpoint or "",
    }


async def copies(settings: Settings, name: str) -> list[BackupState]:
    async with opened_repository(settings, name) as repository:
        return list((await list_backups(repository.store, load_key(settings))).backups)


async def test_one_command_puts_a_copy_into_each_and_a_failing_one_is_told_and_spoils_no_other(
    admin: Mongo, settings: Settings, swift: S3Server
) -> None:
    await make_small_database(admin.client, settings.mongo.database)
    bucket = swift.bucket()
    create_key(settings)
    both = with_remote(settings, bucket)
    async with as_backup(admin, settings):
        status, out, _ = await daraa(both, "backup", "take", "--repository", "all", "--json", **variables(bucket))
        told = [json.loads(line) for line in out.splitlines()]
        taken = {each["repository"]: each["backup_id"] for each in told if each["event"] == "taken"}
        assert (status, set(taken)) == (0, {LOCAL, REMOTE})
        assert len(set(taken.values())) == 2

        wrong = with_remote(settings, replace(bucket, secret_key=SecretStr("not-this-one")))
        status, out, err = await daraa(wrong, "backup", "take", "--repository", "all", **variables(bucket))
        assert status == 1
        assert "in the repository local" in out
        assert "remote: no copy was taken." in err
        assert "objects.server.refused" in err
        assert "not-this-one" not in out + err
    both = with_remote(settings, bucket)
    assert len(await copies(both, LOCAL)) == 2
    assert [each.backup_id for each in await copies(both, REMOTE)] == [taken[REMOTE]]


async def test_each_repository_lets_go_by_its_own_rule(settings: Settings, s3_server: S3Server) -> None:
    settings = with_remote(with_backup_key(settings), s3_server.bucket())
    section = settings.backup.model_copy(update={"keep_daily": 3, "remote_keep_daily": 5, "prune_share": 1.0})
    settings, clock = settings.model_copy(update={"backup": section}), FixedClock(SYSTEM_CLOCK.now())
    announced = {}
    for name in (LOCAL, REMOTE):
        async with opened_repository(settings, name) as repository:
            await put_mark(repository.store, clock.now())
            for number in range(6):
                await put_backup(repository.store, clock.now() - number * timedelta(days=1))
            plan = await pruning_of(settings, repository, clock).plan()
            announced[name] = [each.action for each in plan.steps]
    assert announced == {LOCAL: [Action.TOMBSTONE] * 3, REMOTE: [Action.TOMBSTONE]}
