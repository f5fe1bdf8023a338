"""Object stores at their worst: wrong keys, no bucket, nobody there, parts left over, a full or missing folder."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.objects import FolderTarget, S3Target, open_objects
from servers.ports import free_port
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio


async def failure(target: FolderTarget | S3Target, call: str) -> DaraaError:
    store = open_objects(target)
    calls = {"put": store.put("k", b"x"), "ping": store.ping(), "head": store.head("k")}
    chosen = calls.pop(call)
    for other in calls.values():
        other.close()
    with pytest.raises(DaraaError) as raised:
        await chosen
    return raised.value


@pytest.mark.parametrize("call", ["put", "ping", "head"])
async def test_a_wrong_key_pair_is_refused_at_once_and_not_shown(minio: S3Server, call: str) -> None:
    wrong = replace(minio.bucket(), secret_key=SecretStr("not-the-secret"))
    error = await asyncio.wait_for(failure(wrong, call), 5)
    assert error.code == "objects.server.refused"
    assert "not-the-secret" not in str(error)


@pytest.mark.parametrize("call", ["put", "ping"])
async def test_a_bucket_that_does_not_exist_is_said_so(minio: S3Server, call: str) -> None:
    error = await failure(replace(minio.bucket(), bucket="nobody-made-this"), call)
    assert error.code == "objects.server.unavailable"
    assert "does not exist" in error.message


async def test_nobody_there_is_an_error_within_the_time_for_retries() -> None:
    nowhere = S3Target(
        bucket="bucket",
        endpoint=f"http://127.0.0.1:{free_port()}",
        access_key=SecretStr("a"),
        secret_key=SecretStr("b"),
        retry_within_s=1.0,
    )
    error = await asyncio.wait_for(failure(nowhere, "ping"), 15)
    assert error.code == "objects.server.unavailable"
    assert error.retryable


async def test_a_stream_that_fails_leaves_no_parts_on_the_server(minio: S3Server) -> None:
    target = minio.bucket()
    store = open_objects(target)

    async def broken():
        for _ in range(30):
            yield b"x" * 1_000_000
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await store.put("half", broken())
    left = minio.client().list_multipart_uploads(Bucket=target.bucket, Prefix="some/place/half")
    assert "Uploads" not in left


async def test_the_prefix_keeps_two_users_of_a_bucket_apart(minio: S3Server) -> None:
    target = minio.bucket()
    ours, theirs = open_objects(target), open_objects(replace(target, prefix="some/other"))
    await theirs.put("x", b"theirs")
    await ours.put("x", b"ours")
    assert [found.key async for found in ours.list()] == ["x"]
    await ours.delete("x")
    assert (await theirs.head("x")).size == 6


async def test_a_file_that_a_killed_process_left_unfinished_is_not_an_object(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path))
    (tmp_path / "backup#1").write_bytes(b"half")
    assert [found.key async for found in store.list()] == []
    await store.put("backup", b"whole")
    assert [found.key async for found in store.list()] == ["backup"]


async def test_a_folder_that_went_away_is_noticed(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path / "mount"))
    (tmp_path / "mount").rmdir()
    with pytest.raises(DaraaError) as raised:
        await store.ping()
    assert raised.value.code == "objects.server.unavailable"


async def test_a_file_where_the_folder_should_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DaraaError) as raised:
        open_objects(FolderTarget(tmp_path / "taken"))
    assert raised.value.code == "objects.server.unavailable"
    assert raised.value.hint


async def test_a_key_inside_another_object_fails_without_harm(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path))
    await store.put("a", b"file")
    with pytest.raises(DaraaError) as raised:
        await store.put("a/b", b"below a file")
    assert raised.value.code == "objects.server.unavailable"
    assert (await store.head("a")).size == 4


async def test_a_store_opened_before_a_fork_refuses_instead_of_hanging(tmp_path: Path) -> None:
    store = open_objects(FolderTarget(tmp_path))
    await store.put("before", b"x")
    child = os.fork()
    if child == 0:
        try:
            store.put("after", b"x").send(None)
        except DaraaError as error:
            os._exit(7 if error.code == "objects.store.unusable" else 1)
        finally:
            os._exit(2)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 7
