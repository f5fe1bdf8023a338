"""The hourly look at the schema names what differs from the declarations."""

import pytest

from daraa.jobs.registry import Fence, JobContext
from daraa.jobs.schedule import find_drift
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


async def test_what_is_declared_and_not_there_is_counted_and_named(mongo: Mongo, settings: Settings) -> None:
    now = await server_now(mongo)
    context = JobContext(
        job="schema.drift",
        due_at=now,
        attempt=1,
        missed=0,
        by_hand=True,
        fence=Fence(1),
        mongo=mongo,
        settings=settings,
    )
    await mongo.database()["strays"].insert_one({"_id": 1})
    try:
        found = await find_drift(context)
    finally:
        await mongo.database()["strays"].drop()
    assert isinstance(found["pending"], int)
    assert found["pending"] > 10, "the test database has five collections of all those declared"
    assert "create accounts" in str(found["steps"])
    assert "jobSchedules" not in str(found["steps"])
