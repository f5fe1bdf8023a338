"""What an order costs is sealed when it is placed: its repository changes everything else, but not that (I7)."""

from typing import Any

import pytest

from daraa.collections.orders import ORDERS
from daraa.kernel.checks import CheckState
from daraa.market.orders.repository import OrderRepository
from daraa.market.orders.seals_service import Seals
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


async def test_a_total_changed_behind_our_back_is_named(town: Town) -> None:
    front, shopper = await town.storefront(), await town.shopper()
    (placed,) = (await town.bought(shopper, {front.variant.id: 1}))["orders"]
    seals = Seals(town.mongo)
    assert (await seals.prove()).state is CheckState.OK
    change = {"$inc": {"totals.goods.amount": 1, "totals.total.amount": 1}}
    await town.mongo.collection(ORDERS).update_one({"_id": placed["id"]}, change)
    found = await seals.prove()
    assert found.state is CheckState.FAIL
    assert placed["id"] in found.evidence
    await town.mongo.collection(ORDERS).update_one(
        {"_id": placed["id"]}, {"$inc": {"totals.goods.amount": -1, "totals.total.amount": -1}}
    )
