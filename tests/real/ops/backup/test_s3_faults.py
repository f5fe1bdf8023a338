"""An S3 server that fails in its many ways: a clear error or a whole backup, nothing between, and never a deletion."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.prune import Pruning, prune
from daraa.ops.backup.reader import read_backup
from daraa.ops.backup.repositories import Repository
from daraa.ops.backup.retention import Halt
from daraa.ops.backup.take_lock import running_take
from daraa.stores.mongo import Mongo
from daraa.stores.objects import ObjectStore, S3Target, open_objects
from factories.backups import make_small_database
from factories.made_backups import KEY as MADE_KEY
from factories.made_backups import THREE_DAYS, keys, put_backup, put_mark
from factories.takes import KEY, manifests, taken
from servers.s3 import S3Server
from servers.s3_faults import Fault, FaultyS3, faulty_s3

pytestmark = pytest.mark.anyio
NOISE_BYTES = 9_500_000


@pytest.fixture
def server(request: pytest.FixtureRequest) -> S3Server:
    """The quickest where the proxy answers by itself; `on_each` where it matters what the server did."""
    found: S3Server = request.getfixturevalue(getattr(request, "param", "moto"))
    return found


on_each = pytest.mark.parametrize(
    "server", ["moto", pytest.param("swift", marks=pytest.mark.slow), "minio"], indirect=True
)


@pytest.fixture
def bucket(server: S3Server) -> S3Target:
    """The bucket without faults, to look at what was left in it."""
    return replace(server.bucket(), retry_within_s=1.5, request_within_s=60)


@pytest.fixture
def proxy(server: S3Server) -> Iterator[FaultyS3]:
    """The faults in front of it."""
    with faulty_s3(server.endpoint) as opened:
        yield opened


@pytest.fixture
def faulty(bucket: S3Target, proxy: FaultyS3) -> ObjectStore:
    """The store as a take sees it."""
    return open_objects(replace(bucket, endpoint=proxy.endpoint))


@pytest.fixture
async def database(admin: Mongo, settings: Settings) -> Mongo:
    """Small, with one chunk that goes up in two parts."""
    await make_small_database(admin.client, settings.mongo.database)
    noise = random.Random(1).randbytes(NOISE_BYTES)
    await admin.client[settings.mongo.database].noise.insert_one({"_id": 1, "noise": noise})
    return admin


def puts(method: str, path: str) -> bool:
    return method == "PUT" and "/backups/" in path


def completes(method: str, path: str) -> bool:
    return method == "POST" and "uploadId=" in path


def puts_manifest(method: str, path: str) -> bool:
    return method == "PUT" and path.split("?")[0].endswith("/manifest.json")


def puts_lease(method: str, path: str) -> bool:
    return method == "PUT" and "/locks/take/" in path


async def whole(store: ObjectStore, backup_id: str) -> bool:
    contents = await open_contents(store, backup_id, KEY)
    return sum([len(plain) async for _, plain in read_backup(contents)]) > NOISE_BYTES


async def refusal(database: Mongo, faulty: ObjectStore) -> DaraaError:
    with pytest.raises(DaraaError) as refused:
        await asyncio.wait_for(taken(database, faulty), 60)
    return refused.value


async def taken_or_refused(database: Mongo, faulty: ObjectStore, bucket: S3Target) -> str:
    """The backup is whole, or there is none: "whole", or the error's code."""
    try:
        manifest = await asyncio.wait_for(taken(database, faulty), 60)
    except DaraaError as error:
        await nothing_good(bucket)
        return error.code
    assert await whole(open_objects(bucket), manifest.backup_id)
    return "whole"


async def nothing_good(bucket: S3Target) -> None:
    store = open_objects(bucket)
    assert await manifests(store) == []
    listing = await list_backups(store, KEY)
    assert {each.state for each in listing.backups} <= {State.PARTIAL}
    assert not any(each.facts for each in listing.backups)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(puts, times=4),
        Fault(puts, times=3, status=500, code="InternalError"),
        Fault(puts, times=2, passes=True),
        Fault(puts_manifest, times=2, passes=True),
    ],
    ids=["slow-down", "internal-error", "answers-lost", "answer-to-the-manifest-lost"],
)
async def test_a_server_that_fails_for_a_moment_does_not_hinder_a_whole_backup(
    database: Mongo, bucket: S3Target, proxy: FaultyS3, fault: Fault
) -> None:
    fault = replace(fault, hit=0)
    proxy.faults.append(fault)
    manifest = await taken(database, open_objects(replace(bucket, endpoint=proxy.endpoint, retry_within_s=30)))
    assert fault.hit == fault.times
    assert await whole(open_objects(bucket), manifest.backup_id)


@on_each
async def test_a_lost_answer_to_the_lease_is_not_taken_for_another_process(
    database: Mongo, bucket: S3Target, proxy: FaultyS3, faulty: ObjectStore
) -> None:
    proxy.faults.append(Fault(puts_lease, times=1, passes=True))
    assert await taken_or_refused(database, faulty, bucket) in ("whole", "objects.server.unavailable")
    assert proxy.faults[0].hit == 1


@on_each
@pytest.mark.parametrize("times", [1, 1_000_000])
async def test_a_connection_cut_in_the_answer_of_complete_ends_in_an_error_or_a_whole_backup(
    database: Mongo, bucket: S3Target, proxy: FaultyS3, faulty: ObjectStore, times: int
) -> None:
    cut = Fault(completes, times=times, passes=True)
    proxy.faults.append(cut)
    assert await taken_or_refused(database, faulty, bucket) in ("whole", "objects.server.unavailable")
    assert cut.hit >= 1
    proxy.faults.clear()
    assert await whole(open_objects(bucket), (await taken(database, faulty)).backup_id)


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (Fault(puts), "objects.server.unavailable", "failed on"),
        (Fault(puts, status=403, code="AccessDenied"), "objects.server.refused", "does not let us"),
        (Fault(puts, status=403, code="RequestTimeTooSkewed"), "objects.server.refused", "clock"),
        (Fault(puts, status=404, code="NoSuchBucket"), "objects.server.unavailable", "does not exist"),
        (Fault(puts, status=507, code="XStorageFull"), "objects.server.unavailable", "failed on"),
        (Fault(completes), "objects.server.unavailable", "failed on"),
        (Fault(puts_manifest, status=403, code="AccessDenied"), "objects.server.refused", "manifest.json"),
    ],
    ids=["slow-down", "denied", "clock", "bucket-gone", "full", "complete", "manifest"],
)
async def test_a_server_that_goes_on_failing_ends_the_take_with_its_reason_and_no_backup(
    database: Mongo, bucket: S3Target, proxy: FaultyS3, faulty: ObjectStore, fault: Fault, code: str, says: str
) -> None:
    fault = replace(fault, hit=0)
    proxy.faults.append(fault)
    error = await refusal(database, faulty)
    assert (error.code, fault.hit > 0) == (code, True)
    assert says in error.message
    assert error.hint
    assert bucket.secret_key.get_secret_value() not in str(error)
    await nothing_good(bucket)
    assert await running_take(open_objects(bucket), SYSTEM_CLOCK) is None


async def test_a_wrong_key_pair_is_said_before_anything_is_read(database: Mongo, swift: S3Server) -> None:
    error = await refusal(database, open_objects(replace(swift.bucket(), secret_key=SecretStr("wrong"))))
    assert error.code == "objects.server.refused"
    assert "wrong" not in str(error)


@on_each
async def test_a_missing_bucket_is_said_before_anything_is_read(database: Mongo, server: S3Server) -> None:
    error = await refusal(database, open_objects(replace(server.bucket(), bucket="nobody-made-this")))
    assert error.code == "objects.server.unavailable"
    assert "does not exist" in error.message


async def test_a_server_that_fails_while_it_is_listed_makes_pruning_change_nothing(
    bucket: S3Target, proxy: FaultyS3, faulty: ObjectStore
) -> None:
    store, clock = open_objects(bucket), FixedClock(SYSTEM_CLOCK.now())
    await put_mark(store, clock.now())
    for number in range(4):
        await put_backup(store, clock.now() - number * THREE_DAYS.grace / 3)
    before = await keys(store)
    pruning = Pruning(Repository("remote", "there", faulty), MADE_KEY, THREE_DAYS, clock)
    agreed = await pruning.plan()
    assert len(agreed.steps) == 1
    proxy.faults.append(Fault(lambda method, path: method == "GET" and "list-type" in path))
    plan = await pruning.plan_copies()
    assert (plan.verdict.halted, plan.steps, plan.wrong) == (Halt.INCOMPLETE, (), True)
    assert await prune(pruning, agreed) == ()
    assert await keys(store) == before
