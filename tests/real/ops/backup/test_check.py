"""Checking looks at real places: a bucket with versioning, a server that is away, two repositories."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.checks import CheckState
from daraa.kernel.settings import BackupSettings, Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.check import Report, check_backups
from daraa.ops.backup.repositories import opened_repository
from daraa.stores.objects import S3Target
from factories.made_backups import put_backup, put_mark
from factories.repositories import with_backup_key, with_remote
from servers.ports import free_port
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def fill(settings: Settings, name: str) -> None:
    async with opened_repository(settings, name) as repository:
        await put_mark(repository.store, SYSTEM_CLOCK.now())
        for number in range(3):
            await put_backup(repository.store, SYSTEM_CLOCK.now() - number * DAY)


def states(report: Report) -> dict[str, CheckState]:
    return {each.name: each.state for each in report.checks}


async def test_a_folder_and_a_bucket_with_versioning_are_judged_each_on_its_own(
    s3_server: S3Server, tmp_path: Path
) -> None:
    target = s3_server.bucket()
    s3_server.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": "Enabled"})
    settings = with_remote(with_backup_key(Settings(home=tmp_path)), target)
    await fill(settings, "local")
    await fill(settings, "remote")
    report = await check_backups(settings, SYSTEM_CLOCK)
    found = states(report)
    assert found.pop("backup.local.immutable") is CheckState.UNKNOWN
    # MinIO shows only some of its unfinished uploads, and that is said.
    told = CheckState.UNKNOWN if s3_server.kind == "minio" else CheckState.OK
    assert found.pop("backup.remote.unfinished") is told
    assert set(found.values()) == {CheckState.OK}
    assert len(found) == 20
    assert report.exit_code == 2
    assert (await check_backups(settings, SYSTEM_CLOCK, "remote")).exit_code == (0 if told is CheckState.OK else 2)
    assert 'daraa_backup_verified_copies{repository="remote"} 3' in report.metrics
    assert s3_server.secret_key not in report.metrics + repr(report)


async def test_versioning_that_was_turned_off_after_the_first_copies_is_noticed(
    s3_server: S3Server, tmp_path: Path
) -> None:
    target = s3_server.bucket()

    async def versioning(status: str, days_ago: int) -> CheckState:
        words = {"Status": status}
        s3_server.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration=words)
        async with opened_repository(settings, "remote") as repository:
            await put_backup(repository.store, SYSTEM_CLOCK.now() - days_ago * DAY)
        return states(await check_backups(settings, SYSTEM_CLOCK, "remote"))["backup.remote.immutable"]

    settings = with_remote(with_backup_key(Settings(home=tmp_path)), target)
    async with opened_repository(settings, "remote") as repository:
        s3_server.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": "Enabled"})
        await put_mark(repository.store, SYSTEM_CLOCK.now())
    assert await versioning("Enabled", 3) is CheckState.OK
    await asyncio.sleep(1.1)  # the store's times are of whole seconds
    assert await versioning("Suspended", 2) is CheckState.WARN
    await asyncio.sleep(1.1)
    assert await versioning("Enabled", 1) is CheckState.OK


async def test_a_server_that_is_away_is_a_failed_check_beside_a_repository_that_is_well(tmp_path: Path) -> None:
    nowhere = S3Target(
        bucket="bucket",
        prefix="ours",
        endpoint=f"http://127.0.0.1:{free_port()}",
        access_key=SecretStr("key-id"),
        secret_key=SecretStr("secret-key"),
    )
    settings = with_remote(with_backup_key(Settings(home=tmp_path)), nowhere)
    await fill(settings, "local")
    found = states(await check_backups(settings, SYSTEM_CLOCK))
    assert found["backup.local.verified"] is CheckState.OK
    assert found["backup.remote.reachable"] is CheckState.FAIL
    assert found["backup.remote.verified"] is CheckState.UNKNOWN


async def test_a_repository_without_its_key_pair_is_a_failed_check_that_names_the_file(tmp_path: Path) -> None:
    settings = with_backup_key(Settings(home=tmp_path, backup=BackupSettings(remote_url="s3://bucket/ours")))
    report = await check_backups(settings, SYSTEM_CLOCK, "remote")
    [reachable] = [each for each in report.checks if each.name == "backup.remote.reachable"]
    assert reachable.state is CheckState.FAIL
    assert "backup_remote_s3_access_key_id" in reachable.evidence


@pytest.mark.parametrize("only", ["", "local"])
async def test_a_stream_into_a_repository_that_does_not_exist_is_a_failed_check(tmp_path: Path, only: str) -> None:
    settings = with_backup_key(Settings(home=tmp_path, backup=BackupSettings(stream="remote")))
    await fill(settings, "local")
    report = await check_backups(settings, SYSTEM_CLOCK, only)
    [stream] = [each for each in report.checks if each.name == "backup.stream"]
    assert stream.state is CheckState.FAIL
    assert "'remote'" in stream.evidence
    assert "DARAA_BACKUP_REMOTE_URL" in stream.hint
    assert report.exit_code == 1
    for section in (BackupSettings(), BackupSettings(stream="local")):
        well = await check_backups(settings.model_copy(update={"backup": section}), SYSTEM_CLOCK, only)
        assert "backup.stream" not in states(well)
