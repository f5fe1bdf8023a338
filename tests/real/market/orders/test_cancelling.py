"""Cancelling: what was paid comes back, what was set aside is free again, and of two who disagree one wins."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.orders import OrderStatus
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.payments import CashState, PaymentStatus
from daraa.collections.refunds import REFUNDS
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.market.actor import Actor, roles_of
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.service import Orders
from factories.gate import as_admin
from factories.market import FEE, Shopper, Storefront, Town, in_json

pytestmark = pytest.mark.anyio
REASON = {"reason": "غيرت رأيي"}
TOTAL = 10_000 + FEE


@pytest.fixture(scope="module")
async def shop(town: Town) -> Storefront:
    return await town.storefront(10_000)


async def one_order(town: Town, shop: Storefront, shopper: Shopper, **payment: Any) -> str:
    """The id of a placed order of one piece."""
    group = await town.bought(shopper, {shop.variant.id: 1}, payment or None)
    order_id: str = group["orders"][0]["id"]
    return order_id


async def move(town: Town, shop: Storefront, order_id: str, *verbs: str) -> None:
    for verb in verbs:
        answer = await town.client.post(f"{shop.orders}/{order_id}:{verb}", headers=shop.headers)
        assert answer.status_code == 200, answer.text


async def test_a_cash_order_is_cancelled_by_its_customer_and_its_stock_is_free(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    before = (await town.stock_of(shop.variant)).available
    order_id = await one_order(town, shop, shopper)
    await town.relay()
    answer = await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    assert answer.status_code == 200
    shown = answer.json()["data"]
    assert (shown["status"], shown["cancel_reason"], shown["can_become"]) == ("cancelled", REASON["reason"], [])
    assert [step["status"] for step in shown["history"]] == ["pending", "cancelled"]
    payment = await town.payment_of(order_id)
    assert (payment.status, payment.cash_state) == (PaymentStatus.CANCELLED, CashState.WAIVED)
    assert payment.completed_at is not None
    await town.relay()
    stock = await town.stock_of(shop.variant)
    assert (stock.available, stock.held, stock.allocated) == (before, 0, 0)
    await town.prove()


async def test_what_the_wallet_paid_is_back_in_the_wallet_at_once(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=TOTAL)
    order_id = await one_order(town, shop, shopper, method="wallet")
    assert (await town.wallet_of(shopper.id)).available == 0
    await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    assert (await town.wallet_of(shopper.id)).available == TOTAL
    order, payment = await town.order(order_id), await town.payment_of(order_id)
    assert order.payment_state == "refunded"
    assert (payment.status, payment.refundable.amount) == (PaymentStatus.REFUNDED, 0)
    assert await town.count(REFUNDS, orderId=order_id, status="done", method="wallet") == 1
    await town.relay()
    await town.prove()


async def test_of_a_mixed_payment_the_wallets_part_comes_back_and_the_cash_is_waived(
    town: Town, shop: Storefront
) -> None:
    shopper = await town.shopper(wallet=6_000)
    order_id = await one_order(town, shop, shopper, method="mixed", wallet_amount=in_json(4_321))
    order, payment = await town.order(order_id), await town.payment_of(order_id)
    # 15,000 − 4,321 = 10,679 in cash: with notes of 500 that is 10,500.
    assert order.totals.cash_rounding.amount == -179
    assert {part.method.value: part.amount.amount for part in payment.parts} == {"wallet": 4_321, "cash": 10_500}
    await town.relay()
    await town.prove()
    await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    assert (await town.wallet_of(shopper.id)).available == 6_000
    assert (await town.payment_of(order_id)).cash_state is CashState.WAIVED
    await town.relay()
    await town.prove()


async def test_a_frozen_wallet_still_takes_its_money_back(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=TOTAL)
    order_id = await one_order(town, shop, shopper, method="wallet")
    await town.mongo.database()["wallets"].update_one({"ownerId": shopper.id}, {"$set": {"status": "frozen"}})
    answer = await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    assert answer.status_code == 200
    assert (await town.wallet_of(shopper.id)).available == TOTAL


async def test_who_may_cancel_when(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    tried: list[tuple[tuple[str, ...], int, int, int]] = [
        ((), 200, 200, 200),
        (("confirm",), 409, 200, 200),
        (("confirm", "prepare"), 409, 409, 200),
        (("confirm", "prepare", "ready"), 409, 409, 200),
    ]
    for verbs, *wanted in tried:
        got = []
        for path, headers in (
            ("/v1/orders", shopper.headers),
            (shop.orders, shop.headers),
            ("/v1/admin/orders", town.admin),
        ):
            order_id = await one_order(town, shop, shopper)
            await move(town, shop, order_id, *verbs)
            verb = "reject" if path == shop.orders else "cancel"
            answer = await town.client.post(f"{path}/{order_id}:{verb}", json=REASON, headers=headers)
            got.append(answer.status_code)
            if answer.status_code == 409:
                assert answer.json()["code"] == "orders.state.forbidden"
                assert (await town.order(order_id)).order_status is not OrderStatus.CANCELLED
        assert got == wanted, verbs
    await town.relay()
    await town.prove()


async def test_an_order_that_is_on_its_way_is_cancelled_by_nobody(town: Town, shop: Storefront) -> None:
    shopper, rider = await town.shopper(), await town.rider()
    order_id = await one_order(town, shop, shopper)
    await move(town, shop, order_id, "confirm", "prepare", "ready")
    await picked_up(town, order_id, rider.account.id)
    for path, verb, headers in (
        ("/v1/orders", "cancel", shopper.headers),
        (shop.orders, "reject", shop.headers),
        ("/v1/admin/orders", "cancel", town.admin),
    ):
        answer = await town.client.post(f"{path}/{order_id}:{verb}", json=REASON, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "orders.state.forbidden")
    await town.relay()


async def picked_up(town: Town, order_id: str, account_id: str) -> None:
    moves, orders = town.market.get(OrderMoves), town.market.get(Orders)
    courier = Actor(account_id, roles=roles_of(["courier"]))

    async def work(session: Any) -> None:
        order = await orders.get(order_id, session=session)
        await moves.move(session, order, OrderStatus.PICKED_UP, courier)

    await town.own.in_transaction(work)


async def test_cancelling_twice_changes_nothing_more(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=TOTAL)
    order_id = await one_order(town, shop, shopper, method="wallet")
    first = await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    again = await town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers)
    assert (first.status_code, again.status_code) == (200, 409)
    assert (await town.wallet_of(shopper.id)).available == TOTAL
    assert await town.count(REFUNDS, orderId=order_id) == 1


async def test_with_a_key_cancelling_again_gives_the_same_answer(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=TOTAL)
    order_id = await one_order(town, shop, shopper, method="wallet")
    headers = shopper.once("cancel-once")
    answers = await asyncio.gather(
        *(town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=headers) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await town.count(REFUNDS, orderId=order_id) == 1
    other = {"reason": "another reason"}
    answer = await town.client.post(f"/v1/orders/{order_id}:cancel", json=other, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "market.idempotency.reused")


async def test_of_a_cancellation_and_a_confirmation_at_once_exactly_one_wins(town: Town, shop: Storefront) -> None:
    outcomes = Counter[str]()
    for _ in range(12):
        shopper = await town.shopper(wallet=TOTAL)
        order_id = await one_order(town, shop, shopper, method="wallet")
        cancelled, confirmed = await asyncio.gather(
            town.client.post(f"/v1/orders/{order_id}:cancel", json=REASON, headers=shopper.headers),
            town.client.post(f"{shop.orders}/{order_id}:confirm", headers=shop.headers),
        )
        assert sorted((cancelled.status_code, confirmed.status_code)) == [200, 409]
        order = await town.order(order_id)
        won = "cancelled" if cancelled.status_code == 200 else "confirmed"
        outcomes[won] += 1
        assert order.order_status.value == won
        assert (await town.wallet_of(shopper.id)).available == (TOTAL if won == "cancelled" else 0)
        assert await town.count(OUTBOX_EVENTS, aggregateId=order_id) == 2
        assert await town.count(AUDIT_LOGS, targetId=order_id) == 1
    assert outcomes.total() == 12
    await town.relay()
    await town.prove()


async def test_of_a_cancellation_and_a_pickup_at_once_exactly_one_wins(town: Town, shop: Storefront) -> None:
    rider = await town.rider()
    for _ in range(8):
        shopper = await town.shopper(wallet=TOTAL)
        order_id = await one_order(town, shop, shopper, method="wallet")
        await move(town, shop, order_id, "confirm", "prepare", "ready")
        cancelled, taken = await asyncio.gather(
            town.client.post(f"/v1/admin/orders/{order_id}:cancel", json=REASON, headers=town.admin),
            picked_up(town, order_id, rider.account.id),
            return_exceptions=True,
        )
        assert not isinstance(cancelled, BaseException)
        assert (cancelled.status_code == 200) is isinstance(taken, DaraaError)
        won = OrderStatus.CANCELLED if cancelled.status_code == 200 else OrderStatus.PICKED_UP
        assert (await town.order(order_id)).order_status is won
    await town.relay()
    await town.prove()


async def test_cancelling_needs_a_reason_and_the_right_to_do_so(town: Town, shop: Storefront) -> None:
    shopper, stranger = await town.shopper(), await town.shopper()
    order_id = await one_order(town, shop, shopper)
    path = f"/v1/orders/{order_id}:cancel"
    bad: list[dict[str, Any]] = [{"reason": value} for value in ("", "   ", "x" * 501, {"$gt": ""}, None)]
    for body in ({}, *bad, {**REASON, "to": "x"}):
        assert (await town.client.post(path, json=body, headers=shopper.headers)).status_code == 400, body
    assert (await town.client.post(path, json=REASON)).status_code == 401
    assert (await town.client.post(path, json=REASON, headers=stranger.headers)).status_code == 404
    missing = f"/v1/orders/{new_id('ord')}:cancel"
    assert (await town.client.post(missing, json=REASON, headers=shopper.headers)).status_code == 404
    admin_path = f"/v1/admin/orders/{order_id}:cancel"
    assert (await town.client.post(admin_path, json=REASON, headers=shopper.headers)).status_code == 403
    reader = as_admin(new_id("acc"), "order:read")
    assert (await town.client.post(admin_path, json=REASON, headers=reader)).status_code == 403
    assert (await town.order(order_id)).order_status is OrderStatus.PENDING


async def test_the_audit_log_names_who_cancelled_and_why(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    order_id = await one_order(town, shop, shopper)
    await town.client.post(f"{shop.orders}/{order_id}:reject", json={"reason": "نفدت الكمية"}, headers=shop.headers)
    row = await town.mongo.collection(AUDIT_LOGS).find_one({"targetId": order_id, "action": "order.cancelled"})
    assert row is not None
    assert (row["actorId"], row["reason"]) == (shop.store.account_id, "نفدت الكمية")
    assert (await town.order(order_id)).history[-1].by == shop.store.account_id
