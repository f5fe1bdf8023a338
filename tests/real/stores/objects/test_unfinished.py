"""Uploads that were begun and never completed are seen and given back, or it is said that they cannot be seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, Unfinished, UnfinishedSeen, open_objects
from daraa.stores.objects.bucket_calls import PROBE
from factories.uploads import begin_upload, left_on
from servers.s3 import S3Server
from servers.s3_faults import Fault, faulty_s3

pytestmark = pytest.mark.anyio


def keys(seen: UnfinishedSeen) -> list[str]:
    return [each.key for each in seen.uploads]


async def test_an_upload_that_was_begun_is_seen_below_its_folder_alone_and_aborted_for_good(
    store: ObjectStore, target: FolderTarget | S3Target, kind: str
) -> None:
    await store.put("ours/whole", b"whole")
    for key in ("ours/one", "ours/deep/two", "ours2/other"):
        begin_upload(target, key)
    seen = await store.list_unfinished("ours")
    assert sorted(keys(seen)) == ["ours/deep/two", "ours/one"]
    assert abs(seen.at - datetime.now(UTC)) < timedelta(minutes=1)
    if kind != "moto":  # which says 2010 of each
        assert all(abs(each.begun_at - seen.at) < timedelta(minutes=1) for each in seen.uploads)
    for each in seen.uploads:
        await store.abort_unfinished(each)
        await store.abort_unfinished(each)
    assert keys(await store.list_unfinished("ours")) == []
    assert (left_on(target, "ours/one"), left_on(target, "ours2/other")) == (0, 1)
    assert [each.key async for each in store.list()] == ["ours/whole"]


async def test_nothing_to_see_is_believed_only_where_an_upload_begun_now_would_be_seen(
    store: ObjectStore, target: FolderTarget | S3Target, kind: str
) -> None:
    seen = await store.list_unfinished("ours")
    assert seen.uploads == ()
    # MinIO lists by exact key, and for a whole bucket what one process remembers: others may be there.
    assert ("only what was begun since it started" in seen.unknown) is (kind == "minio")
    assert left_on(target, f"ours/{PROBE}") == 0


@pytest.mark.parametrize("server", ["moto", "swift"])
@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (501, "NotImplemented", "cannot list"),
        (405, "MethodNotAllowed", "cannot list"),
        (403, "AccessDenied", "may not"),
    ],
)
async def test_a_server_that_cannot_or_may_not_list_them_is_unknown(
    request: pytest.FixtureRequest, server: str, status: int, code: str, says: str
) -> None:
    there: S3Server = request.getfixturevalue(server)
    target = there.bucket()
    begin_upload(target, "ours/one")
    with faulty_s3(there.endpoint) as proxy:
        proxy.faults.append(Fault(lambda method, path: "uploads" in path, status=status, code=code))
        seen = await open_objects(replace(target, endpoint=proxy.endpoint)).list_unfinished("ours")
    assert seen.uploads == ()
    assert says in seen.unknown


async def test_a_server_that_hides_what_was_just_begun_is_unknown(moto: S3Server) -> None:
    target = moto.bucket()
    with faulty_s3(moto.endpoint) as proxy:
        nothing = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
        hidden = Fault(lambda method, path: method == "GET" and "uploads" in path, status=200, body=nothing)
        proxy.faults.append(hidden)
        seen = await open_objects(replace(target, endpoint=proxy.endpoint)).list_unfinished("ours")
    assert hidden.hit == 4
    assert "does not show" in seen.unknown
    assert left_on(target, f"ours/{PROBE}") == 0


async def test_a_probe_that_may_not_be_aborted_is_left_once_and_used_again(moto: S3Server) -> None:
    target = moto.bucket()
    with faulty_s3(moto.endpoint) as proxy:
        proxy.faults.append(Fault(lambda method, path: method == "DELETE", status=403, code="AccessDenied"))
        store = open_objects(replace(target, endpoint=proxy.endpoint))
        for _ in range(3):
            seen = await store.list_unfinished("ours")
            assert (seen.uploads, seen.unknown) == ((), "")
            assert left_on(target, f"ours/{PROBE}") == 1
        with pytest.raises(DaraaError) as refused:
            await store.abort_unfinished(Unfinished("ours/one", "x", datetime.now(UTC)))
    assert refused.value.code == "objects.server.refused"


def page(number: int, after: str) -> str:
    """A page of one upload that names the next page."""
    upload = (
        f"<Key>some/place/ours/k{number}</Key><UploadId>u</UploadId><Initiated>2026-11-20T10:00:00.000Z</Initiated>"
    )
    markers = f"<NextKeyMarker>{after}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>"
    inside = f"<IsTruncated>true</IsTruncated>{markers}<Upload>{upload}</Upload>"
    return f"<ListMultipartUploadsResult>{inside}</ListMultipartUploadsResult>"


async def test_many_uploads_are_listed_page_by_page_and_a_server_that_turns_in_circles_ends_it(moto: S3Server) -> None:
    target = moto.bucket()
    with faulty_s3(moto.endpoint) as proxy:
        for number, (asked, after) in enumerate((("", "a"), ("a", "b"), ("b", "b"))):
            wanted = f"key-marker={asked}&"
            proxy.faults.append(
                Fault(lambda _, path, wanted=wanted: wanted in f"{path}&", status=200, body=page(number, after))
            )
        seen = await open_objects(replace(target, endpoint=proxy.endpoint)).list_unfinished("ours")
    assert keys(seen) == ["ours/k0", "ours/k1", "ours/k2"]


async def test_a_wrong_key_pair_and_a_server_that_is_away_are_errors_not_unknowns(
    moto: S3Server, swift: S3Server
) -> None:
    wrong = replace(swift.bucket(), secret_key=moto.bucket().secret_key)
    away = replace(moto.bucket(), endpoint="http://127.0.0.1:9", retry_within_s=1.0)
    for target, code in ((wrong, "objects.server.refused"), (away, "objects.server.unavailable")):
        with pytest.raises(DaraaError) as error:
            await open_objects(target).list_unfinished("ours")
        assert error.value.code == code
        assert target.secret_key.get_secret_value() not in str(error.value)


async def test_only_an_unfinished_file_of_that_key_is_removed_from_a_folder(tmp_path) -> None:
    store = open_objects(FolderTarget(tmp_path))
    await store.put("a/b", b"1")
    for upload in ("a/b", "a/c#1", "../a/b#1"):
        with pytest.raises((ValueError, DaraaError)):
            await store.abort_unfinished(Unfinished("a/b", upload, datetime.now(UTC)))
    assert (await store.head("a/b")).size == 1
