"""Placing a cart over HTTP: what is written, what is refused, and that nothing is left behind by a refusal."""

import pytest

from daraa.collections.carts import CARTS
from factories.market import FEE, Town, in_json

pytestmark = pytest.mark.anyio


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
