"""Offers to couriers one after another, and that of all who take a task exactly one gets it (I15)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daraa.collections.courier_profiles import CourierStatus
from daraa.collections.delivery_tasks import DELIVERY_TASKS, OfferAnswer, TaskState
from daraa.kernel.ids import new_id
from factories.couriers import (
    accepted,
    assign,
    confirmed,
    courier_of,
    deliver,
    dispatcher,
    picked_up,
    sweep,
    task_of,
    together,
)
from factories.market import Rider, Town, syp

pytestmark = pytest.mark.anyio


async def retire(town: Town, *riders: Rider) -> None:
    """End the shifts, so that the next test's couriers are alone."""
    for rider in riders:
        answer = await town.client.post("/v1/courier/shift", json={"status": "offline"}, headers=rider.headers)
        assert answer.status_code == 200, answer.text


async def let_expire(town: Town, task_id: str) -> None:
    """As if a minute had gone by."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    await town.mongo.collection(DELIVERY_TASKS).update_one({"_id": task_id}, {"$set": {"offerExpiresAt": past}})


async def make_due(town: Town, task_id: str) -> None:
    """As if the task had waited long enough for another look."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    await town.mongo.collection(DELIVERY_TASKS).update_one({"_id": task_id}, {"$set": {"dueAt": past}})


async def test_a_confirmed_order_is_offered_accepted_and_shown_with_its_address(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    assert (await sweep(town))["offered"] == 1
    offers = (await town.client.get("/v1/courier/tasks?state=offered", headers=rider.headers)).json()["data"]
    assert [each["id"] for each in offers] == [trip.task_id]
    assert (offers[0]["address"], offers[0]["dropoff"]) == (None, None)
    assert offers[0]["cod_due"] == {"amount": 15_000, "currency": "SYP"}
    for _ in range(2):
        taken = await town.client.post(f"{trip.task}:accept", headers=rider.headers)
        assert taken.status_code == 200, taken.text
    assert taken.json()["data"]["address"]["street"].startswith("شارع هنانو")
    assert (await courier_of(town, rider)).active_count == 1
    await town.relay()
    await retire(town, rider)


async def test_twenty_couriers_take_one_task_and_one_has_it(town: Town) -> None:
    front = await town.storefront()
    riders = [await town.rider() for _ in range(20)]
    trip = await confirmed(town, front)
    await sweep(town)
    asked = (await task_of(town, trip.order_id)).courier_id
    answers = await together(*(town.client.post(f"{trip.task}:accept", headers=rider.headers) for rider in riders))
    for rider, answer in zip(riders, answers, strict=True):
        assert answer.status_code == (200 if rider.profile.id == asked else 404)
    loads = [(await courier_of(town, rider)).active_count for rider in riders]
    assert sum(loads) == 1
    await retire(town, *riders)


async def test_an_admin_gives_one_task_to_twenty_couriers_at_once_and_one_has_it(town: Town) -> None:
    front = await town.storefront()
    riders = [await town.rider(status=CourierStatus.OFFLINE) for _ in range(20)]
    trip = await confirmed(town, front)
    answers = await together(*(assign(town, trip, rider) for rider in riders))
    assert 200 in {answer.status_code for answer in answers}
    assert {answer.status_code for answer in answers} <= {200, 409}
    holder = (await task_of(town, trip.order_id)).courier_id
    loads = {rider.profile.id: (await courier_of(town, rider)).active_count for rider in riders}
    assert [key for key, load in loads.items() if load] == [holder]
    assert sum(loads.values()) == 1


async def test_a_courier_who_takes_twenty_tasks_at_once_gets_as_many_as_allowed(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider(max_active=3, status=CourierStatus.OFFLINE)
    trips = [await confirmed(town, front) for _ in range(20)]
    tasks = town.mongo.collection(DELIVERY_TASKS)
    open_offer = [{"courierId": rider.profile.id, "offeredAt": datetime.now(UTC), "answer": "open"}]
    words = {
        "state": "offered", "courierId": rider.profile.id, "offers": open_offer,
        "offerExpiresAt": datetime.now(UTC) + timedelta(minutes=5),
    }  # fmt: skip
    await tasks.update_many({"_id": {"$in": [trip.task_id for trip in trips]}}, {"$set": words})
    answers = await together(*(town.client.post(f"{trip.task}:accept", headers=rider.headers) for trip in trips))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(200) == 3
    assert set(codes) == {200, 409}
    assert (await courier_of(town, rider)).active_count == 3
    assert await town.count(DELIVERY_TASKS, courierId=rider.profile.id, state="accepted") == 3


async def test_an_offer_that_nobody_answers_goes_to_the_next_courier(town: Town) -> None:
    front = await town.storefront()
    one, two = await town.rider(), await town.rider()
    trip = await confirmed(town, front)
    await sweep(town)
    first = (await task_of(town, trip.order_id)).courier_id
    await let_expire(town, trip.task_id)
    assert (await sweep(town))["expired"] == 1
    task = await task_of(town, trip.order_id)
    assert {first, task.courier_id} == {one.profile.id, two.profile.id}
    assert [offer.answer for offer in task.offers] == [OfferAnswer.EXPIRED, OfferAnswer.OPEN]
    late = one if first == one.profile.id else two
    assert (await town.client.post(f"{trip.task}:accept", headers=late.headers)).status_code == 404
    await retire(town, one, two)


async def test_an_offer_past_its_minute_cannot_be_accepted_even_before_it_is_swept(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    await sweep(town)
    await let_expire(town, trip.task_id)
    answer = await town.client.post(f"{trip.task}:accept", headers=rider.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery.task.taken")
    await retire(town, rider)


async def test_who_declines_is_not_asked_again(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    await sweep(town)
    for _ in range(2):
        assert (await town.client.post(f"{trip.task}:decline", headers=rider.headers)).status_code == 204
    await sweep(town)
    task = await task_of(town, trip.order_id)
    assert (task.state, task.courier_id) == (TaskState.WAITING, None)
    other = await town.rider()
    await make_due(town, trip.task_id)
    await sweep(town)
    assert (await task_of(town, trip.order_id)).courier_id == other.profile.id
    await retire(town, rider, other)


@pytest.mark.parametrize(
    "unfit",
    [
        {"status": CourierStatus.ON_BREAK},
        {"zone_ids": (new_id("dzn"),)},
        {"cash_limit": syp(14_999)},
        {"cash_held": syp(9_990_000)},
        {"over_cash_limit": True},
        {"max_active": 1, "active_count": 1},
    ],
)
async def test_couriers_who_may_not_take_it_are_not_asked(town: Town, unfit: dict[str, Any]) -> None:
    front = await town.storefront()
    rider = await town.rider(**unfit)
    trip = await confirmed(town, front)
    await sweep(town)
    task = await task_of(town, trip.order_id)
    assert task.courier_id != rider.profile.id
    assert rider.profile.id not in [offer.courier_id for offer in task.offers]
    await retire(town, rider)


async def test_who_was_asked_longest_ago_is_asked_first(town: Town) -> None:
    front = await town.storefront()
    riders = [await town.rider() for _ in range(3)]
    trips = [await confirmed(town, front) for _ in range(3)]
    await sweep(town)
    asked = {(await task_of(town, trip.order_id)).courier_id for trip in trips}
    assert asked == {rider.profile.id for rider in riders}
    await retire(town, *riders)


async def test_two_sweeps_at_once_offer_a_task_once(town: Town) -> None:
    front = await town.storefront()
    riders = [await town.rider() for _ in range(3)]
    trip = await confirmed(town, front)
    await together(*(sweep(town) for _ in range(4)))
    task = await task_of(town, trip.order_id)
    assert len(task.offers) == 1
    await retire(town, *riders)


async def test_a_cancelled_order_frees_its_courier(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    await accepted(town, trip, rider)
    answer = await town.client.post(
        f"/v1/admin/orders/{trip.order_id}:cancel", json={"reason": "store burnt down"}, headers=town.admin
    )
    assert answer.status_code == 200, answer.text
    await town.relay()
    assert (await task_of(town, trip.order_id)).state is TaskState.CANCELLED
    assert (await courier_of(town, rider)).active_count == 0
    late = await town.client.post(f"{trip.task}:pickup", headers=rider.headers)
    assert (late.status_code, late.json()["code"]) == (409, "delivery.task.state")
    await retire(town, rider)


async def test_a_full_courier_is_busy_until_something_is_delivered(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider(max_active=1)
    trip = await picked_up(town, front, rider)
    assert (await courier_of(town, rider)).status is CourierStatus.BUSY
    assert (await deliver(town, trip, rider)).status_code == 200
    assert (await courier_of(town, rider)).status is CourierStatus.AVAILABLE
    await retire(town, rider)


async def test_a_task_is_moved_to_another_courier_while_it_is_at_the_store(town: Town) -> None:
    front, one, two = await town.storefront(), await town.rider(), await town.rider()
    trip = await confirmed(town, front)
    await accepted(town, trip, one)
    await accepted(town, trip, two)
    assert ((await courier_of(town, one)).active_count, (await courier_of(town, two)).active_count) == (0, 1)
    assert (await town.client.get(trip.task, headers=one.headers)).status_code == 404
    await retire(town, one, two)


async def test_assigning_needs_the_right_a_reason_and_a_courier_who_may(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    path = f"/v1/admin/delivery-tasks/{trip.task_id}:assign"
    body = {"courier_id": rider.profile.id, "reason": "urgent"}
    assert (await town.client.post(path, json=body, headers=dispatcher("zone:write"))).status_code == 403
    assert (await town.client.post(path, json=body, headers=rider.headers)).status_code == 403
    unreasoned = await town.client.post(path, json={"courier_id": rider.profile.id}, headers=dispatcher())
    assert unreasoned.status_code in (400, 422)
    nobody = {"courier_id": new_id("cor"), "reason": "urgent"}
    assert (await town.client.post(path, json=nobody, headers=dispatcher())).status_code == 404
    await retire(town, rider)
    waiting = await town.client.get(f"/v1/admin/delivery-tasks?zone_id={town.zone.id}&limit=100", headers=dispatcher())
    assert trip.task_id in [each["id"] for each in waiting.json()["data"]]
