"""Whether deleted objects could be had back: a server says it of each object, a folder cannot."""

from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.objects import FolderTarget, open_objects
from daraa.stores.objects.errors import MISSING
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", ["Enabled", "Suspended", None])
@pytest.mark.parametrize("kind", ["minio", "moto"])
async def test_a_bucket_with_versioning_is_told_from_one_without(
    request: pytest.FixtureRequest, kind: str, status: str | None
) -> None:
    server: S3Server = request.getfixturevalue(kind)
    target = server.bucket()
    if status:
        server.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": status})
    store = open_objects(target)
    await store.put("a/b", b"1")
    assert await store.keeps_versions("a/b") is (status == "Enabled")
    with pytest.raises(DaraaError) as error:
        await store.keeps_versions("a/c")
    assert error.value.code == MISSING
    await store.close()


async def test_of_a_folder_it_cannot_be_told(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path))
    await store.put("a/b", b"1")
    assert await store.keeps_versions("a/b") is None
    await store.close()
