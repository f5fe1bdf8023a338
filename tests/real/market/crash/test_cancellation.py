"""A cancellation is killed before and after every command it sends; sent again, it happened once and money is back."""

import pytest

from daraa.collections.refunds import REFUNDS
from factories.crash import DoomedTown
from factories.market import in_json

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
MIXED = {"method": "mixed", "wallet_amount": in_json(9_000), "rest": "cash"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("relayed", [False, True], ids=["before-its-stock-is-allocated", "after-that"])
async def test_a_cancellation_killed_at_any_command_happened_once(doomed: DoomedTown, when: str, relayed: bool) -> None:
    town = doomed.town
    front = await town.storefront(10_000, stock=500)
    number = 0
    while True:
        number += 1
        shopper = await town.shopper(wallet=9_000)
        (order,) = (await town.bought(shopper, {front.variant.id: 2}, MIXED))["orders"]
        if relayed:
            await town.relay()
        request = {
            "method": "POST", "path": f"/v1/orders/{order['id']}:cancel", "body": {"reason": "غيرت رأيي"},
            "headers": shopper.once(),
        }  # fmt: skip
        lived = await doomed.doomed("request", request, crash=(number, when))
        await doomed.let_time_pass()
        first, again = await doomed.send(request), await doomed.send(request)
        assert first.status_code == again.status_code == 200, (first.text, again.text)
        assert first.json() == again.json()
        await doomed.recover()
        assert (await town.wallet_of(shopper.id)).available == 9_000
        assert await town.count(REFUNDS, orderId=order["id"]) == 1
        assert (await town.stock_of(front.variant)).available == 500
        await doomed.prove()
        if lived is not None:
            break
    print(f"\ncancellation: killed {when} each of its {number - 1} commands")
    assert number > 10
