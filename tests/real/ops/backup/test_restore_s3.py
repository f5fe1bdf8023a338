"""Verify and restore from a bucket of a real S3 server, as from a folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.layout import receipt_key
from daraa.ops.backup.manifest import Receipt, open_signed
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo import Mongo
from daraa.stores.objects import open_objects
from factories.backup_place import open_place
from factories.backups import contents_of, shapes_of
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio


async def test_a_backup_in_a_bucket_is_verified_and_comes_back_equal(
    settings: Settings, admin: Mongo, s3_server: S3Server, tmp_path: Path
) -> None:
    store = open_objects(s3_server.bucket())
    async with open_place(settings, admin, tmp_path, store) as place:
        manifest = await place.backup()
        contents = await place.contents(manifest)
        async with opened_target(settings, scratch_name(settings)) as scratch:
            receipt = await verify_backup(scratch, contents, SYSTEM_CLOCK)
        assert receipt.ok, receipt.findings
        written = [piece async for piece in store.get(receipt_key(manifest.backup_id, receipt.receipt_id))]
        assert open_signed(b"".join(written), place.key.signing, Receipt) == receipt
        await place.restore(manifest)
        assert await contents_of(place.client, place.target) == await contents_of(place.client, place.prefix)
        assert await shapes_of(place.client, place.target) == await shapes_of(place.client, place.prefix)


async def test_a_bucket_that_goes_away_is_an_error_and_neither_green_nor_red(
    settings: Settings, admin: Mongo, s3_server: S3Server, tmp_path: Path
) -> None:
    bucket = s3_server.bucket()
    gone = open_objects(replace(bucket, bucket="no-such-bucket-here"))
    async with open_place(settings, admin, tmp_path, open_objects(bucket)) as place:
        contents = await place.contents(await place.backup())
        async with opened_target(settings, scratch_name(settings)) as scratch:
            with pytest.raises(DaraaError) as away:
                await verify_backup(scratch, replace(contents, store=gone), SYSTEM_CLOCK)
        assert away.value.code == "objects.server.unavailable"
        await gone.close()
