"""A bucket with versions, read as it was: what was replaced or deleted since is there, what is newer is not."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.objects import ObjectStore, S3Target, Unfinished, open_objects
from servers.s3 import S3Server, client_of

pytestmark = pytest.mark.anyio


def server_time(target: S3Target) -> datetime:
    answer = client_of(target).head_bucket(Bucket=target.bucket)
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


@dataclass
class Bucket:
    """A bucket that keeps versions."""

    target: S3Target
    now: ObjectStore

    async def moment(self) -> datetime:
        """One that everything so far was before and all that follows is after; servers tell whole seconds."""
        await asyncio.sleep(2.1)
        found = server_time(self.target)
        await asyncio.sleep(1.1)
        return found

    def at(self, moment: datetime) -> ObjectStore:
        return open_objects(replace(self.target, as_of=moment))


@pytest.fixture(params=["moto", "swift", "minio"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    server: S3Server = request.getfixturevalue(request.param)
    target = server.bucket()
    server.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": "Enabled"})
    return Bucket(target, open_objects(target))


async def seen(store: ObjectStore, prefix: str = "", start_after: str = "") -> dict[str, bytes]:
    """Every object with its content, in the order of the listing."""
    keys = [each.key async for each in store.list(prefix, start_after)]
    return {key: b"".join([piece async for piece in store.get(key)]) for key in keys}


async def test_each_moment_shows_what_stood_then(bucket: Bucket) -> None:
    empty = server_time(bucket.target) - timedelta(minutes=1)
    written = {"a/x": b"one", "a/y": b"two", "a-b": b"three", "z": b"four"}
    for key, text in written.items():
        await bucket.now.put(key, text)
    first = await bucket.moment()
    await bucket.now.put("a/x", b"changed")
    await bucket.now.delete("a/y")
    await bucket.now.put("a/new", b"new")
    second = await bucket.moment()
    await bucket.now.put("a/y", b"back")

    assert await seen(bucket.at(empty)) == {}
    assert await seen(bucket.at(first)) == written
    assert list(await seen(bucket.at(first))) == sorted(written)
    assert await seen(bucket.at(second)) == {"a-b": b"three", "a/new": b"new", "a/x": b"changed", "z": b"four"}
    assert await seen(bucket.at(first), "a") == {"a/x": b"one", "a/y": b"two"}
    assert list(await seen(bucket.at(first), "a", "a/x")) == ["a/y"]
    assert list(await seen(bucket.at(first), start_after="a-b")) == ["a/x", "a/y", "z"]
    past = bucket.at(first)
    assert b"".join([piece async for piece in past.get("a/x", 1, 1)]) == b"n"
    assert (await past.head("a/x")).size == 3
    for missing in ("a/new", "a", "nothing"):
        with pytest.raises(DaraaError) as error:
            await past.head(missing)
        assert error.value.code == "objects.object.missing"
    for change in (past.put("z", b"x"), past.delete("z"), past.abort_unfinished(Unfinished("z", "u", first))):
        with pytest.raises(DaraaError) as error:
            await change
        assert error.value.code == "objects.store.past"
    assert (await seen(bucket.now))["z"] == b"four"


async def until_listed(target: S3Target, versions: int) -> None:
    """Swift's listings follow its writes after a moment."""
    pages = client_of(target).get_paginator("list_object_versions")
    async with asyncio.timeout(30):
        while sum(len(page.get("Versions", [])) for page in pages.paginate(Bucket=target.bucket)) < versions:
            await asyncio.sleep(0.2)


async def test_a_past_of_more_versions_than_a_page_has_misses_none(swift: S3Server) -> None:
    target = swift.bucket()
    swift.client().put_bucket_versioning(Bucket=target.bucket, VersioningConfiguration={"Status": "Enabled"})
    bucket = Bucket(target, open_objects(target))
    names = [f"page/{number:03}" for number in range(60)]
    await asyncio.gather(*(bucket.now.put(name, b"old") for name in names))
    moment = await bucket.moment()
    await asyncio.gather(*(bucket.now.put(name, b"new") for name in names))
    await until_listed(target, 120)
    assert [each.key async for each in bucket.at(moment).list("page")] == names
    assert [each.size async for each in bucket.at(moment).list("page")] == [3] * 60
    assert b"".join([piece async for piece in bucket.at(moment).get(names[49])]) == b"old"
