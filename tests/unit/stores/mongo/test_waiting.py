"""Operations given up while no server is there leave a client that still answers: nothing listens on port 1."""

import asyncio
import multiprocessing

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.client import make_client


def test_waits_cancelled_twice_do_not_lock_the_client() -> None:
    # In a process of its own, since a client that is locked for good also keeps its event loop from closing.
    process = multiprocessing.get_context("spawn").Process(target=cancel_twice_and_ask_again)
    process.start()
    process.join(60)
    process.kill()
    process.join()
    assert process.exitcode == 0


def cancel_twice_and_ask_again() -> None:
    asyncio.run(_cancel_twice_and_ask_again())


async def _cancel_twice_and_ask_again() -> None:
    settings = MongoSettings(url="mongodb://127.0.0.1:1/?directConnection=true", server_selection_s=1, pool_min=0)
    mongo = Mongo(make_client(settings, "nobody", "no password", app_name="daraa-test"), settings, Capabilities())
    waiting = [asyncio.create_task(mongo.log_in()) for _ in range(5)]
    await asyncio.sleep(0.2)
    for _ in range(2):
        for task in waiting:
            task.cancel()
        await asyncio.sleep(0)
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends
    with pytest.raises(DaraaError) as refused:
        async with asyncio.timeout(10):
            await mongo.log_in()
    assert refused.value.retryable  # the database is away; a locked client would not have answered at all
    await mongo.close()
