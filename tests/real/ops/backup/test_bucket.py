"""A bucket as the runbook's page sets it up on MinIO: locked versions, and accounts that may do only their part."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.check import check_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.layout import manifest_key
from daraa.ops.backup.leftovers import abort_leftovers, see_leftovers
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.repositories import Repository, opened_repository
from daraa.ops.backup.repository_mark import ensure_mark
from daraa.ops.backup.retention import Action
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo import Mongo
from daraa.stores.objects import ObjectStore, S3Target, open_objects
from factories.backup_place import Place, open_place
from factories.backups import contents_of
from factories.bucket_page import bare_policy, document, policy
from factories.made_backups import KEY, THREE_DAYS, keys
from factories.repositories import with_remote
from factories.takes import as_backup, on_one_day, taken
from factories.uploads import begin_upload, left_on
from servers.minio_accounts import with_policy
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio
POLICY = replace(THREE_DAYS, min_verified=1, max_age=timedelta(days=5))


@dataclass
class Bucket:
    """A locked bucket, the owner's way into it, and that of the account that takes backups."""

    owner: S3Target
    writer: S3Target
    client: Any
    place: Place

    @property
    def store(self) -> ObjectStore:
        return self.place.store

    def versions(self, key: str) -> list[dict[str, Any]]:
        """Newest first, without delete markers."""
        name = f"{self.owner.prefix}/{key}"
        return list(self.client.list_object_versions(Bucket=self.owner.bucket, Prefix=name).get("Versions", []))

    async def verify(self, manifest: Manifest) -> bool:
        settings = self.place.settings
        async with opened_target(settings, scratch_name(settings)) as scratch:
            contents = await open_contents(self.store, manifest.backup_id, self.place.key)
            return (await verify_backup(scratch, contents, SYSTEM_CLOCK)).ok

    async def check(self, target: S3Target) -> dict[str, Check]:
        found = await check_backups(with_remote(self.place.settings, target), SYSTEM_CLOCK, "remote")
        return {each.name.removeprefix("backup.remote."): each for each in found.checks}


@pytest.fixture
async def bucket(minio: S3Server, settings: Settings, admin: Mongo, tmp_path: Path) -> AsyncIterator[Bucket]:
    owner, client = minio.bucket(lock=True), minio.client()
    rule = document("object-lock", owner)
    client.put_object_lock_configuration(Bucket=owner.bucket, ObjectLockConfiguration=rule)
    client.put_bucket_lifecycle_configuration(Bucket=owner.bucket, LifecycleConfiguration=document("lifecycle", owner))
    writer = with_policy(owner, policy(owner))
    async with open_place(settings, admin, tmp_path, open_objects(writer)) as place:
        yield Bucket(owner, writer, client, place)


async def take(bucket: Bucket, admin: Mongo, count: int = 1) -> list[Manifest]:
    async with as_backup(admin, bucket.place.settings) as mongo:
        return [await taken(mongo, bucket.store, bucket.place.key) for _ in range(count)]


async def test_an_account_that_may_not_delete_takes_verifies_and_checks_and_the_lock_is_reported(
    bucket: Bucket, admin: Mongo
) -> None:
    [manifest] = await take(bucket, admin)
    assert await bucket.verify(manifest)
    listing = await list_backups(bucket.store, bucket.place.key)
    assert [each.state for each in listing.backups] == [State.VERIFIED]
    found = await bucket.check(bucket.writer)
    assert found["immutable"].state is CheckState.OK
    assert "locks each for 35 days (compliance)" in found["immutable"].evidence
    assert {name for name, each in found.items() if each.state is CheckState.FAIL} == set()


async def test_a_locked_version_can_be_deleted_by_nobody_and_an_attackers_work_leaves_it_below(
    bucket: Bucket, admin: Mongo
) -> None:
    [manifest] = await take(bucket, admin)
    key = manifest_key(manifest.backup_id)
    [good] = bucket.versions(key)
    # Somebody with the owner's keys overwrites the manifest, then deletes it.
    attacker = open_objects(bucket.owner)
    await attacker.put(key, b"{}")
    await attacker.delete(key)
    assert [each.backup_id for each in (await list_backups(bucket.store, bucket.place.key)).strays]
    there = {"Bucket": bucket.owner.bucket, "Key": good["Key"], "VersionId": good["VersionId"]}
    for words in ({}, {"BypassGovernanceRetention": True}):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            bucket.client.delete_object(**there, **words)
        assert refused.value.response["Error"]["Code"] in ("AccessDenied", "InvalidRequest", "ObjectLocked")
    assert good["VersionId"] in {each["VersionId"] for each in bucket.versions(key)}
    # Put back as it was, the copy is whole again.
    body = bucket.client.get_object(**there)["Body"].read()
    await bucket.store.put(key, body)
    assert await bucket.verify(manifest)


async def test_the_repository_of_before_an_attack_is_listed_and_restored_as_it_was(
    bucket: Bucket, admin: Mongo
) -> None:
    [manifest] = await take(bucket, admin)
    assert await bucket.verify(manifest)
    moment = bucket.client.head_bucket(Bucket=bucket.owner.bucket)["ResponseMetadata"]["HTTPHeaders"]["date"]
    before = parsedate_to_datetime(moment) + timedelta(seconds=1)
    await asyncio.sleep(2.5)
    attacker = open_objects(bucket.owner)
    for key in await keys(attacker):
        await attacker.put(key, b"nothing")
        await attacker.delete(key)
    assert (await list_backups(bucket.store, bucket.place.key)).backups == ()

    reader = with_remote(bucket.place.settings, with_policy(bucket.owner, policy(bucket.owner, past=True)))
    section = reader.backup.model_copy(update={"as_of": before.isoformat()})
    async with opened_repository(reader.model_copy(update={"backup": section}), "remote") as past:
        listing = await list_backups(past.store, bucket.place.key)
        assert [(each.backup_id, each.state) for each in listing.backups] == [(manifest.backup_id, State.VERIFIED)]
        assert (listing.complete, listing.problems) == (True, ())
        bucket.place.store = past.store
        await bucket.place.restore(manifest)
        with pytest.raises(DaraaError) as refused:
            await past.store.delete(manifest_key(manifest.backup_id))
        assert refused.value.code == "objects.store.past"
    place = bucket.place
    assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)


async def test_prune_with_an_account_that_may_not_delete_says_so_and_every_copy_stays_whole(
    bucket: Bucket, admin: Mongo
) -> None:
    await on_one_day()
    first, second, _ = await take(bucket, admin, 3)
    assert await bucket.verify(first)
    assert await bucket.verify(second)
    clock = FixedClock(SYSTEM_CLOCK.now())
    pruning = Pruning(Repository("remote", "there", bucket.store), bucket.place.key, POLICY, clock)
    assert [each.action for each in await prune(pruning, await pruning.plan())] == [Action.TOMBSTONE]
    clock.advance(timedelta(days=4))
    before = await keys(bucket.store)
    with pytest.raises(DaraaError) as refused:
        await prune(pruning, await pruning.plan())
    assert refused.value.code == "objects.server.refused"
    assert "these credentials may not delete" in refused.value.message
    assert await keys(bucket.store) == before
    pruner = open_objects(with_policy(bucket.owner, policy(bucket.owner, prunes=True)))
    with_rights = replace(pruning, repository=Repository("remote", "there", pruner))
    assert [each.action for each in await prune(with_rights, await with_rights.plan())] == [Action.DELETE]
    states = {each.state for each in (await list_backups(bucket.store, bucket.place.key)).backups}
    assert states == {State.COMPLETE, State.VERIFIED}
    # What pruning deleted is locked too: it can be had back while its days last.
    assert bucket.versions(manifest_key(first.backup_id))


async def test_the_bare_rights_are_enough_to_take_and_verify_and_what_cannot_be_told_is_unknown(
    bucket: Bucket, admin: Mongo
) -> None:
    bare = with_policy(bucket.owner, bare_policy(bucket.owner))
    bucket.place.store = open_objects(bare)
    [manifest] = await take(bucket, admin)
    assert await bucket.verify(manifest)
    found = await bucket.check(bare)
    assert found["unfinished"].state is CheckState.UNKNOWN
    assert "may not list" in found["unfinished"].evidence
    assert "is not told to these credentials" in found["immutable"].evidence
    late = f"backups/{manifest.backup_id}/late"
    begin_upload(bucket.owner, late)
    seen = await see_leftovers(open_objects(bucket.owner), timedelta(seconds=-2), SYSTEM_CLOCK.now())
    with pytest.raises(DaraaError) as refused:
        await abort_leftovers(bucket.store, seen.going)
    assert "may not abort unfinished uploads" in refused.value.message
    assert left_on(bucket.owner, late) == 1


async def test_an_account_for_another_folder_gets_nowhere(bucket: Bucket) -> None:
    elsewhere = open_objects(replace(bucket.writer, prefix="some/other"))
    for call in (elsewhere.put("x", b"1"), elsewhere.head("x")):
        with pytest.raises(DaraaError) as refused:
            await call
        assert refused.value.code == "objects.server.refused"


async def test_a_mark_that_is_there_is_never_replaced_by_a_second_one(bucket: Bucket) -> None:
    first = await ensure_mark(bucket.store, KEY, SYSTEM_CLOCK)
    with pytest.raises(DaraaError) as refused:
        await bucket.store.put("repository.json", b"another", only_if_absent=True)
    assert refused.value.code == "objects.object.exists"
    assert await ensure_mark(bucket.store, KEY, SYSTEM_CLOCK) == first
    assert len(bucket.versions("repository.json")) == 1
