"""Becoming a courier, working as one, and what suspension leaves possible."""

import secrets
from typing import Any

import pytest

from daraa.collections.accounts import ACCOUNTS, Role
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierStatus
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.kernel.ids import new_id
from factories.couriers import courier_of, deliver, dispatcher, picked_up, together
from factories.gate import signed_in
from factories.market import Shopper, Town, syp

pytestmark = pytest.mark.anyio


def application(town: Town, **more: Any) -> dict[str, Any]:
    vehicle = {"kind": "motorcycle", "plate": "درعا 1234"}
    return {"vehicle": vehicle, "national_number": "01230045678", "zone_ids": [town.zone.id], **more}


async def applied(town: Town) -> tuple[Shopper, str]:
    shopper = await town.shopper()
    answer = await town.client.post("/v1/courier/apply", json=application(town), headers=shopper.headers)
    assert answer.status_code == 201, answer.text
    return shopper, answer.json()["data"]["id"]


async def decide(town: Town, courier_id: str, verb: str, **more: Any) -> Any:
    body = {"reason": f"checked {secrets.token_hex(2)}", **more}
    return await town.client.post(f"/v1/admin/couriers/{courier_id}:{verb}", json=body, headers=dispatcher())


async def test_an_application_is_approved_and_gives_the_role(town: Town) -> None:
    shopper, courier_id = await applied(town)
    me = await town.client.get("/v1/courier/me", headers=shopper.headers)
    assert (me.json()["data"]["verification"], me.json()["data"]["status"]) == ("pending", "offline")
    waiting = await town.client.get("/v1/admin/couriers?verification=pending&limit=100", headers=dispatcher())
    assert courier_id in [each["id"] for each in waiting.json()["data"]]

    limit = {"amount": 700_000, "currency": "SYP"}
    approved = await decide(town, courier_id, "approve", max_active=2, cash_limit=limit)
    assert approved.status_code == 200, approved.text
    assert (approved.json()["data"]["max_active"], approved.json()["data"]["cash_limit"]) == (2, limit)
    account = await town.mongo.collection(ACCOUNTS).find_one({"_id": shopper.id})
    assert account is not None
    assert "courier" in account["roles"]
    headers = signed_in(shopper.id, Role.COURIER)
    started = await town.client.post("/v1/courier/shift", json={"status": "available"}, headers=headers)
    assert (started.status_code, started.json()["data"]["status"]) == (200, "available")
    types = await town.mongo.collection(OUTBOX_EVENTS).distinct("type", {"aggregateId": courier_id})
    assert sorted(types) == ["courier.applied", "courier.approved"]
    assert await town.count(AUDIT_LOGS, targetId=courier_id) == 2
    await town.client.post("/v1/courier/shift", json={"status": "offline"}, headers=headers)


async def test_ten_applications_at_once_are_one_courier(town: Town) -> None:
    shopper = await town.shopper()
    answers = await together(
        *(town.client.post("/v1/courier/apply", json=application(town), headers=shopper.headers) for _ in range(10))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 9
    assert await town.count(COURIER_PROFILES, accountId=shopper.id) == 1


async def test_who_was_rejected_may_apply_again(town: Town) -> None:
    shopper, courier_id = await applied(town)
    assert (await decide(town, courier_id, "reject")).status_code == 200
    me = (await town.client.get("/v1/courier/me", headers=shopper.headers)).json()["data"]
    assert me["verification"] == "rejected"
    assert me["verification_note"].startswith("checked")
    again = await town.client.post(
        "/v1/courier/apply", json=application(town, national_number="0999999"), headers=shopper.headers
    )
    assert (again.status_code, again.json()["data"]["id"]) == (201, courier_id)
    assert again.json()["data"]["verification_note"] is None


async def test_a_suspended_courier_gets_nothing_new_and_finishes_what_they_carry(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    assert (await decide(town, rider.profile.id, "suspend")).status_code == 200
    shift = await town.client.post("/v1/courier/shift", json={"status": "available"}, headers=rider.headers)
    assert (shift.status_code, shift.json()["code"]) == (403, "delivery.courier.untrusted")
    assert (await deliver(town, trip, rider)).status_code == 200
    courier = await courier_of(town, rider)
    assert (courier.status, courier.cash_held) == (CourierStatus.OFFLINE, syp(15_000))
    back = await decide(town, rider.profile.id, "approve")
    assert back.json()["data"]["verification"] == "approved"
    await town.relay()
    await town.prove()


@pytest.mark.parametrize(("verbs", "refused"), [
    (("approve",), "approve"), (("approve",), "reject"), ((), "suspend"), (("reject",), "suspend"),
])  # fmt: skip
async def test_decisions_follow_from_where_a_courier_stands(town: Town, verbs: tuple[str, ...], refused: str) -> None:
    _, courier_id = await applied(town)
    for verb in verbs:
        assert (await decide(town, courier_id, verb)).status_code == 200
    answer = await decide(town, courier_id, refused)
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery.courier.state")


async def test_of_ten_decisions_at_once_one_counts(town: Town) -> None:
    _, courier_id = await applied(town)
    answers = await together(*(decide(town, courier_id, verb) for verb in ("approve", "reject") * 5))
    approvals = [answer.status_code for answer in answers[::2]]
    rejections = [answer.status_code for answer in answers[1::2]]
    # A rejected courier may still be approved, an approved one not rejected: at most one of each.
    assert approvals.count(200) == 1
    assert rejections.count(200) <= 1
    assert set(approvals + rejections) <= {200, 409}


async def test_where_a_courier_is_is_shown_while_they_carry_the_order(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    moved = await town.client.put("/v1/courier/location", json={"lat": 32.63, "lng": 36.11}, headers=rider.headers)
    assert moved.status_code == 204
    path = f"/v1/orders/{trip.order_id}/tracking"
    seen = (await town.client.get(path, headers=trip.shopper.headers)).json()["data"]["delivery"]
    assert (seen["location"]["lat"], seen["location"]["lng"]) == (32.63, 36.11)
    assert (await deliver(town, trip, rider)).status_code == 200
    after = (await town.client.get(path, headers=trip.shopper.headers)).json()["data"]["delivery"]
    assert (after["location"], after["pin"], after["state"]) == (None, None, "delivered")


async def test_the_couriers_surface_is_shut_to_others(town: Town) -> None:
    shopper = await town.shopper()
    assert (await town.client.get("/v1/courier/me", headers=shopper.headers)).status_code == 404
    assert (await town.client.get("/v1/courier/tasks", headers=shopper.headers)).status_code == 403
    assert (await town.client.get("/v1/courier/tasks")).status_code == 401
    stale = signed_in(shopper.id, Role.COURIER)
    place = await town.client.put("/v1/courier/location", json={"lat": 1, "lng": 1}, headers=stale)
    assert place.status_code == 404
    for path in ("/v1/admin/couriers", f"/v1/admin/couriers/{new_id('cor')}"):
        assert (await town.client.get(path, headers=shopper.headers)).status_code == 403
        assert (await town.client.get(path, headers=dispatcher("cash:receive"))).status_code == 403
    assert (await town.client.get(f"/v1/admin/couriers/{new_id('cor')}", headers=dispatcher())).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone_ids": []},
        {"zone_ids": [new_id("dzn")]},
        {"zone_ids": "all"},
        {"national_number": "x"},
        {"national_number": {"$gt": ""}},
        {"vehicle": {"kind": "rocket"}},
        {"max_active": 20},
    ],
)
async def test_a_bad_application_is_refused(town: Town, wrong: dict[str, Any]) -> None:
    shopper = await town.shopper()
    answer = await town.client.post("/v1/courier/apply", json=application(town, **wrong), headers=shopper.headers)
    assert answer.status_code in (400, 422)
    assert await town.count(COURIER_PROFILES, accountId=shopper.id) == 0


@pytest.mark.parametrize("body", [{"status": "busy"}, {"status": "flying"}, {}, {"status": None}])
async def test_a_shift_that_is_none_is_refused(town: Town, body: dict[str, Any]) -> None:
    rider = await town.rider(status=CourierStatus.OFFLINE)
    assert (await town.client.post("/v1/courier/shift", json=body, headers=rider.headers)).status_code in (400, 422)


@pytest.mark.parametrize("body", [{"lat": 91, "lng": 0}, {"lat": 0, "lng": "east"}, {"lat": 0}, {"lat": 0, "lng": 181}])
async def test_a_place_that_is_none_is_refused(town: Town, body: dict[str, Any]) -> None:
    rider = await town.rider(status=CourierStatus.OFFLINE)
    assert (await town.client.put("/v1/courier/location", json=body, headers=rider.headers)).status_code in (400, 422)
