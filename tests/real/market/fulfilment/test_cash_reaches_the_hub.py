"""Cash from the couriers' custody to the hubs: each payment once, booked only when the count agrees."""

from typing import Any

import httpx
import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.journals import JOURNALS
from daraa.collections.payments import CashState
from daraa.collections.remittances import REMITTANCES
from factories.couriers import courier_of, custody_of, deliver, delivered, dispatcher, keyed, picked_up, together
from factories.gate import as_admin
from factories.market import Rider, Town, in_json, syp

pytestmark = pytest.mark.anyio
CASH = 15_000


async def declare(town: Town, rider: Rider, tasks: Any = "all", key: str | None = None) -> httpx.Response:
    body = {"hub": "hub-daraa", "task_ids": tasks}
    return await town.client.post("/v1/courier/remittances", json=body, headers=keyed(rider.headers, key))


async def receive(
    town: Town, remittance_id: str, amount: int, key: str | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    path = f"/v1/admin/remittances/{remittance_id}:receive"
    body = {"counted": in_json(amount)}
    return await town.client.post(path, json=body, headers=keyed(headers or dispatcher(), key))


async def test_declared_and_counted_cash_leaves_the_couriers_custody(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trips = [await delivered(town, front, rider) for _ in range(2)]
    carried = (await town.client.get("/v1/courier/cash", headers=rider.headers)).json()["data"]
    assert carried["held"] == in_json(2 * CASH)
    assert {each["order_id"] for each in carried["payments"]} == {trip.order_id for trip in trips}

    declared = await declare(town, rider)
    assert declared.status_code == 201, declared.text
    remittance = declared.json()["data"]
    listed = await town.client.get(declared.headers["location"], headers=rider.headers)
    assert [each["id"] for each in listed.json()["data"]] == [remittance["id"]]
    assert (remittance["declared"], remittance["state"]) == (in_json(2 * CASH), "declared")
    assert await custody_of(town, rider) == 2 * CASH

    waiting = await town.client.get("/v1/admin/remittances", headers=dispatcher())
    assert remittance["id"] in [each["id"] for each in waiting.json()["data"]]
    received = await receive(town, remittance["id"], 2 * CASH)
    assert received.status_code == 200, received.text
    assert received.json()["data"]["state"] == "received"
    assert await custody_of(town, rider) == 0
    assert (await courier_of(town, rider)).cash_held == syp(0)
    for trip in trips:
        assert (await town.payment_of(trip.order_id)).cash_state is CashState.REMITTED
    assert await town.count(JOURNALS, businessKey=f"remit:{remittance['id']}") == 1
    await town.relay()
    await town.prove()


async def test_custody_is_what_was_delivered_less_what_was_remitted(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    first, second = [await delivered(town, front, rider) for _ in range(2)]
    declared = (await declare(town, rider, [first.task_id])).json()["data"]
    assert (await receive(town, declared["id"], CASH)).status_code == 200
    assert await custody_of(town, rider) == CASH
    assert (await courier_of(town, rider)).cash_held == syp(CASH)
    left = (await town.client.get("/v1/courier/cash", headers=rider.headers)).json()["data"]["payments"]
    assert [each["order_id"] for each in left] == [second.order_id]
    await town.relay()
    await town.prove()


async def test_the_same_cash_cannot_be_declared_twice_not_even_at_once(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await delivered(town, front, rider)
    answers = await together(*(declare(town, rider, [trip.task_id]) for _ in range(10)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 201
    assert set(codes[1:]) == {409}
    again = await declare(town, rider)
    assert (again.status_code, again.json()["code"]) == (422, "fulfilment.remittance.empty")
    assert await town.count(REMITTANCES, courierId=rider.profile.id) == 1


async def test_a_repeated_declaration_with_its_key_is_the_same_remittance(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)
    answers = await together(*(declare(town, rider, key="declare-once") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


async def test_a_remittance_is_received_once_whoever_counts_it_at_once(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)
    remittance = (await declare(town, rider)).json()["data"]["id"]
    answers = await together(*(receive(town, remittance, CASH) for _ in range(10)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes[1:]) == {409}
    assert await town.count(JOURNALS, businessKey=f"remit:{remittance}") == 1
    assert (await courier_of(town, rider)).cash_held == syp(0)
    await town.relay()
    await town.prove()


async def test_another_count_books_nothing_and_is_kept_as_a_note(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)
    remittance = (await declare(town, rider)).json()["data"]["id"]
    short = await receive(town, remittance, CASH - 500)
    assert (short.status_code, short.json()["code"]) == (409, "fulfilment.remittance.mismatch")
    assert await custody_of(town, rider) == CASH
    stored = await town.mongo.collection(REMITTANCES).find_one({"_id": remittance})
    assert stored is not None
    assert (stored["state"], stored["counts"][0]["amount"]["amount"]) == ("disputed", CASH - 500)
    assert await town.count(AUDIT_LOGS, action="remittance.dispute", targetId=remittance) == 1
    agreed = await receive(town, remittance, CASH)
    assert agreed.status_code == 200, agreed.text
    assert len(agreed.json()["data"]["counts"]) == 2
    await town.relay()
    await town.prove()


async def test_a_withdrawn_declaration_frees_its_cash_for_another(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)
    first = (await declare(town, rider)).json()["data"]["id"]
    for _ in range(2):
        gone = await town.client.post(f"/v1/courier/remittances/{first}:withdraw", headers=rider.headers)
        assert (gone.status_code, gone.json()["data"]["state"]) == (200, "withdrawn")
    late = await receive(town, first, CASH)
    assert (late.status_code, late.json()["code"]) == (409, "fulfilment.remittance.state")
    second = (await declare(town, rider)).json()["data"]["id"]
    assert (await receive(town, second, CASH)).status_code == 200
    kept = await town.client.post(f"/v1/courier/remittances/{second}:withdraw", headers=rider.headers)
    assert (kept.status_code, kept.json()["code"]) == (409, "fulfilment.remittance.state")
    listed = await town.client.get("/v1/courier/remittances", headers=rider.headers)
    assert [each["id"] for each in listed.json()["data"]] == [second, first]


async def test_of_counting_and_withdrawing_at_once_exactly_one_wins(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    for _ in range(4):
        await delivered(town, front, rider)
        remittance = (await declare(town, rider)).json()["data"]["id"]
        withdraw = town.client.post(f"/v1/courier/remittances/{remittance}:withdraw", headers=rider.headers)
        answers = await together(receive(town, remittance, CASH), withdraw)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        if answers[1].status_code == 200:
            again = (await declare(town, rider)).json()["data"]["id"]
            assert (await receive(town, again, CASH)).status_code == 200
        assert (await courier_of(town, rider)).cash_held == syp(0)
    await town.relay()
    await town.prove()


async def test_cash_of_others_cannot_be_declared_or_seen(town: Town) -> None:
    front, rider, other = await town.storefront(), await town.rider(), await town.rider()
    trip = await delivered(town, front, rider)
    assert (await declare(town, other, [trip.task_id])).status_code == 404
    assert (await declare(town, other)).json()["code"] == "fulfilment.remittance.empty"
    remittance = (await declare(town, rider)).json()["data"]["id"]
    stolen = await town.client.post(f"/v1/courier/remittances/{remittance}:withdraw", headers=other.headers)
    assert stolen.status_code == 404
    assert (await town.client.get("/v1/courier/remittances", headers=other.headers)).json()["data"] == []


async def test_only_staff_with_the_right_receive_cash(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)
    remittance = (await declare(town, rider)).json()["data"]["id"]
    for headers in (rider.headers, as_admin(rider.account.id, "order:read")):
        assert (await receive(town, remittance, CASH, headers=headers)).status_code == 403
    path = f"/v1/admin/remittances/{remittance}:receive"
    keyed_only = {"idempotency-key": "no-token-at-all"}
    nobody = await town.client.post(path, json={"counted": in_json(CASH)}, headers=keyed_only)
    assert nobody.status_code == 401
    assert await custody_of(town, rider) == CASH


async def test_a_courier_over_the_cash_limit_takes_no_task_before_handing_in(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider(cash_limit=syp(20_000))
    one, two = [await picked_up(town, front, rider) for _ in range(2)]
    for trip in (one, two):
        assert (await deliver(town, trip, rider)).status_code == 200
    assert (await courier_of(town, rider)).over_cash_limit
    remittance = (await declare(town, rider)).json()["data"]["id"]
    assert (await receive(town, remittance, 2 * CASH)).status_code == 200
    assert not (await courier_of(town, rider)).over_cash_limit


@pytest.mark.parametrize(
    "body",
    [
        {"task_ids": "all"},
        {"hub": "Hub Daraa", "task_ids": "all"},
        {"hub": "hub", "task_ids": []},
        {"hub": "hub", "task_ids": ["no-id"]},
        {"hub": {"$ne": ""}, "task_ids": "all"},
        {"hub": "hub", "task_ids": "some"},
    ],
)
async def test_a_malformed_declaration_is_refused(town: Town, body: dict[str, Any]) -> None:
    rider = await town.rider()
    answer = await town.client.post("/v1/courier/remittances", json=body, headers=keyed(rider.headers))
    assert answer.status_code in (400, 422)
