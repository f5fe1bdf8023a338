"""Failed attempts and returns to the store: bounded, each once, and the money goes back to where it came from."""

from typing import Any

import httpx
import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.orders import OrderStatus, PaymentState
from daraa.collections.payments import CashState
from daraa.collections.refunds import REFUNDS
from factories.couriers import (
    Trip,
    courier_of,
    custody_of,
    deliver,
    hand_over,
    keyed,
    picked_up,
    task_of,
    together,
)
from factories.market import Rider, Town, in_json, syp

pytestmark = pytest.mark.anyio


async def fail(
    town: Town, trip: Trip, rider: Rider, reason: str = "customer_absent", key: str | None = None
) -> httpx.Response:
    return await town.client.post(f"{trip.task}:fail", json={"reason": reason}, headers=keyed(rider.headers, key))


async def hand_back(town: Town, trip: Trip, rider: Rider, key: str | None = None) -> httpx.Response:
    return await town.client.post(f"{trip.task}:return", json={}, headers=keyed(rider.headers, key))


async def test_after_a_failed_attempt_the_order_can_still_be_delivered(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    answer = await fail(town, trip, rider)
    assert (answer.status_code, answer.json()["data"]["failed_attempts"]) == (200, 1)
    assert (await deliver(town, trip, rider)).status_code == 200
    await town.relay()
    await town.prove()


async def test_a_repeated_report_with_its_key_counts_as_one_attempt(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    answers = await together(*(fail(town, trip, rider, key="absent-once") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await task_of(town, trip.order_id)).failed_attempts == 1


async def test_the_third_failed_attempt_sends_the_order_back_and_its_cash_is_waived(town: Town) -> None:
    front, rider = await town.storefront(stock=7), await town.rider()
    trip = await picked_up(town, front, rider)
    await town.client.post(f"{trip.task}:start", headers=rider.headers)
    for attempt in (1, 2, 3):
        assert (await fail(town, trip, rider)).json()["data"]["failed_attempts"] == attempt
    assert (await town.order(trip.order_id)).order_status is OrderStatus.RETURNING
    late = await deliver(town, trip, rider, {"pin": "0000", "cash_collected": in_json(15_000)})
    assert (late.status_code, late.json()["code"]) == (409, "delivery.task.state")
    await town.relay()
    assert (await town.stock_of(front.variant)).on_hand == 6

    back = await hand_back(town, trip, rider)
    assert (back.status_code, back.json()["data"]["state"]) == (200, "returned"), back.text
    assert (await town.order(trip.order_id)).order_status is OrderStatus.RETURNED
    assert (await town.payment_of(trip.order_id)).cash_state is CashState.WAIVED
    assert (await courier_of(town, rider)).active_count == 0
    assert await custody_of(town, rider) == 0
    assert await town.count(JOURNALS, orderId=trip.order_id) == 0
    await town.relay()
    stock = await town.stock_of(front.variant)
    assert (stock.on_hand, stock.available) == (7, 7)
    await town.prove()


@pytest.mark.parametrize(
    ("payment", "paid"),
    [({"method": "wallet"}, 15_000), ({"method": "mixed", "wallet_amount": in_json(4_000), "rest": "cash"}, 4_000)],
)
async def test_what_a_refused_order_was_paid_from_the_wallet_is_there_again(
    town: Town, payment: dict[str, Any], paid: int
) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider, payment=payment, wallet=20_000)
    assert (await town.wallet_of(trip.shopper.id)).available == 20_000 - paid
    assert (await fail(town, trip, rider, "refused")).json()["data"]["state"] == "failed"
    answers = await together(*(hand_back(town, trip, rider) for _ in range(6)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes[1:]) == {409}
    assert (await town.wallet_of(trip.shopper.id)).available == 20_000
    assert (await town.order(trip.order_id)).payment_state is PaymentState.REFUNDED
    assert await town.count(REFUNDS, orderId=trip.order_id) == 1
    assert (await town.payment_of(trip.order_id)).refundable == syp(0)
    await town.relay()
    await town.prove()


async def test_an_order_that_did_not_fail_cannot_be_handed_back(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    answer = await hand_back(town, trip, rider)
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery.task.state")
    assert (await town.order(trip.order_id)).order_status is OrderStatus.PICKED_UP


async def test_of_delivering_and_giving_up_at_once_exactly_one_wins(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    for _ in range(4):
        trip = await picked_up(town, front, rider)
        body = await hand_over(town, trip, rider)
        answers = await together(deliver(town, trip, rider, body), fail(town, trip, rider, "refused"))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        if answers[1].status_code == 200:
            assert (await hand_back(town, trip, rider)).status_code == 200
        assert (await courier_of(town, rider)).active_count == 0
    await town.relay()
    await town.prove()


@pytest.mark.parametrize("body", [{}, {"reason": "bored"}, {"reason": "refused", "note": "x" * 501}, {"reason": None}])
async def test_a_malformed_report_is_refused(town: Town, body: dict[str, Any]) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    answer = await town.client.post(f"{trip.task}:fail", json=body, headers=keyed(rider.headers))
    assert answer.status_code in (400, 422)
    assert (await task_of(town, trip.order_id)).failed_attempts == 0
