"""The cart is the arbiter of a checkout: attempt, sweeper and customer compete for one document (market.md §2)."""

import asyncio
import random
import time
from datetime import timedelta

import pytest

from daraa.collections.carts import CARTS, Cart, CartState
from daraa.collections.inventories import INVENTORIES
from daraa.collections.stock_movements import STOCK_MOVEMENTS
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.audit.service import Audit
from daraa.market.carts.errors import BURNED, EMPTY, PLACING
from daraa.market.carts.service import AttemptState, Carts
from daraa.market.carts.shopping_service import Shopper, Shopping
from daraa.market.inventory.service import Stock
from daraa.market.inventory.settlement_service import Settlement
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session
from factories.shelves import Shelves, a_shop, broken_proofs, deliver, soon

pytestmark = pytest.mark.anyio


async def refusal(coroutine: object) -> DaraaError:
    with pytest.raises(DaraaError) as refused:
        await coroutine  # type: ignore[misc]
    return refused.value


async def a_full_cart(shopping: Shopping, shop: Shelves, quantity: int = 1) -> tuple[str, Cart]:
    customer = new_id("acc")
    return customer, await shopping.add(Shopper(customer), 0, shop.variants[0].id, quantity)


async def stored(mongo: Mongo, cart_id: str) -> Cart:
    raw = await mongo.collection(CARTS).find_one({"_id": cart_id})
    assert raw is not None
    return Cart.model_validate(raw, strict=False)


async def round_trips_s(mongo: Mongo) -> float:
    """How long ten round trips take, in seconds: what races must not be apart by more, on a slow machine either."""
    began = time.perf_counter()
    for _ in range(10):
        await mongo.collection(CARTS).find_one({"_id": "nobody"})
    return time.perf_counter() - began


async def complete(
    mongo: Mongo, carts: Carts, cart: Cart, attempt: str, *, late_s: float = 0, slowly_s: float = 0
) -> None:
    """The placement transaction, which has begun a while before it touches the cart, and ends a while after that."""

    async def work(session: Session) -> None:
        await mongo.collection(CARTS).find_one({"_id": cart.id}, session=session)
        await asyncio.sleep(late_s)
        await carts.complete(session, cart, attempt, new_id("grp"))
        await asyncio.sleep(slowly_s)

    await mongo.in_transaction(work, longest_s=10)


async def test_a_cart_is_placed_completed_and_makes_way_for_the_next(
    mongo: Mongo, carts: Carts, shopping: Shopping
) -> None:
    shop, attempt = await a_shop(mongo, 5), new_id("att")
    customer, cart = await a_full_cart(shopping, shop)
    begun = await carts.begin(customer, attempt, soon())
    assert (begun.state, begun.ver, begun.items) == (CartState.PLACING, cart.ver + 1, cart.items)
    assert await carts.state_of_attempt(attempt) is AttemptState.PLACING
    assert await carts.begin(customer, attempt, soon()) == begun
    await complete(mongo, carts, begun, attempt)
    assert await carts.state_of_attempt(attempt) is AttemptState.COMPLETED
    assert await carts.find_open(customer) is None
    for _ in range(3):
        again = await shopping.add(Shopper(customer), 0, shop.variants[0].id, 2)
        next_attempt = new_id("att")
        await complete(mongo, carts, await carts.begin(customer, next_attempt, soon()), next_attempt)
        assert again.id != cart.id


async def test_an_empty_cart_or_none_cannot_be_placed(mongo: Mongo, carts: Carts, shopping: Shopping) -> None:
    shop = await a_shop(mongo, 5)
    assert (await refusal(carts.begin(new_id("acc"), new_id("att"), soon()))).code == EMPTY
    customer, cart = await a_full_cart(shopping, shop)
    await shopping.clear(Shopper(customer), cart.ver)
    assert (await refusal(carts.begin(customer, new_id("att"), soon()))).code == EMPTY


async def test_of_twenty_attempts_at_once_one_begins_and_the_others_are_told_to_wait(
    mongo: Mongo, carts: Carts, shopping: Shopping
) -> None:
    shop = await a_shop(mongo, 5)
    customer, _ = await a_full_cart(shopping, shop)
    tries = (carts.begin(customer, new_id("att"), soon()) for _ in range(20))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, DaraaError)]
    assert len(refused) == 19
    assert {(each.code, each.retryable) for each in refused} == {(PLACING, True)}


async def test_a_cart_in_placement_cannot_be_changed_and_can_after_it_is_reopened(
    mongo: Mongo, carts: Carts, shopping: Shopping
) -> None:
    shop, attempt = await a_shop(mongo, 5), new_id("att")
    customer, cart = await a_full_cart(shopping, shop)
    begun = await carts.begin(customer, attempt, soon())
    who, variant = Shopper(customer), shop.variants[0].id
    for version in (cart.ver, begun.ver):
        assert (await refusal(shopping.add(who, version, variant, 1))).code == PLACING
        assert (await refusal(shopping.clear(who, version))).code == PLACING
    assert await carts.reopen(attempt)
    assert not await carts.reopen(attempt)
    reopened = await stored(mongo, cart.id)
    assert (reopened.state, reopened.attempt) == (CartState.OPEN, None)
    assert (await shopping.set_quantity(who, reopened.ver, variant, 4)).items[0].quantity == 4


async def test_a_reopened_attempt_is_burned_for_ever(mongo: Mongo, carts: Carts, shopping: Shopping) -> None:
    shop, attempt, other = await a_shop(mongo, 5), new_id("att"), new_id("att")
    customer, _ = await a_full_cart(shopping, shop)
    begun = await carts.begin(customer, attempt, soon())
    assert await carts.reopen(attempt)
    assert await carts.state_of_attempt(attempt) is AttemptState.BURNED
    assert (await refusal(complete(mongo, carts, begun, attempt))).code == BURNED
    await carts.begin(customer, other, soon())
    assert (await refusal(complete(mongo, carts, begun, attempt))).code == BURNED
    assert not await carts.reopen(attempt)
    assert await carts.state_of_attempt(other) is AttemptState.PLACING


async def test_a_begin_after_the_deadline_of_another_attempt_gives_that_one_up(
    mongo: Mongo, carts: Carts, shopping: Shopping, stock: Stock
) -> None:
    shop, dead, alive = await a_shop(mongo, 5), new_id("att"), new_id("att")
    customer, _ = await a_full_cart(shopping, shop, 2)
    await carts.begin(customer, dead, SYSTEM_CLOCK.now() - timedelta(seconds=1))
    await stock.hold(dead, [shop.want(0, 2)], soon())
    begun = await carts.begin(customer, alive, soon())
    assert begun.attempt is not None
    assert begun.attempt.id == alive
    assert (await shop.row()).held == 0
    assert await carts.state_of_attempt(dead) is AttemptState.BURNED


async def test_the_sweeper_gives_late_carts_back_with_their_stock_and_leaves_the_others(
    mongo: Mongo, carts: Carts, shopping: Shopping, stock: Stock
) -> None:
    shop = await a_shop(mongo, 10)
    late, early = new_id("att"), new_id("att")
    past = SYSTEM_CLOCK.now() - timedelta(seconds=1)
    for attempt, deadline in ((late, past), (early, soon())):
        customer, _ = await a_full_cart(shopping, shop)
        await carts.begin(customer, attempt, deadline)
        await stock.hold(attempt, [shop.want(0, 3)], deadline)
    assert await carts.sweep_placements() == {"reopened": 1, "released": 0, "waiting": 0}
    assert [hold.attempt_id for hold in (await shop.row()).holds] == [early]
    assert await carts.state_of_attempt(early) is AttemptState.PLACING
    assert await carts.sweep_placements() == {"reopened": 0, "released": 0, "waiting": 0}
    assert await carts.reopen(early)
    await stock.release(early)


async def test_expired_holds_go_when_their_attempt_is_burned_or_settled_and_wait_while_an_order_comes(
    mongo: Mongo, carts: Carts, shopping: Shopping, stock: Stock
) -> None:
    shop, past = await a_shop(mongo, 20), SYSTEM_CLOCK.now() - timedelta(seconds=1)
    zombie, bought, placing = new_id("att"), new_id("att"), new_id("att")
    await stock.hold(zombie, [shop.want(0, 1)], past)
    customer, _ = await a_full_cart(shopping, shop)
    begun = await carts.begin(customer, bought, soon())
    await stock.hold(bought, [shop.want(0, 2)], past)
    await complete(mongo, carts, begun, bought)
    other, _ = await a_full_cart(shopping, shop)
    await carts.begin(other, placing, soon())
    await stock.hold(placing, [shop.want(0, 3)], past)

    assert await carts.sweep_placements() == {"reopened": 0, "released": 1, "waiting": 2}
    assert {hold.attempt_id for hold in (await shop.row()).holds} == {bought, placing}

    settlement = Settlement(mongo, Audit(mongo))
    await deliver(mongo, settlement.consumers(), "order.placed", shop.order(bought, 2))
    # What a command that was sent twice would leave behind once its order is settled.
    stray = {"attemptId": bought, "quantity": 2, "expiresAt": past}
    await mongo.collection(INVENTORIES).update_one(
        {"_id": shop.key()}, {"$push": {"holds": stray}, "$inc": {"available": -2, "held": 2}}
    )
    assert await carts.sweep_placements() == {"reopened": 0, "released": 1, "waiting": 1}
    row = await shop.row()
    assert (row.available, row.held, row.allocated) == (15, 3, 2)
    assert await carts.reopen(placing)
    assert (await carts.sweep_placements())["released"] == 1
    assert await broken_proofs(mongo) == []


@pytest.mark.parametrize("seed", [1, 2])
async def test_sweepers_and_completions_that_race_never_give_away_what_was_bought(
    seed: int, mongo: Mongo, carts: Carts, shopping: Shopping, stock: Stock
) -> None:
    shop = await a_shop(mongo, 100)
    settlement, chance = Settlement(mongo, Audit(mongo)), random.Random(seed)
    pace, bought = await round_trips_s(mongo), 0
    for _ in range(50):
        attempt = new_id("att")
        customer, cart = await a_full_cart(shopping, shop)
        begun = await carts.begin(customer, attempt, SYSTEM_CLOCK.now() + timedelta(milliseconds=1))
        await stock.hold(attempt, [shop.want(0)], SYSTEM_CLOCK.now() + timedelta(milliseconds=1))
        await asyncio.sleep(0.005)

        async def sweep(after: float) -> None:
            await asyncio.sleep(after)
            await carts.sweep_placements()

        outcome, *_ = await asyncio.gather(
            complete(mongo, carts, begun, attempt, late_s=2 * pace * chance.random(), slowly_s=pace * chance.random()),
            sweep(pace * chance.random()),
            sweep(pace * chance.random()),
            return_exceptions=True,
        )
        now = await stored(mongo, cart.id)
        if outcome is None:
            bought += 1
            assert now.state is CartState.COMPLETED
            assert [hold.attempt_id for hold in (await shop.row()).holds] == [attempt]
            await deliver(mongo, settlement.consumers(), "order.placed", shop.order(attempt, 1))
        else:
            assert isinstance(outcome, DaraaError)
            assert outcome.code == BURNED
            assert now.state is CartState.OPEN
            # The sweeper that was faster has released it, or the next one will.
            await carts.sweep_placements()
        assert (await shop.row()).held == 0
    row = await shop.row()
    assert (row.available, row.allocated) == (100 - bought, bought)
    allocated = await mongo.collection(STOCK_MOVEMENTS).count_documents({"inventoryId": shop.key(), "kind": "allocate"})
    assert allocated == bought
    assert await broken_proofs(mongo) == []
    assert 0 < bought < 50, "neither side should win always, or nothing raced"


async def test_idle_carts_are_abandoned_after_seven_days_and_their_owner_starts_anew(
    mongo: Mongo, carts: Carts, shopping: Shopping
) -> None:
    shop = await a_shop(mongo, 5)
    idle_owner, idle = await a_full_cart(shopping, shop)
    busy_owner, busy = await a_full_cart(shopping, shop)
    placing_owner, placing = await a_full_cart(shopping, shop)
    await carts.begin(placing_owner, new_id("att"), soon())
    for cart, days in ((idle, 8), (busy, 6), (placing, 8)):
        touched = SYSTEM_CLOCK.now() - timedelta(days=days)
        await mongo.collection(CARTS).update_one({"_id": cart.id}, {"$set": {"touchedAt": touched}})
    assert await carts.sweep_idle() == {"abandoned": 1}
    gone = await stored(mongo, idle.id)
    assert (gone.state, gone.is_active) == (CartState.ABANDONED, False)
    assert gone.expires_at is not None
    assert gone.expires_at <= SYSTEM_CLOCK.now() + timedelta(seconds=5)
    assert await carts.find_open(idle_owner) is None
    assert await carts.find_open(busy_owner) is not None
    assert (await shopping.add(Shopper(idle_owner), 0, shop.variants[0].id, 1)).id != idle.id
