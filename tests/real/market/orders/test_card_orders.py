"""Orders that a card pays: they wait for the money, are paid once, and money that comes too late goes back."""

from typing import Any

import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.orders import OrderStatus, PaymentState
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.payment_intents import IntentStatus
from daraa.collections.payments import PaymentStatus
from daraa.collections.refunds import REFUNDS
from daraa.market.actor import JOB
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.ranks import Report
from factories.market import FEE, Shopper, Storefront, Town, in_json, syp

pytestmark = pytest.mark.anyio
CARD = {"method": "card"}


async def report(town: Town, intent_id: str, amount: int, status: IntentStatus) -> None:
    """What the provider said of the charge, taken over as the hook and the sweeper do."""
    intents = town.market.get(Intents)
    ref = f"ch_{intent_id}" if status is IntentStatus.CAPTURED else None
    said = Report("local", ref, status, syp(amount), failure_reason="card refused")

    async def work(session: Any) -> None:
        weighed = await intents.weigh(session, intent_id, said)
        assert weighed is not None
        await intents.act(session, weighed, JOB)

    await town.own.in_transaction(work)


async def two_orders(town: Town, shopper: Shopper, payment: dict[str, Any]) -> tuple[dict[str, Any], list[Storefront]]:
    shops = [await town.storefront(10_000), await town.storefront(20_000)]
    return await town.bought(shopper, {shop.variant.id: 1 for shop in shops}, payment), shops


async def test_a_paid_card_opens_both_orders_for_their_stores(town: Town) -> None:
    shopper = await town.shopper()
    group, shops = await two_orders(town, shopper, CARD)
    assert group["status"] == "awaits_payment"
    first, second = (order["id"] for order in group["orders"])
    answer = await town.client.post(f"{shops[0].orders}/{first}:confirm", headers=shops[0].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "orders.payment.awaited")
    await town.relay()
    assert (await town.stock_of(shops[0].variant)).allocated == 1
    whole = group["totals"]["total"]["amount"]
    assert whole == 30_000 + 2 * FEE
    for _ in range(3):
        await report(town, group["payment_intent_id"], whole, IntentStatus.CAPTURED)
    await town.relay()
    for order_id in (first, second):
        order = await town.order(order_id)
        assert (order.awaits_payment, order.payment_state, order.ver) == (False, PaymentState.PAID, 2)
        assert (await town.payment_of(order_id)).status is PaymentStatus.COMPLETED
        assert await town.count(OUTBOX_EVENTS, aggregateId=order_id, type="order.paid") == 1
        assert await town.count(JOURNALS, orderId=order_id, kind="capture") == 1
    answer = await town.client.post(f"{shops[0].orders}/{first}:confirm", headers=shops[0].headers)
    assert answer.status_code == 200
    shown = await town.client.get(f"/v1/order-groups/{group['id']}", headers=shopper.headers)
    assert (shown.json()["data"]["status"], shown.json()["data"]["payment_intent_id"]) == (
        "in_progress",
        group["payment_intent_id"],
    )
    await town.relay()
    await town.prove()


async def test_a_paid_card_order_that_is_cancelled_goes_back_on_the_card(town: Town) -> None:
    shopper = await town.shopper()
    group, shops = await two_orders(town, shopper, CARD)
    await report(town, group["payment_intent_id"], group["totals"]["total"]["amount"], IntentStatus.CAPTURED)
    await town.relay()
    first, second = (order["id"] for order in group["orders"])
    answer = await town.client.post(
        f"{shops[0].orders}/{first}:reject", json={"reason": "sold out"}, headers=shops[0].headers
    )
    assert answer.status_code == 200
    assert await town.count(REFUNDS, orderId=first, method="original_payment", status="approved") == 1
    assert await town.count(JOURNALS, orderId=first, kind="refund") == 1
    order = await town.order(first)
    assert (order.order_status, order.payment_state) == (OrderStatus.CANCELLED, PaymentState.REFUNDED)
    assert (await town.order(second)).order_status is OrderStatus.PENDING
    assert await town.count(REFUNDS, orderId=second) == 0
    await town.relay()
    await town.prove()


@pytest.mark.parametrize("status", [IntentStatus.FAILED, IntentStatus.EXPIRED])
async def test_a_card_that_does_not_pay_cancels_what_waited_and_frees_stock_and_wallet(
    town: Town, status: IntentStatus
) -> None:
    shopper = await town.shopper(wallet=9_000)
    payment = {"method": "mixed", "wallet_amount": in_json(9_000), "rest": "card"}
    group, shops = await two_orders(town, shopper, payment)
    assert (await town.wallet_of(shopper.id)).available == 0
    await town.relay()
    card = group["totals"]["total"]["amount"] - 9_000
    await report(town, group["payment_intent_id"], card, status)
    await town.relay()
    for order in group["orders"]:
        stored = await town.order(order["id"])
        assert (stored.order_status, stored.payment_state) == (OrderStatus.CANCELLED, PaymentState.FAILED)
        assert (stored.awaits_payment, stored.history[-1].by) == (False, None)
    for shop in shops:
        assert (await town.stock_of(shop.variant)).available == 100
    assert (await town.wallet_of(shopper.id)).available == 9_000
    await town.prove()


async def test_money_that_comes_after_the_cancellation_goes_straight_back(town: Town) -> None:
    shopper = await town.shopper(wallet=9_000)
    payment = {"method": "mixed", "wallet_amount": in_json(9_000), "rest": "card"}
    group, _ = await two_orders(town, shopper, payment)
    first, second = (order["id"] for order in group["orders"])
    reason = {"reason": "changed my mind"}
    answer = await town.client.post(f"/v1/orders/{first}:cancel", json=reason, headers=shopper.headers)
    assert answer.status_code == 200
    kept = (await town.wallet_of(shopper.id)).available
    assert 0 < kept < 9_000
    card = group["totals"]["total"]["amount"] - 9_000
    await report(town, group["payment_intent_id"], card, IntentStatus.CAPTURED)
    await town.relay()
    cancelled, paid = await town.order(first), await town.order(second)
    assert (cancelled.order_status, cancelled.payment_state) == (OrderStatus.CANCELLED, PaymentState.REFUNDED)
    assert (paid.order_status, paid.payment_state) == (OrderStatus.PENDING, PaymentState.PAID)
    assert await town.count(REFUNDS, orderId=first, method="original_payment") == 1
    assert (await town.wallet_of(shopper.id)).available == kept
    payment_row = await town.payment_of(first)
    assert (payment_row.refundable.amount, payment_row.status) == (0, PaymentStatus.REFUNDED)
    await town.prove()


async def test_money_that_comes_after_the_intent_expired_goes_straight_back(town: Town) -> None:
    shopper = await town.shopper()
    group, _ = await two_orders(town, shopper, CARD)
    whole = group["totals"]["total"]["amount"]
    await report(town, group["payment_intent_id"], whole, IntentStatus.EXPIRED)
    await town.relay()
    await report(town, group["payment_intent_id"], whole, IntentStatus.CAPTURED)
    await town.relay()
    for order in group["orders"]:
        stored = await town.order(order["id"])
        assert (stored.order_status, stored.payment_state) == (OrderStatus.CANCELLED, PaymentState.REFUNDED)
        assert await town.count(REFUNDS, orderId=order["id"], method="original_payment") == 1
        assert await town.count(OUTBOX_EVENTS, aggregateId=order["id"], type="order.paid") == 0
    await town.prove()
