"""Closing, return and remittance, killed before and after every command they send: sent again, they happened once."""

from collections.abc import AsyncIterator

import pytest

from daraa.collections.journals import JOURNALS
from factories.crash import DoomedTown, open_doomed_town
from factories.journeys import Prepare, a_closing, a_remittance, a_return
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(scope="module")
async def doomed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DoomedTown]:
    async with open_doomed_town(mongo_server, redis_server, tmp_path_factory) as opened:
        yield opened


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("prepare", [a_closing, a_return, a_remittance])
async def test_whatever_is_killed_at_any_command_happened_once(doomed: DoomedTown, prepare: Prepare, when: str) -> None:
    town = doomed.town
    front, rider = await town.storefront(stock=500), await town.rider()
    number = 0
    while True:
        number += 1
        ready = await prepare(town, front, rider)
        before = await town.count(JOURNALS)
        lived = await doomed.doomed("request", ready.request, crash=(number, when))
        await doomed.let_time_pass()
        first = await doomed.send(ready.request)
        again = await doomed.send(ready.request)
        assert first.status_code == 200, first.text
        assert (again.status_code, again.json()) == (200, first.json())
        assert await town.count(JOURNALS) - before == (2 if prepare is a_closing else 1)
        assert await town.count(JOURNALS, businessKey={"$regex": f"^{ready.journal}"}) >= 1
        if lived is not None:
            assert lived[0]["status"] == 200, lived
            break
    await doomed.recover()
    await doomed.prove()
    print(f"\n{prepare.__name__}: killed {when} each of its {number - 1} commands")
    assert number > 10
