"""What an order costs is sealed when it is placed: its repository changes everything else, but not that (I7)."""

from typing import Any

import pytest

from daraa.collections.orders import ORDERS
from daraa.market.orders.repository import OrderRepository
from daraa.stores.mongo.session import Session
from factories.market import Town

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "changed", [{"totals_hash": "0" * 64}, {"totals.total": {"amount": 1}}, {"items": []}, {"note": "x", "totals": {}}]
)
async def test_no_change_of_an_order_touches_its_money(town: Town, changed: dict[str, Any]) -> None:
    shop, shopper = await town.storefront(1_500), await town.shopper()
    group = await town.bought(shopper, {shop.variant.id: 1})
    repository = OrderRepository(town.mongo)
    before = await repository.get(group["orders"][0]["id"])

    async def work(session: Session) -> None:
        await repository.move(before, changed, session=session)

    with pytest.raises(TypeError, match="sealed at placement"):
        await town.mongo.in_transaction(work)
    assert await repository.get(before.id) == before
    assert await town.count(ORDERS, customerId=shopper.id) == 1
