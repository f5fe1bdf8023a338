"""A lease has one holder at a time, and what a late holder still writes is refused."""

import asyncio

import pytest

from daraa.collections.leases import LEASES
from daraa.jobs.errors import LEASE_LOST
from daraa.jobs.lease import LEASE_BY_NAME, Held, acquire
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo import Mongo, Table

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


async def held(mongo: Mongo, worker: str = "a", seconds: float = 5) -> Held:
    lease = await acquire(mongo, "test.lease", worker=worker, seconds=seconds)
    assert lease is not None
    return lease


async def test_of_many_that_want_a_free_lease_one_gets_it(mongo: Mongo) -> None:
    for _ in range(3):
        wanted = [acquire(mongo, "test.lease", worker=f"w{number}", seconds=5) for number in range(8)]
        (winner,) = [lease for lease in await asyncio.gather(*wanted) if lease is not None]
        await winner.release()


async def test_tokens_grow_with_every_holder_and_a_release_frees_at_once(mongo: Mongo) -> None:
    numbers = []
    for _ in range(3):
        lease = await held(mongo)
        assert await acquire(mongo, "test.lease", worker="b", seconds=5) is None
        numbers.append(lease.fence.number)
        await lease.release()
    assert numbers == [1, 2, 3]


async def test_an_expired_lease_goes_to_another_and_the_late_holder_can_do_nothing_with_it(mongo: Mongo) -> None:
    late = await held(mongo, "late", seconds=0.2)
    await asyncio.sleep(0.3)
    new = await held(mongo, "new")
    assert not await late.renew()
    await late.release()
    row = await Table(LEASES, mongo).find_one(LEASE_BY_NAME, id="test.lease")
    assert row is not None
    assert row.owner == new.owner, "the late holder's release took the lease from the new one"
    with pytest.raises(DaraaError) as lost:
        async with mongo.transaction() as session:
            await late.confirm(session)
    assert lost.value.code == LEASE_LOST


async def test_a_write_with_an_old_token_is_refused_after_one_with_a_newer_token(mongo: Mongo) -> None:
    effects = mongo.database()["effects"]
    await effects.insert_one({"_id": "thing", "fence": 0, "by": ""})

    async def write(lease: Held) -> bool:
        change = {"$set": {"by": lease.owner, "fence": lease.fence.number}}
        return (await effects.update_one({"_id": "thing", **lease.fence.guard()}, change)).matched_count == 1

    late = await held(mongo, "late", seconds=0.2)
    assert await write(late)
    await asyncio.sleep(0.3)
    new = await held(mongo, "new")
    assert await write(new)
    assert not await write(late)
    stored = await effects.find_one({"_id": "thing"})
    assert stored is not None
    assert stored["by"] == new.owner


async def test_a_transaction_bound_to_a_lease_fails_when_the_lease_changes_hands_meanwhile(mongo: Mongo) -> None:
    effects = mongo.database()["effects"]
    late = await held(mongo, "late", seconds=0.2)
    taken: asyncio.Task[Held] | None = None
    failed = False
    try:
        async with mongo.transaction() as session:
            await effects.insert_one({"_id": "late"}, session=session)
            await asyncio.sleep(0.3)
            # A server makes this wait for the transaction, or ends the transaction when it comes to commit.
            taken = asyncio.create_task(held(mongo, "new"))
            await asyncio.wait({taken}, timeout=5)
            await late.confirm(session)
    except DaraaError:
        failed = True
    assert taken is not None
    new = await taken
    assert failed
    assert new.fence.number > late.fence.number
    assert await effects.count_documents({}) == 0
