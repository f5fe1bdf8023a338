"""What happens to orders changes stock once, with its movement, whatever the order of events and whoever races."""

import asyncio
import random

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.products import PRODUCTS
from daraa.collections.stock_movements import MovementKind
from daraa.jobs.registry import Fence
from daraa.jobs.relay import Relay
from daraa.jobs.subscriptions import Subscriptions
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.settings import JobsSettings
from daraa.market.inventory.errors import SHORT
from daraa.market.inventory.service import Stock
from daraa.market.inventory.settlement_service import Settlement
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import News, append_events
from factories.shelves import Shelves, a_shop, broken_proofs, deliver, soon

pytestmark = pytest.mark.anyio
LIVES = (
    ("order.placed",),
    ("order.placed", "order.cancelled"),
    ("order.cancelled", "order.placed"),
    ("order.placed", "order.picked_up"),
    ("order.placed", "order.picked_up", "order.returned"),
    ("order.picked_up", "order.placed"),
)


async def numbers(shop: Shelves, place: int = 0) -> tuple[int, int, int, int]:
    row = await shop.row(place)
    return row.available, row.held, row.allocated, row.on_hand


async def test_an_order_goes_from_hold_to_allocation_to_the_courier_and_back(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop, attempt = await a_shop(mongo, 10, 4), new_id("att")
    await stock.hold(attempt, [shop.want(0, 3), shop.want(1, 4)], soon())
    order = shop.order(attempt, 3, 4)
    await deliver(mongo, settlement.consumers(), "order.placed", order)
    assert [await numbers(shop, 0), await numbers(shop, 1)] == [(7, 0, 3, 10), (0, 0, 4, 4)]
    await deliver(mongo, settlement.consumers(), "order.picked_up", order)
    assert [await numbers(shop, 0), await numbers(shop, 1)] == [(7, 0, 0, 7), (0, 0, 0, 0)]
    await deliver(mongo, settlement.consumers(), "order.returned", order)
    assert [await numbers(shop, 0), await numbers(shop, 1)] == [(10, 0, 0, 10), (4, 0, 0, 4)]
    kinds = [(each.kind, each.quantity, each.delta_on_hand) for each in await shop.movements(0)]
    assert kinds == [
        (MovementKind.RECEIVE, 10, 10),
        (MovementKind.ALLOCATE, 3, 0),
        (MovementKind.SHIP, 3, -3),
        (MovementKind.RETURN, 3, 3),
    ]
    assert await broken_proofs(mongo) == []


async def test_every_event_changes_stock_once_even_without_the_memory_of_the_inbox(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop = await a_shop(mongo, 60)
    for life in LIVES:
        attempt = new_id("att")
        await stock.hold(attempt, [shop.want(0, 2)], soon())
        order = shop.order(attempt, 2)
        for event in life:
            await deliver(mongo, settlement.consumers(), event, order)
        once = await numbers(shop)
        for event in (*life, *life):
            await deliver(mongo, settlement.consumers(), event, order)
        assert await numbers(shop) == once, life
    assert await broken_proofs(mongo) == []


async def test_a_cancelled_order_gives_back_its_allocation_or_its_unsettled_hold(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop = await a_shop(mongo, 10)
    settled, unsettled = new_id("att"), new_id("att")
    for attempt in (settled, unsettled):
        await stock.hold(attempt, [shop.want(0, 4)], soon())
    order = shop.order(settled, 4)
    await deliver(mongo, settlement.consumers(), "order.placed", order)
    await deliver(mongo, settlement.consumers(), "order.cancelled", order)
    assert await numbers(shop) == (6, 4, 0, 10)
    await deliver(mongo, settlement.consumers(), "order.cancelled", shop.order(unsettled, 4))
    assert await numbers(shop) == (10, 0, 0, 10)
    assert await stock.is_settled(unsettled, shop.key())


async def test_a_lost_hold_is_made_good_and_a_real_shortage_is_written_down_and_told(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop, attempt = await a_shop(mongo, 5), new_id("att")
    await stock.hold(attempt, [shop.want(0, 4)], soon())
    await stock.release(attempt)  # as a mistaken sweeper would
    await deliver(mongo, settlement.consumers(), "order.placed", shop.order(attempt, 4))
    assert await numbers(shop) == (1, 0, 4, 5)
    order = shop.order(new_id("att"), 3)
    await deliver(mongo, settlement.consumers(), "order.placed", order)
    assert await numbers(shop) == (0, 0, 5, 5)
    line = order["lines"][0]["id"]
    told = await mongo.collection(OUTBOX_EVENTS).find({"type": "stock.short"}).to_list()
    assert len([row for row in told if line in row["payload"] and '"wanted":3,"allocated":1' in row["payload"]]) == 1
    audited = await mongo.collection(AUDIT_LOGS).find({"stream": f"inventory:{shop.key()}"}).to_list()
    assert [row["action"] for row in audited] == ["stock.short"]
    await deliver(mongo, settlement.consumers(), "order.placed", order)
    assert await mongo.collection(AUDIT_LOGS).count_documents({"stream": f"inventory:{shop.key()}"}) == 1
    assert await broken_proofs(mongo) == []


async def test_a_release_and_a_settlement_that_race_never_both_have_the_hold(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop = await a_shop(mongo, 400)
    for _ in range(40):
        attempt = new_id("att")
        await stock.hold(attempt, [shop.want(0, 2)], soon())
        available = (await shop.row()).available
        order = shop.order(attempt, 2)
        released, _ = await asyncio.gather(
            stock.release(attempt), deliver(mongo, settlement.consumers(), "order.placed", order)
        )
        row = await shop.row()
        # Either way the order has its pieces: its hold, or the same number from what was given back.
        assert (row.held, row.available) == (0, available)
        assert released in (0, 1)
    assert await numbers(shop) == (320, 0, 80, 400)
    assert await broken_proofs(mongo) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_buyers_sweepers_and_events_in_any_interleaving_leave_sound_books(
    seed: int, mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop = await a_shop(mongo, 30, 10, 4)
    chance = random.Random(seed)
    sold, refusals = 0, set[str]()

    async def live(number: int) -> None:
        nonlocal sold
        quantities = [chance.randint(0, 2) for _ in shop.variants]
        if not any(quantities):
            return
        attempt, fate = new_id("att"), chance.choice(("fail", *LIVES))
        await asyncio.sleep(chance.random() / 20)
        try:
            await stock.hold(attempt, [shop.want(n, q) for n, q in enumerate(quantities) if q], soon())
        except DaraaError as error:
            refusals.add(error.code)
            return
        if isinstance(fate, str):
            await asyncio.gather(*(stock.release(attempt) for _ in range(chance.randint(1, 3))))
            return
        order = shop.order(attempt, *quantities)
        sold += 1
        for event in fate:
            twice = [deliver(mongo, settlement.consumers(), event, order) for _ in range(chance.randint(1, 2))]
            for outcome in await asyncio.gather(*twice, return_exceptions=True):
                # Two relays with one event: the second breaks off on the first one's movement, and is told so.
                assert outcome is None or getattr(outcome, "code", "") == "stores.key.duplicate", outcome

    await asyncio.gather(*(live(number) for number in range(40)))
    assert sold > 0
    assert refusals <= {SHORT}
    assert await broken_proofs(mongo) == []
    assert [(await shop.row(place)).held for place in range(3)] == [0, 0, 0]


async def test_a_product_is_shown_in_stock_as_long_as_any_variant_has_something_unsold(
    mongo: Mongo, stock: Stock, settlement: Settlement
) -> None:
    shop = await a_shop(mongo, 1, 1)
    subscriptions = Subscriptions()
    subscriptions.add(settlement.consumers())
    subscriptions.ignore("stock.short", "no shortage here")
    relay = Relay(mongo, subscriptions, JobsSettings(), fence=Fence(1))

    async def happens(event: str, order: dict[str, object], sequence: int) -> bool:
        async with mongo.transaction() as session:
            news = News(event, "orders", str(order["order_id"]), sequence, order)
            await append_events(mongo, session, [news])
        await relay.drain()
        product = await mongo.collection(PRODUCTS).find_one({"_id": shop.product.id})
        assert product is not None
        return bool(product["inStock"])

    orders = []
    for place in (0, 1):
        attempt = new_id("att")
        await stock.hold(attempt, [shop.want(place)], soon())
        orders.append(shop.order(attempt, *([1, 0], [0, 1])[place]))
    assert await happens("order.placed", orders[0], 1)
    assert not await happens("order.placed", orders[1], 1)
    assert not await happens("order.picked_up", orders[1], 2)
    assert await happens("order.cancelled", orders[0], 2)
