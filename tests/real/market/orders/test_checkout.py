"""Placing a cart over HTTP: what is written, what is refused, and that nothing is left behind by a refusal."""

import json
import secrets

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.carts import CARTS
from daraa.collections.commission_rules import COMMISSION_RULES, CommissionRule, RuleScope
from daraa.collections.formulas import totals_seal
from daraa.collections.orders import ORDERS, OrderStatus
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.payments import CashState
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from factories.market import FEE, Town, in_json, syp

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


async def test_a_cart_of_two_stores_becomes_one_group_with_an_order_for_each(town: Town) -> None:
    bread, shoes = await town.storefront(1_200, 800), await town.storefront(40_000)
    shopper = await town.shopper()
    group = await town.bought(shopper, {bread.variants[0].id: 2, bread.variants[1].id: 1, shoes.variant.id: 1})
    assert [order["store"]["id"] for order in group["orders"]] == [bread.id, shoes.id]
    first, second = group["orders"]
    # 2 × 1,200 + 800 + 5,000 = 8,200: the cash step of 500 makes it 8,000.
    assert first["totals"]["goods"] == in_json(3_200)
    assert first["totals"]["delivery"] == in_json(FEE)
    assert first["totals"]["cash_rounding"] == in_json(-200)
    assert first["totals"]["total"] == in_json(8_000)
    assert second["totals"]["total"] == in_json(45_000)
    assert group["totals"]["total"] == in_json(53_000)
    assert "commission" not in str(group)
    assert await town.count(CARTS, customerId=shopper.id, state="completed") == 1
    await town.relay()
    await town.prove()


async def test_a_number_that_is_taken_is_drawn_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await town.storefront(10_000)
    shoppers = [await town.shopper(wallet=50_000) for _ in range(2)]
    draw, drawn = secrets.choice, 0

    def loaded(digits: str) -> str:
        """Zeros for the first group and order that are drawn, chance afterwards."""
        nonlocal drawn
        drawn += 1
        return "0" if drawn <= 20 else draw(digits)

    numbers = []
    for shopper in shoppers:
        drawn = 0
        monkeypatch.setattr(secrets, "choice", loaded)
        group = await town.bought(shopper, {shop.variant.id: 1}, {"method": "wallet"})
        monkeypatch.undo()
        numbers.append((group["number"], group["orders"][0]["number"]))
        assert await town.count(ORDERS, customerId=shopper.id) == 1
        assert (await town.wallet_of(shopper.id)).available == 50_000 - 10_000 - FEE
    assert numbers[0] == ("G0000000000", "D0000000000")
    assert "0000000000" not in "".join(numbers[1])
    await town.relay()
    await town.prove()


async def test_everything_about_a_placement_is_written_and_sealed(town: Town) -> None:
    shop = await town.storefront(10_000)
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 3})
    answer = await town.check_out(shopper, 30_000 + FEE, note="بعد العصر")
    group = answer.json()["data"]
    order = await town.order(group["orders"][0]["id"])
    assert answer.headers["location"] == f"/v1/order-groups/{group['id']}"
    assert order.totals_hash == totals_seal(order.id, order.totals)
    assert (order.order_status, order.ver, order.customer_note) == (OrderStatus.PENDING, 1, "بعد العصر")
    assert order.items[0].commission.rule_id == town.rule.id
    assert order.items[0].commission.amount.amount == 3_000
    assert order.delivery_address.zone_id == town.zone.id
    assert order.due_at > order.created_at
    payment = await town.payment_of(order.id)
    assert (payment.amount, payment.cash_state) == (order.totals.total, CashState.DUE)
    assert await town.count(AUDIT_LOGS, targetId=group["id"], actorId=shopper.id) == 1
    event = await town.mongo.collection(OUTBOX_EVENTS).find_one({"aggregateId": order.id})
    assert event is not None
    assert (event["type"], event["sequence"]) == ("order.placed", 1)
    assert json.loads(event["payload"])["attempt_id"] == order.attempt_id
    cart = await town.mongo.collection(CARTS).find_one({"customerId": shopper.id})
    assert cart is not None
    assert (cart["orderGroupId"], cart["attempt"]["id"]) == (group["id"], order.attempt_id)
    shown = await town.client.get(f"/v1/order-groups/{group['id']}", headers=shopper.headers)
    assert shown.json()["data"] == group


async def test_commission_follows_the_stores_rule_then_its_kind_then_the_general_one(town: Town) -> None:
    kind, both = new_id("sct"), new_id("sct")
    plain = await town.storefront(10_000)
    of_kind = await town.storefront(10_000, category_ids=(kind,))
    special = await town.storefront(10_000, category_ids=(both, kind))
    words = {"name": town.rule.name, "valid_from": town.rule.valid_from, **stamp(town.rule.valid_from)}
    for scope, scope_id, rate, more in (
        (RuleScope.STORE_CATEGORY, kind, 500, {}),
        (RuleScope.STORE, special.id, 2_000, {"most": syp(1_500)}),
    ):
        rule = CommissionRule(
            id=new_id("crl"), scope=scope, scope_id=scope_id, rank=900, platform_bp=rate, **words, **more
        )
        await town.put(COMMISSION_RULES, rule)
    group = await town.bought(await town.shopper(), {shop.variant.id: 1 for shop in (plain, of_kind, special)})
    taken = [(await town.order(order["id"])).items[0].commission for order in group["orders"]]
    rates = [(each.rate_basis_points, each.amount.amount) for each in taken]
    assert rates == [(1_000, 1_000), (500, 500), (2_000, 1_500)]
