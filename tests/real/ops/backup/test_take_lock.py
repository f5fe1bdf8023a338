"""One take at a time, also on a server that lets two writers make the same lease in the same moment."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.take_lock import only_take, running_take
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects
from factories.made_backups import content, keys

pytestmark = pytest.mark.anyio
FIRST = "locks/take/000000000001.json"


@pytest.fixture
async def store(objects_place: FolderTarget | S3Target) -> AsyncIterator[ObjectStore]:
    opened = open_objects(objects_place)
    yield opened
    await opened.close()


async def holder(store: ObjectStore) -> str:
    return str(json.loads(await content(store, FIRST))["backup_id"])


async def renewed(store: ObjectStore) -> None:
    """Wait for the lease to be written anew."""
    first = later = await store.head(FIRST)
    while later.modified_at == first.modified_at:
        await asyncio.sleep(0.05)
        later = await store.head(FIRST)


async def overwrite(store: ObjectStore, backup_id: str) -> None:
    """As another process does whose request was let through in the same moment."""
    until = SYSTEM_CLOCK.now() + timedelta(minutes=1)
    words = {"backup_id": backup_id, "host": "there", "process": "x:1:1", "since": until.isoformat()}
    await store.put(FIRST, json.dumps(words | {"until": until.isoformat()}).encode())


async def test_a_take_that_finds_anothers_lease_under_its_number_has_lost_and_leaves_it_alone(
    store: ObjectStore,
) -> None:
    async with only_take(store, "bkp_mine", SYSTEM_CLOCK, lease_s=6) as hold:
        await hold.confirm()
        await renewed(store)  # just now, so that no renewal is between its steps
        await overwrite(store, "bkp_theirs")
        await asyncio.sleep(4.5)  # two renewals, which must not take it back
        assert await holder(store) == "bkp_theirs"
        with pytest.raises(DaraaError) as lost:
            await hold.confirm()
    assert lost.value.code == "backup.take.lost"
    assert await holder(store) == "bkp_theirs"
    running = await running_take(store, SYSTEM_CLOCK)
    assert running is not None
    assert running.backup_id == "bkp_theirs"


async def test_of_many_takes_that_begin_at_once_at_most_one_gets_as_far_as_its_manifest(store: ObjectStore) -> None:
    begun, decided = asyncio.Barrier(6), asyncio.Barrier(6)

    async def one(number: int) -> str:
        await begun.wait()
        try:
            async with only_take(store, f"bkp_{number}", SYSTEM_CLOCK) as hold:
                await decided.wait()  # a take lasts longer than the others' requests
                await hold.confirm()
                return "confirmed"
        except DaraaError as error:
            if error.code == "backup.take.busy":
                await decided.wait()
            return error.code

    ended = await asyncio.gather(*(one(number) for number in range(6)))
    assert ended.count("confirmed") == 1
    assert set(ended) <= {"confirmed", "backup.take.busy", "backup.take.lost"}
    assert await keys(store) == [FIRST]
    assert await running_take(store, SYSTEM_CLOCK) is None
