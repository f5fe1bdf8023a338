"""Closing, return and remittance, killed before and after every command they send: sent again, they happened once."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from daraa.collections.journals import JOURNALS
from factories.couriers import Trip, delivered, dispatcher, hand_over, keyed, picked_up
from factories.crash import DoomedTown
from factories.market import Rider, Storefront, Town, in_json, open_town
from servers.mongo import MongoServer
from servers.nursery import nursery
from servers.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
MIXED = {"method": "mixed", "wallet_amount": in_json(4_000), "rest": "cash"}
CASH = 11_000


@pytest.fixture(scope="module")
async def doomed(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DoomedTown]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    with nursery("servers.doomed", environment) as children:
        async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as town:
            yield DoomedTown(town, children, tmp_path_factory.mktemp("doomed"))


@dataclass(frozen=True)
class Prepared:
    """A request that is about to be sent, and the journal that it posts, however often it dies."""

    request: dict[str, Any]
    journal: str


Prepare = Callable[[Town, Storefront, Rider], Awaitable[Prepared]]


def a_request(path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body, "headers": keyed(headers, secrets.token_hex(12))}


async def on_the_road(town: Town, front: Storefront, rider: Rider) -> Trip:
    return await picked_up(town, front, rider, payment=MIXED, wallet=4_000)


async def a_closing(town: Town, front: Storefront, rider: Rider) -> Prepared:
    trip = await on_the_road(town, front, rider)
    body = await hand_over(town, trip, rider)
    return Prepared(a_request(f"{trip.task}:deliver", body, rider.headers), f"close:{trip.order_id}")


async def a_return(town: Town, front: Storefront, rider: Rider) -> Prepared:
    trip = await on_the_road(town, front, rider)
    refused = await town.client.post(f"{trip.task}:fail", json={"reason": "refused"}, headers=keyed(rider.headers))
    assert refused.status_code == 200, refused.text
    return Prepared(a_request(f"{trip.task}:return", {}, rider.headers), "refund:")


async def a_remittance(town: Town, front: Storefront, rider: Rider) -> Prepared:
    await delivered(town, front, rider, payment=MIXED, wallet=4_000)
    body = {"hub": "hub-daraa", "task_ids": "all"}
    declared = await town.client.post("/v1/courier/remittances", json=body, headers=keyed(rider.headers))
    assert declared.status_code == 201, declared.text
    remittance = declared.json()["data"]["id"]
    path = f"/v1/admin/remittances/{remittance}:receive"
    return Prepared(a_request(path, {"counted": in_json(CASH)}, dispatcher()), f"remit:{remittance}")


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
