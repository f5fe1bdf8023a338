"""The hand-over at the door: one closing whatever happens at once, and the books right after it."""

from typing import Any

import pytest

from daraa.collections.accounts import Role
from daraa.collections.commissions import COMMISSIONS
from daraa.collections.delivery_tasks import DELIVERY_TASKS
from daraa.collections.journals import JOURNALS
from daraa.collections.orders import OrderStatus, PaymentState
from daraa.collections.payments import CashState, PaymentStatus
from daraa.kernel.signals import count_commands
from daraa.market.actor import Actor
from daraa.market.fulfilment.closing_service import Closing
from daraa.market.fulfilment.forms import HandOver
from daraa.market.idempotency.service import Claim, Idempotency
from factories.couriers import (
    accepted,
    confirmed,
    courier_of,
    custody_of,
    deliver,
    delivered,
    hand_over,
    keyed,
    picked_up,
    seller,
    task_of,
    together,
)
from factories.market import DELIVERY_BP, FEE, PLATFORM_BP, Town, in_json, syp

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
PROOF = {"photo_key": "proofs/door.jpg", "location": {"lat": 32.625, "lng": 36.102}}


async def test_cash_at_the_door_fills_the_escrow_and_everybody_gets_their_share(town: Town) -> None:
    front, rider = await town.storefront(10_100), await town.rider()
    trip = await picked_up(town, front, rider)
    answer = await deliver(town, trip, rider)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["state"] == "delivered"

    # 10,100 + 5,000 = 15,100: in notes of 500 that is 15,000.
    goods, cash = 10_100, 15_000
    commission, platform = goods * PLATFORM_BP // 10_000, FEE * DELIVERY_BP // 10_000
    order, payment = await town.order(trip.order_id), await town.payment_of(trip.order_id)
    assert (order.order_status, order.payment_state) == (OrderStatus.DELIVERED, PaymentState.PAID)
    assert order.completed_at is not None
    assert order.courier_id == rider.profile.id
    assert (payment.status, payment.cash_state) == (PaymentStatus.COMPLETED, CashState.COLLECTED)
    assert (payment.captured, payment.completed_at is not None) == (syp(cash), True)
    assert (await town.wallet_of(front.id)).pending == goods - commission
    assert (await town.wallet_of(rider.profile.id)).available == FEE - platform
    courier = await courier_of(town, rider)
    assert (courier.active_count, courier.cash_held) == (0, syp(cash))
    assert await custody_of(town, rider) == cash
    assert await town.count(JOURNALS, businessKey=f"cod:{trip.order_id}") == 1
    assert await town.count(JOURNALS, businessKey=f"close:{trip.order_id}") == 1
    assert await town.count(COMMISSIONS, orderId=trip.order_id) == 2
    await town.relay()
    await town.prove()


async def test_a_wallet_order_is_closed_without_cash(town: Town) -> None:
    front, rider = await town.storefront(20_000), await town.rider()
    trip = await picked_up(town, front, rider, payment={"method": "wallet"}, wallet=50_000)
    answer = await deliver(town, trip, rider)
    assert answer.status_code == 200, answer.text
    assert await custody_of(town, rider) == 0
    assert (await town.wallet_of(front.id)).pending == 18_000
    assert await town.count(JOURNALS, businessKey=f"cod:{trip.order_id}") == 0
    await town.relay()
    await town.prove()


async def test_only_the_cash_part_of_a_mixed_order_is_collected(town: Town) -> None:
    front, rider = await town.storefront(20_000), await town.rider()
    payment = {"method": "mixed", "wallet_amount": in_json(12_000), "rest": "cash"}
    trip = await picked_up(town, front, rider, payment=payment, wallet=12_000)
    body = await hand_over(town, trip, rider)
    assert body["cash_collected"] == in_json(13_000)
    assert (await deliver(town, trip, rider, body)).status_code == 200
    assert await custody_of(town, rider) == 13_000
    assert (await town.payment_of(trip.order_id)).captured == syp(25_000)
    await town.relay()
    await town.prove()


async def test_a_closing_writes_at_most_fifteen_times_in_its_one_transaction(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    await delivered(town, front, rider)  # opens the wallets
    trip = await picked_up(town, front, rider)
    body = HandOver.model_validate(
        {"proof": PROOF, "cash_collected": (await hand_over(town, trip, rider))["cash_collected"]}
    )
    idempotency, closing = town.market.get(Idempotency), town.market.get(Closing)
    claim = await idempotency.begin(rider.account.id, "POST /test", "a-new-key", "0" * 64, money=True)
    assert isinstance(claim, Claim)
    actor = Actor(rider.account.id, roles=frozenset({Role.COURIER}))
    with count_commands() as commands:
        await closing.deliver(actor, trip.task_id, body, claim)
    writes = [name for name in commands.names if name in ("insert", "update", "findAndModify")]
    assert commands.names.count("commitTransaction") == 1
    assert 10 <= len(writes) <= 15, writes
    assert commands.total <= 35, commands.names


async def test_the_same_delivery_twenty_times_at_once_is_one_closing_and_twenty_equal_answers(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    answers = await together(*(deliver(town, trip, rider, body, "the-same-key") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert await town.count(JOURNALS, businessKey=f"close:{trip.order_id}") == 1
    assert (await courier_of(town, rider)).active_count == 0
    await town.relay()
    await town.prove()


async def test_twenty_deliveries_with_keys_of_their_own_are_one_closing(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    answers = await together(*(deliver(town, trip, rider, body) for _ in range(20)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes[1:]) == {409}
    assert await town.count(JOURNALS, orderId=trip.order_id) == 2
    assert (await courier_of(town, rider)).cash_held == syp(15_000)
    await town.relay()
    await town.prove()


async def test_a_key_replays_its_answer_after_the_order_is_closed(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    first = await deliver(town, trip, rider, body, "door-key-1")
    again = await deliver(town, trip, rider, body, "door-key-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await deliver(town, trip, rider, body)
    assert (other.status_code, other.json()["code"]) == (409, "delivery.task.state")


@pytest.mark.parametrize("cash", [None, in_json(14_500), in_json(15_500), {"amount": 15_000, "currency": "USD"}])
async def test_other_cash_than_what_is_due_closes_nothing(town: Town, cash: Any) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = {**await hand_over(town, trip, rider), "cash_collected": cash}
    answer = await deliver(town, trip, rider, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "fulfilment.cash.mismatch")
    assert (await task_of(town, trip.order_id)).state.value == "picked_up"
    assert await town.count(JOURNALS, orderId=trip.order_id) == 0


async def test_five_wrong_pins_lock_the_pin_and_a_proof_still_delivers(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    right = await hand_over(town, trip, rider)
    wrong = {**right, "pin": f"{(int(right['pin']) + 1) % 10_000:04d}"}
    answers = await together(*(deliver(town, trip, rider, wrong) for _ in range(8)))
    codes = sorted(answer.json()["code"] for answer in answers)
    assert codes == ["fulfilment.pin.locked"] * 3 + ["fulfilment.pin.wrong"] * 5
    locked = await deliver(town, trip, rider, right)
    assert (locked.status_code, locked.json()["code"]) == (409, "fulfilment.pin.locked")
    shown = await deliver(town, trip, rider, {"proof": PROOF, "cash_collected": right["cash_collected"]})
    assert shown.status_code == 200, shown.text
    task = await task_of(town, trip.order_id)
    assert task.proof is not None
    assert task.proof.photo_key == "proofs/door.jpg"


async def test_a_wrong_pin_before_the_right_one_does_not_matter(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    right = await hand_over(town, trip, rider)
    wrong = {**right, "pin": f"{(int(right['pin']) + 1) % 10_000:04d}"}
    assert (await deliver(town, trip, rider, wrong)).json()["code"] == "fulfilment.pin.wrong"
    assert (await deliver(town, trip, rider, right)).status_code == 200


async def test_the_pin_is_stored_nowhere_and_shown_to_the_customer_alone(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    pin = (await hand_over(town, trip, rider))["pin"]
    stored = await town.mongo.collection(DELIVERY_TASKS).find_one({"_id": trip.task_id})
    assert stored is not None
    assert pin not in [value for value in stored.values() if isinstance(value, str)]
    shown = await town.client.get(trip.task, headers=rider.headers)
    assert "pin" not in shown.json()["data"]
    stranger = await town.shopper()
    hidden = await town.client.get(f"/v1/orders/{trip.order_id}/tracking", headers=stranger.headers)
    assert hidden.status_code == 404


async def test_another_courier_gets_404_for_every_step(town: Town) -> None:
    front, rider, other = await town.storefront(), await town.rider(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    assert (await town.client.get(trip.task, headers=other.headers)).status_code == 404
    for verb, words in {
        "accept": None, "decline": None, "pickup": None, "start": None, "deliver": body,
        "fail": {"reason": "refused"}, "return": {},
    }.items():  # fmt: skip
        answer = await town.client.post(f"{trip.task}:{verb}", json=words, headers=keyed(other.headers))
        assert answer.status_code == 404, verb
    assert (await task_of(town, trip.order_id)).state.value == "picked_up"


async def test_goods_are_picked_up_only_when_they_are_ready(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await confirmed(town, front)
    early = await town.client.post(f"{trip.task}:pickup", headers=rider.headers)
    assert early.status_code == 404
    await accepted(town, trip, rider)
    early = await town.client.post(f"{trip.task}:pickup", headers=rider.headers)
    assert (early.status_code, early.json()["code"]) == (409, "orders.state.forbidden")
    assert (await task_of(town, trip.order_id)).state.value == "accepted"
    await seller(town, front, trip.order_id, "prepare", "ready")
    for _ in range(2):
        assert (await town.client.post(f"{trip.task}:pickup", headers=rider.headers)).status_code == 200
        assert (await town.client.post(f"{trip.task}:start", headers=rider.headers)).status_code == 200
    assert (await town.order(trip.order_id)).order_status is OrderStatus.DELIVERING


async def test_of_pickup_and_cancellation_at_once_exactly_one_wins(town: Town) -> None:
    front = await town.storefront()
    for _ in range(4):
        rider = await town.rider()
        trip = await confirmed(town, front)
        await seller(town, front, trip.order_id, "prepare", "ready")
        await accepted(town, trip, rider)
        cancel = town.client.post(
            f"/v1/admin/orders/{trip.order_id}:cancel", json={"reason": "the customer called"}, headers=town.admin
        )
        pickup = town.client.post(f"{trip.task}:pickup", headers=rider.headers)
        answers = await together(cancel, pickup)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        await town.relay()
        order, task, courier = (
            await town.order(trip.order_id), await task_of(town, trip.order_id), await courier_of(town, rider),
        )  # fmt: skip
        cancelled = answers[0].status_code == 200
        assert order.order_status is (OrderStatus.CANCELLED if cancelled else OrderStatus.PICKED_UP)
        assert task.state.value == ("cancelled" if cancelled else "picked_up")
        assert courier.active_count == (0 if cancelled else 1)
        await town.prove()


async def test_a_delivered_order_cannot_be_cancelled_while_it_is_handed_over(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    cancel = town.client.post(
        f"/v1/admin/orders/{trip.order_id}:cancel", json={"reason": "too late"}, headers=town.admin
    )
    closing, refused = await together(deliver(town, trip, rider, body), cancel)
    assert (closing.status_code, refused.status_code) == (200, 409)
    assert (await town.order(trip.order_id)).order_status is OrderStatus.DELIVERED
    await town.relay()
    await town.prove()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pin": "12"},
        {"pin": "12a4"},
        {"pin": "1234", "proof": PROOF},
        {"pin": "1234", "cash_collected": {"amount": -5, "currency": "SYP"}},
        {"pin": "1234", "cash_collected": {"amount": 1.5, "currency": "SYP"}},
        {"pin": {"$gt": ""}},
        {"proof": {"photo_key": "../../etc/passwd", "location": {"lat": 1, "lng": 1}}},
        {"proof": {"photo_key": "door.jpg", "location": {"lat": 91, "lng": 1}}},
        {"pin": "1234", "surprise": True},
    ],
)
async def test_a_malformed_hand_over_is_refused(town: Town, body: dict[str, Any]) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    answer = await deliver(town, trip, rider, body)
    assert answer.status_code in (400, 422)
    assert (await task_of(town, trip.order_id)).pin_tries == 0


async def test_a_hand_over_needs_a_key(town: Town) -> None:
    front, rider = await town.storefront(), await town.rider()
    trip = await picked_up(town, front, rider)
    body = await hand_over(town, trip, rider)
    answer = await town.client.post(f"{trip.task}:deliver", json=body, headers=rider.headers)
    assert answer.status_code in (400, 422)
