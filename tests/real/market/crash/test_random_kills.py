"""Two hundred processes are killed at random moments of a busy market; what customers send again happened once."""

import random
import secrets
from typing import Any

import pytest

from daraa.collections.carts import CARTS
from daraa.collections.order_groups import ORDER_GROUPS
from factories.crash import DoomedTown
from factories.market import Shopper, Storefront, in_json

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1500)]
KILLS = 200
LIVES_S = 0.4
"""How long a process is let live at most, at first: then a little less after each that was done, more after each kill,
so that two in three die, spread over all they do, on a quick machine as on a slow one."""
SEED = 20261123


async def a_checkout(doomed: DoomedTown, front: Storefront, method: str) -> tuple[Shopper, dict[str, Any]]:
    """A full cart and the request that places it."""
    town = doomed.town
    shopper = await town.shopper(wallet=40_000 if method == "wallet" else 0)
    await town.fill_cart(shopper, {front.variant.id: 1})
    total = (await town.quote(shopper, payment_method=method))["totals"]["total"]["amount"]
    body = {"address_id": shopper.address.id, "payment": {"method": method}, "expected_total": in_json(total)}
    headers = shopper.once(secrets.token_hex(12))
    return shopper, {"method": "POST", "path": "/v1/cart/checkout", "body": body, "headers": headers}


async def a_cancellation(doomed: DoomedTown, front: Storefront) -> dict[str, Any]:
    """A placed order and the request that cancels it."""
    shopper = await doomed.town.shopper(wallet=40_000)
    (order,) = (await doomed.town.bought(shopper, {front.variant.id: 1}, {"method": "wallet"}))["orders"]
    path = f"/v1/orders/{order['id']}:cancel"
    return {"method": "POST", "path": path, "body": {"reason": "غيرت رأيي"}, "headers": shopper.once()}


async def test_two_hundred_random_kills_lose_and_double_nothing(doomed: DoomedTown) -> None:
    town, dice = doomed.town, random.Random(SEED)
    front = await town.storefront(10_000, stock=5_000)
    rounds, lives_s = 0, LIVES_S
    while doomed.died < KILLS:
        rounds += 1
        assert rounds < 2 * KILLS, f"hardly any process dies although it lives {lives_s:.3f} s at most"
        buying = [await a_checkout(doomed, front, method) for method in ("cash", "wallet")]
        requests = [request for _, request in buying] + [await a_cancellation(doomed, front)]
        lives_s *= 1.05 if await doomed.killed_at_random(dice, lives_s, *requests) else 0.9
        await doomed.let_time_pass()
        if dice.random() < 0.5:
            await doomed.sweep()
        answers = [await doomed.send(request) for request in requests]
        assert [answer.status_code for answer in answers] == [201, 201, 200], [answer.text for answer in answers]
        await doomed.let_time_pass()
        await doomed.sweep()
        await doomed.recover()
        for shopper, _ in buying:
            assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1
            assert await town.count(CARTS, customerId=shopper.id, state="completed") == 1
        assert (await town.stock_of(front.variant)).held == 0
        await doomed.prove()
    print(f"\n{doomed.died} processes killed at random moments in {rounds} rounds")
