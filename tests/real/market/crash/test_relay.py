"""The relay is killed before and after every command it sends; another one goes on, and every effect is there once."""

import asyncio

import pytest

from daraa.collections.notifications import NOTIFICATIONS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.stock_movements import STOCK_MOVEMENTS
from factories.crash import DoomedTown

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_relay_killed_at_any_command_loses_and_doubles_nothing(doomed: DoomedTown, when: str) -> None:
    town = doomed.town
    stores = [await town.storefront(10_000, stock=500), await town.storefront(4_200, stock=500)]
    number = 0
    while True:
        number += 1
        shopper = await town.shopper()
        group = await town.bought(shopper, {store.variant.id: 1 for store in stores})
        cancelled = group["orders"][1]["id"]
        body = {"reason": "غيرت رأيي"}
        answer = await town.client.post(f"/v1/orders/{cancelled}:cancel", json=body, headers=shopper.once())
        assert answer.status_code == 200, answer.text
        lived = await doomed.doomed("relay", crash=(number, when))
        await asyncio.sleep(0.1)  # what the other lanes had sent is carried out before their sessions are ended
        await doomed.let_time_pass()
        await doomed.recover()
        kept = group["orders"][0]["id"]
        assert await town.count(STOCK_MOVEMENTS, orderId=kept, kind="allocate") == 1
        assert await town.count(STOCK_MOVEMENTS, orderId=cancelled) in (0, 2)
        told = await town.count(OUTBOX_EVENTS, aggregateId={"$in": [kept, cancelled]})
        assert told == 3
        # One for each order placed and one for the cancelled one, to the customer.
        assert await town.count(NOTIFICATIONS, recipientId=shopper.id) == told
        await doomed.prove()
        if lived is not None:
            break
    print(f"\nrelay of three events: killed {when} each of its {number - 1} commands")
    assert number > 15
