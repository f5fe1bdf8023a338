"""At every crash point that the market names a real process dies there; what is tried again then happened once.

A mark that no scenario here reaches fails, and so does a scenario whose mark is gone.
"""

import ast
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

import daraa
from daraa.collections.carts import CARTS
from daraa.collections.inventories import INVENTORIES
from daraa.collections.journals import JOURNALS
from daraa.collections.order_groups import ORDER_GROUPS
from daraa.collections.payment_intents import IntentStatus
from daraa.collections.refunds import RefundMethod, RefundStatus
from daraa.market.actor import JOB
from factories.card_desk import CardDesk, message, open_card_desk, syp
from factories.crash import Doomed, DoomedTown, mortals
from factories.journeys import Prepare, a_checkout, a_closing, a_remittance, a_return, settle
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Scenario = Callable[[DoomedTown, str], Awaitable[None]]
CardScenario = Callable[[Doomed, CardDesk, str], Awaitable[None]]


@pytest.fixture(scope="module")
async def desk(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[CardDesk]:
    async with open_card_desk(mongo_server, redis_server, tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="module")
def mortal(desk: CardDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doomed]:
    with mortals() as children:
        yield Doomed(desk.settings, children, tmp_path_factory.mktemp("mortal"))


async def a_placement(doomed: DoomedTown, mark: str) -> None:
    """A checkout; half of the customers come back before the sweeper does, half after."""
    stores = [await doomed.town.storefront(10_000, 7_300), await doomed.town.storefront(4_200)]
    for sweep_first in (False, True):
        shopper, request = await a_checkout(doomed, stores)
        assert await doomed.doomed("request", request, mark=mark) is None, f"nothing died at {mark}"
        assert await doomed.town.count(ORDER_GROUPS, customerId=shopper.id) == (mark == "orders.placed")
        await settle(doomed, shopper, request, sweep_first=sweep_first)


async def a_placement_given_up(doomed: DoomedTown, mark: str) -> None:
    """The sweeper opens the cart of a dead process and dies too, before it gives the stock back."""
    town = doomed.town
    stores = [await town.storefront(10_000, 7_300), await town.storefront(4_200)]
    shopper, request = await a_checkout(doomed, stores)
    assert await doomed.doomed("request", request, mark="orders.held") is None
    await doomed.let_time_pass()
    assert await doomed.doomed("sweep", mark=mark) is None, f"nothing died at {mark}"
    held = {"holds.0": {"$exists": True}}
    assert await town.count(CARTS, customerId=shopper.id, state="open") == 1
    assert await town.count(INVENTORIES, **held) == 3
    await doomed.sweep()
    assert await town.count(INVENTORIES, **held) == 0
    await settle(doomed, shopper, request, sweep_first=False)


def a_journey(prepare: Prepare, *, journals: int, committed: bool) -> Scenario:
    """A request at the door or the hub, sent until it is answered; `committed` says whether the mark is behind it."""

    async def scenario(doomed: DoomedTown, mark: str) -> None:
        town = doomed.town
        ready = await prepare(town, await town.storefront(), await town.rider())
        before = await town.count(JOURNALS)
        assert await doomed.doomed("request", ready.request, mark=mark) is None, f"nothing died at {mark}"
        await doomed.let_time_pass()
        assert await town.count(JOURNALS) - before == (journals if committed else 0)
        first, again = await doomed.send(ready.request), await doomed.send(ready.request)
        assert first.status_code == again.status_code == 200, (first.text, again.text)
        assert first.json() == again.json()
        assert await town.count(JOURNALS) - before == journals

    return scenario


async def a_message_of_the_provider(mortal: Doomed, desk: CardDesk, mark: str) -> None:
    """The provider sends again what was not answered."""
    made, event = await desk.checkout(1_000), f"evt_{secrets.token_hex(12)}"
    body = message(made, "captured")
    headers = {**desk.provider.keys.headers(event, time.time(), body), "content-type": "application/json"}
    request = {"method": "POST", "path": "/v1/hooks/local", "content": body.decode(), "headers": headers}
    assert await mortal.doomed("request", request, mark=mark) is None, f"nothing died at {mark}"
    await desk.mongo.client.admin.command("killAllSessions", [])
    assert (await desk.inbox(made.intent_id), await desk.events(made.intent_id)) == ([], [])
    for _ in range(2):
        answer = await desk.http.post("/v1/hooks/local", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
    assert (await desk.intent(made)).status is IntentStatus.CAPTURED
    assert (await desk.inbox(made.intent_id), await desk.events(made.intent_id)) == (["applied"], ["intent.captured"])


async def a_refund_on_the_card(mortal: Doomed, desk: CardDesk, mark: str) -> None:
    """The provider has given the money back, and we do not know it yet."""
    payment = (await desk.paid(1_000)).payments[0]
    before = await desk.provider.figures()
    refund = await desk.mongo.in_transaction(
        lambda session: desk.refunds.open(
            session, payment.id, syp(700), RefundMethod.ORIGINAL_PAYMENT, "Not wanted", JOB
        ),
        longest_s=10,
    )
    assert await mortal.doomed("refund", mark=mark) is None, f"nothing died at {mark}"
    assert (await desk.refunds.get(refund.id)).status is RefundStatus.SENT
    assert (await desk.provider.figures())["refunds"] == before["refunds"] + 1
    await desk.make_due("refunds", refund.id, "dueAt")
    assert await mortal.doomed("refund") == []
    done = await desk.refunds.get(refund.id)
    assert (done.status, done.tries) == (RefundStatus.DONE, 2)
    after = await desk.provider.figures()
    assert (after["refunds"], after["refunded"]) == (before["refunds"] + 1, before["refunded"] + 700)
    assert await desk.events(refund.id) == ["refund.done"]


IN_TOWN: dict[str, Scenario] = {
    "orders.begun": a_placement,
    "orders.held": a_placement,
    "orders.placed": a_placement,
    "carts.reopened": a_placement_given_up,
    "fulfilment.deliver.opened": a_journey(a_closing, journals=2, committed=False),
    "fulfilment.deliver.committed": a_journey(a_closing, journals=2, committed=True),
    "fulfilment.return.committed": a_journey(a_return, journals=1, committed=True),
    "fulfilment.remittance.written": a_journey(a_remittance, journals=1, committed=False),
}
BY_CARD: dict[str, CardScenario] = {
    "webhooks.applied": a_message_of_the_provider,
    "payments.refund_answered": a_refund_on_the_card,
}


def marks() -> list[str]:
    """The names of all crash points of the market; a name that is not written out cannot be found, and fails."""
    found = []
    for path in (Path(daraa.__file__).parent / "market").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "mark":
                (name,) = call.args
                assert isinstance(name, ast.Constant), f"{path.name}:{call.lineno}: a mark without a fixed name"
                found.append(name.value)
    return sorted(found)


def test_every_mark_has_a_scenario_and_every_scenario_its_mark() -> None:
    assert marks() == sorted([*IN_TOWN, *BY_CARD])


@pytest.mark.anyio
@pytest.mark.parametrize("mark", IN_TOWN)
async def test_killed_at_a_mark_it_happened_once(doomed: DoomedTown, mark: str) -> None:
    await IN_TOWN[mark](doomed, mark)
    await doomed.recover()
    await doomed.prove()


@pytest.mark.anyio
@pytest.mark.parametrize("mark", BY_CARD)
async def test_killed_at_a_mark_between_us_and_the_provider_it_happened_once(
    mortal: Doomed, desk: CardDesk, mark: str
) -> None:
    await desk.provider.behave()
    await BY_CARD[mark](mortal, desk, mark)
