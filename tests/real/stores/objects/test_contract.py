"""What every object store promises: the same suite on a folder, on a real S3 server and on moto's."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError

from daraa.kernel.errors import DaraaError
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects
from servers.s3 import client_of

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


async def pieces(count: int, size: int = MIB, fail: Exception | None = None) -> AsyncIterator[bytes]:
    for number in range(count):
        yield number.to_bytes(4, "big") * (size // 4)
    if fail is not None:
        raise fail


async def content(store: ObjectStore, key: str, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.get(key, start, length)])


async def keys(store: ObjectStore, prefix: str = "", start_after: str = "") -> list[str]:
    return [found.key async for found in store.list(prefix, start_after)]


async def code_of(awaitable: object) -> str:
    with pytest.raises(DaraaError) as raised:
        await awaitable  # type: ignore[misc]
    return raised.value.code


async def test_an_object_comes_back_byte_for_byte_with_its_size_and_time(store: ObjectStore) -> None:
    written = bytes(range(256)) * 10
    info = await store.put("a/b.bin", written)
    assert await content(store, "a/b.bin") == written
    assert (info.key, info.size) == ("a/b.bin", len(written))
    assert await store.head("a/b.bin") == info
    assert abs(datetime.now(UTC) - info.modified_at) < timedelta(minutes=1)


async def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    await store.put("empty", pieces(0))
    assert (await store.head("empty")).size == 0
    assert await content(store, "empty") == b""


async def test_a_large_stream_arrives_whole_and_in_order(store: ObjectStore) -> None:
    info = await store.put("large", pieces(37))
    assert info.size == 37 * MIB
    expected, arrived = hashlib.sha256(), hashlib.sha256()
    async for piece in pieces(37):
        expected.update(piece)
    async for piece in store.get("large"):
        assert len(piece) <= 8 * MIB
        arrived.update(piece)
    assert arrived.digest() == expected.digest()


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 10), (5, 5), (995, None), (995, 100), (1000, 1), (5000, None), (0, 0), (8 * MIB - 3, 6), (17 * MIB - 1, 99)],
)
async def test_any_range_is_the_same_slice_as_of_bytes(store: ObjectStore, start: int, length: int | None) -> None:
    whole = os.urandom(1000) if start < 8000 else os.urandom(17 * MIB)
    await store.put("ranged", whole)
    assert await content(store, "ranged", start, length) == whole[start : None if length is None else start + length]


@pytest.mark.parametrize(("start", "length"), [(-1, None), (0, -1)])
async def test_a_negative_range_is_refused(store: ObjectStore, start: int, length: int) -> None:
    with pytest.raises(ValueError, match="no object has"):
        await content(store, "any", start, length)


async def test_writing_again_replaces_the_whole_object(store: ObjectStore) -> None:
    await store.put("twice", b"first, and longer")
    await store.put("twice", b"second")
    assert await content(store, "twice") == b"second"


@pytest.mark.parametrize("count", [3, 20])
async def test_a_stream_that_fails_leaves_no_object_and_its_own_error_comes_out(store: ObjectStore, count: int) -> None:
    with pytest.raises(FileNotFoundError, match="the source went away"):
        await store.put("half", pieces(count, fail=FileNotFoundError("the source went away")))
    assert await code_of(store.head("half")) == "objects.object.missing"
    assert await keys(store) == []


async def test_a_stream_that_fails_leaves_the_former_object_as_it_was(store: ObjectStore) -> None:
    await store.put("kept", b"former")
    with pytest.raises(RuntimeError):
        await store.put("kept", pieces(20, fail=RuntimeError("boom")))
    assert await content(store, "kept") == b"former"


async def test_of_many_who_write_only_if_absent_exactly_one_succeeds(store: ObjectStore, kind: str) -> None:
    writers = (store.put("once", f"writer {n}".encode(), only_if_absent=True) for n in range(10))
    results = await asyncio.gather(*writers, return_exceptions=True)
    winners = [n for n, result in enumerate(results) if not isinstance(result, BaseException)]
    losers = [result for result in results if isinstance(result, BaseException)]
    # Swift looks first and writes then: in the same moment several get through, and whoever needs to know reads back.
    assert winners if kind == "swift" else len(winners) == 1
    assert {error.code for error in losers if isinstance(error, DaraaError)} <= {"objects.object.exists"}
    assert await content(store, "once") in {f"writer {n}".encode() for n in winners}
    assert await code_of(store.put("once", b"late", only_if_absent=True)) == "objects.object.exists"
    assert await content(store, "once") in {f"writer {n}".encode() for n in winners}


async def test_a_large_object_cannot_be_written_only_if_absent(store: ObjectStore) -> None:
    assert await code_of(store.put("big", pieces(9), only_if_absent=True)) == "objects.object.too_large"
    assert await keys(store) == []


async def test_listing_goes_by_key_order_from_any_point_and_only_below_the_prefix(store: ObjectStore) -> None:
    written = ["a", "b-c", "b/1", "b/10", "b/2/x", "b/2/y", "b0", "c/d/e"]
    for key in reversed(written):
        await store.put(key, key.encode())
    assert await keys(store) == sorted(written)
    assert await keys(store, "b") == ["b/1", "b/10", "b/2/x", "b/2/y"]
    assert await keys(store, "b/2") == ["b/2/x", "b/2/y"]
    assert await keys(store, "none") == []
    for point in [*written, "b", "b/2", "b/2/xx", "zzz", "0"]:
        assert await keys(store, start_after=point) == [key for key in sorted(written) if key > point]
        assert await keys(store, "b", point) == [k for k in sorted(written) if k.startswith("b/") and k > point]
    sizes = {found.key: found.size async for found in store.list()}
    assert sizes == {key: len(key) for key in written}


FOREIGN = ["", "backups/", "backups/a b", "backups/ملح", "backups/%zz", "backups/a\\b"]
"""Keys that others may put into a bucket; those that are no path at all end obstore's own listing."""
PATHLESS = ["backups//x", "backups/./x", "backups/../x", "/backups/x", "backups/a\1b"]


@pytest.mark.parametrize("kind", ["moto", "swift", "minio"], indirect=True)
@pytest.mark.parametrize("foreign", [FOREIGN, *([key] for key in PATHLESS)])
async def test_keys_that_others_put_into_the_bucket_are_passed_over(
    store: ObjectStore, target: S3Target, kind: str, foreign: list[str]
) -> None:
    ours = ["backups/a/b", "backups/zz"]
    for key in ours:
        await store.put(key, b"x")
    client = client_of(target)
    for key in foreign:
        if kind == "swift" and not key.isprintable():
            continue  # it takes such a key and cannot list it itself
        with suppress(ClientError):  # nor does every server take every key
            client.put_object(Bucket=target.bucket, Key=f"{target.prefix}/{key}", Body=b"")
    assert await keys(store, "backups") == ours
    assert await keys(store, "backups", "backups/b") == ours[1:]
    assert [key for key in await keys(store) if key != "backups"] == ours
    await store.ping()


async def test_listing_more_than_a_page_misses_nothing(store: ObjectStore, kind: str) -> None:
    # A page has 1,000 objects; that of our Swift has 100, since it needs 60 ms for each.
    names = [f"page/{number:04}" for number in range(130 if kind == "swift" else 1100)]
    for begin in range(0, len(names), 50):
        await asyncio.gather(*(store.put(name, b"") for name in names[begin : begin + 50]))
    assert await keys(store, "page") == names


async def test_delete_removes_and_bears_what_is_not_there(store: ObjectStore) -> None:
    await store.put("gone/x", b"x")
    await store.delete("gone/x")
    await store.delete("gone/x")
    await store.delete("never/was")
    assert await code_of(store.head("gone/x")) == "objects.object.missing"
    assert await code_of(content(store, "gone/x")) == "objects.object.missing"


@pytest.mark.parametrize(
    "key",
    [
        *("", "/a", "a/", "a//b", ".", "..", "../x", "a/../b", "a/./b", "a\\b", "a b", "a#1", "درعا", "a\x00b"),
        *("x/" * 450 + "x", "s" * 201),
    ],
)
async def test_a_bad_key_is_refused_by_every_call_and_touches_nothing(store: ObjectStore, key: str) -> None:
    calls = [store.put(key, b"x"), content(store, key), store.head(key), store.delete(key)]
    if key:
        calls += [keys(store, key), keys(store, start_after=key)]
    for call in calls:
        assert await code_of(call) == "objects.key.invalid"
    assert await keys(store) == []


async def test_an_object_that_is_replaced_while_it_is_read_is_never_mixed(store: ObjectStore) -> None:
    await store.put("moving", pieces(20))
    reading = store.get("moving")
    await anext(reading)
    await store.put("moving", pieces(19))
    with pytest.raises(DaraaError) as changed:
        await anext(reading)
    assert changed.value.code == "objects.object.changed"


async def test_memory_stays_flat_whatever_the_size(store: ObjectStore) -> None:
    # Peaks are compared with peaks: what buffers and the allocator keep does not depend on the size.
    small, large = await peak_memory(store, 60), await peak_memory(store, 240)
    assert large - small < 80 * MIB


async def peak_memory(store: ObjectStore, size_mib: int) -> int:
    """The most bytes this process held while an object of that size was written and read back."""
    process, peak = psutil.Process(), 0

    async def watched() -> AsyncIterator[bytes]:
        nonlocal peak
        async for piece in pieces(size_mib):
            peak = max(peak, process.memory_info().rss)
            yield piece

    await store.put("watched", watched())
    async for _ in store.get("watched"):
        peak = max(peak, process.memory_info().rss)
    return peak


async def test_ping_answers_and_a_closed_store_refuses(store: ObjectStore) -> None:
    await store.ping()
    await store.close()
    assert await code_of(store.put("late", b"x")) == "objects.store.unusable"


async def test_a_process_that_only_writes_ends_cleanly(target: FolderTarget | S3Target) -> None:
    # obstore's threads used to abort short processes at their very end.
    await open_objects(target).ping()
    program = f"""
import asyncio
from pathlib import Path, PosixPath
from daraa.stores.objects import FolderTarget, S3Target, open_objects
from pydantic import SecretStr
async def chunks():
    for _ in range(12):
        yield b'x' * 1_000_000
async def main():
    await open_objects({_spelled(target)}).put('short', chunks())
asyncio.run(main())
"""
    for _ in range(4):
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-"], input=program, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")


def _spelled(target: FolderTarget | S3Target) -> str:
    if isinstance(target, FolderTarget):
        return repr(target)
    keys = (target.access_key.get_secret_value(), target.secret_key.get_secret_value())
    return (
        f"S3Target(bucket={target.bucket!r}, endpoint={target.endpoint!r},"
        f" access_key=SecretStr({keys[0]!r}), secret_key=SecretStr({keys[1]!r}))"
    )


async def test_files_in_a_folder_cannot_be_read_by_others(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path / "private"))
    await store.put("a/b", b"x")
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
    await store.close()
