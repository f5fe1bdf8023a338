"""A checkout is killed before and after every command it sends; the customer sends it again, and it happened once."""

import secrets
from typing import Any

import pytest

from daraa.collections.carts import CARTS
from daraa.collections.inventories import INVENTORIES
from daraa.collections.order_groups import ORDER_GROUPS
from factories.crash import DoomedTown
from factories.market import Shopper, Storefront, in_json

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]
WALLET = {"method": "mixed", "wallet_amount": in_json(20_000), "rest": "cash"}


async def a_checkout(doomed: DoomedTown, stores: list[Storefront]) -> tuple[Shopper, dict[str, Any]]:
    """A full cart of two stores, and the request that places it: a part from the wallet, the rest in cash."""
    town = doomed.town
    shopper = await town.shopper(wallet=50_000)
    await town.fill_cart(shopper, {store.variant.id: 2 for store in stores} | {stores[0].variants[1].id: 1})
    quoted = await town.quote(shopper, payment_method="mixed", wallet_amount=20_000, rest="cash")
    body = {
        "address_id": shopper.address.id, "payment": WALLET,
        "expected_total": in_json(quoted["totals"]["total"]["amount"]),
    }  # fmt: skip
    headers = shopper.once(secrets.token_hex(12))
    return shopper, {"method": "POST", "path": "/v1/cart/checkout", "body": body, "headers": headers}


async def settle(doomed: DoomedTown, shopper: Shopper, request: dict[str, Any], *, sweep_first: bool) -> None:
    """The customer tries again, the sweepers run: in either order there is one group, and nothing is left behind."""
    town = doomed.town
    await doomed.let_time_pass()
    if sweep_first:
        await doomed.sweep()
    first = await doomed.send(request)
    again = await doomed.send(request)
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    await doomed.let_time_pass()
    await doomed.sweep()
    await doomed.recover()
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1
    assert await town.count(CARTS, customerId=shopper.id, state="completed") == 1
    assert await town.count(INVENTORIES, **{"holds.0": {"$exists": True}}) == 0
    assert (await town.wallet_of(shopper.id)).available == 30_000
    await doomed.prove()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_checkout_killed_at_any_command_happened_once(doomed: DoomedTown, when: str) -> None:
    stores = [await doomed.town.storefront(10_000, 7_300, stock=500), await doomed.town.storefront(4_200, stock=500)]
    number = 0
    while True:
        number += 1
        shopper, request = await a_checkout(doomed, stores)
        lived = await doomed.doomed("request", request, crash=(number, when))
        if lived is not None:
            assert lived[0]["status"] == 201, lived
        await settle(doomed, shopper, request, sweep_first=number % 2 == 0)
        if lived is not None:
            break
    print(f"\nplacement: killed {when} each of its {number - 1} commands")
    assert number > 15
