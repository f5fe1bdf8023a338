"""Checking looks at real places: a bucket with versioning, a server that is away, two repositories."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from daraa.kernel.checks import CheckState
from daraa.kernel.settings import BackupSettings, Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.check import Report, check_backups
from daraa.ops.backup.repositories import opened_repository
from factories.made_backups import KEY_BYTES, put_backup, put_mark
from servers.ports import free_port
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


def with_secrets(home: Path, **secrets: str) -> Path:
    folder = home / "secrets"
    folder.mkdir(mode=0o700, parents=True)
    for name, text in {"backup_key": KEY_BYTES.hex(), **secrets}.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
    return home


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
    secrets = {
        "backup_remote_s3_access_key_id": s3_server.access_key,
        "backup_remote_s3_secret_access_key": s3_server.secret_key,
    }
    section = BackupSettings(remote_url=f"s3://{target.bucket}/ours", remote_endpoint=s3_server.endpoint)
    settings = Settings(home=with_secrets(tmp_path, **secrets), backup=section)
    await fill(settings, "local")
    await fill(settings, "remote")
    report = await check_backups(settings, SYSTEM_CLOCK)
    found = states(report)
    assert found.pop("backup.local.immutable") is CheckState.UNKNOWN
    assert set(found.values()) == {CheckState.OK}
    assert len(found) == 17
    assert report.exit_code == 2
    assert (await check_backups(settings, SYSTEM_CLOCK, "remote")).exit_code == 0
    assert 'daraa_backup_verified_copies{repository="remote"} 3' in report.metrics
    assert s3_server.secret_key not in report.metrics + repr(report)


async def test_a_server_that_is_away_is_a_failed_check_beside_a_repository_that_is_well(tmp_path: Path) -> None:
    secrets = {"backup_remote_s3_access_key_id": "key-id", "backup_remote_s3_secret_access_key": "secret-key"}
    section = BackupSettings(remote_url="s3://bucket/ours", remote_endpoint=f"http://127.0.0.1:{free_port()}")
    settings = Settings(home=with_secrets(tmp_path, **secrets), backup=section)
    await fill(settings, "local")
    found = states(await check_backups(settings, SYSTEM_CLOCK))
    assert found["backup.local.verified"] is CheckState.OK
    assert found["backup.remote.reachable"] is CheckState.FAIL
    assert found["backup.remote.verified"] is CheckState.UNKNOWN


async def test_a_repository_without_its_key_pair_is_a_failed_check_that_names_the_file(tmp_path: Path) -> None:
    settings = Settings(home=with_secrets(tmp_path), backup=BackupSettings(remote_url="s3://bucket/ours"))
    report = await check_backups(settings, SYSTEM_CLOCK, "remote")
    [reachable] = [each for each in report.checks if each.name == "backup.remote.reachable"]
    assert reachable.state is CheckState.FAIL
    assert "backup_remote_s3_access_key_id" in reachable.evidence
