"""Stock is held for one buyer at a time, never below zero, and given back exactly once (market.md I1, I2)."""

import asyncio
from datetime import timedelta

import pytest

from daraa.collections.inventories import INVENTORIES
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.inventory.errors import BUSY, SHORT
from daraa.market.inventory.repository import MOST_HOLDS
from daraa.market.inventory.service import Stock
from daraa.stores.mongo import Mongo
from factories.shelves import a_shop, broken_proofs, soon

pytestmark = pytest.mark.anyio


async def refusal(coroutine: object) -> DaraaError:
    with pytest.raises(DaraaError) as refused:
        await coroutine  # type: ignore[misc]
    return refused.value


async def test_two_hundred_buyers_of_fifty_pieces_are_fifty_sales_and_150_clear_refusals(
    mongo: Mongo, stock: Stock
) -> None:
    shop = await a_shop(mongo, 50)

    async def buy() -> DaraaError | None:
        try:
            await stock.hold(new_id("att"), [shop.want(0)], soon())
        except DaraaError as error:
            return error
        return None

    answers = await asyncio.gather(*(buy() for _ in range(200)))
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == 150
    assert {answer.code for answer in refused} == {SHORT}
    line = {"variant_id": shop.variants[0].id, "wanted": 1, "available": 0}
    assert all(answer.details["lines"] == [line] for answer in refused)
    row = await shop.row()
    assert (row.available, row.held, len(row.holds)) == (0, 50, 50)
    assert await broken_proofs(mongo) == []


async def test_the_same_attempt_holds_once_however_often_and_however_closely_it_is_sent(
    mongo: Mongo, stock: Stock
) -> None:
    shop, attempt, until = await a_shop(mongo, 10, 10), new_id("att"), soon()
    wants = [shop.want(0, 2), shop.want(1, 3)]
    await asyncio.gather(*(stock.hold(attempt, wants, until) for _ in range(20)))
    await stock.hold(attempt, wants, until)
    assert [(row.available, row.held) for row in (await shop.row(0), await shop.row(1))] == [(8, 2), (7, 3)]


async def test_lines_of_one_variant_are_summed_before_they_are_held(mongo: Mongo, stock: Stock) -> None:
    shop, attempt = await a_shop(mongo, 5), new_id("att")
    refused = await refusal(stock.hold(attempt, [shop.want(0, 3), shop.want(0, 3)], soon()))
    assert refused.details["lines"] == [{"variant_id": shop.variants[0].id, "wanted": 6, "available": 5}]
    await stock.hold(attempt, [shop.want(0, 3), shop.want(0, 2)], soon())
    assert (await shop.row()).held == 5


async def test_one_missing_line_gives_all_the_others_back_and_every_missing_one_is_named(
    mongo: Mongo, stock: Stock
) -> None:
    shop = await a_shop(mongo, 5, 1, 5, -1)
    wants = [shop.want(0, 5), shop.want(1, 2), shop.want(2, 1), shop.want(3, 1)]
    refused = await refusal(stock.hold(new_id("att"), wants, soon()))
    assert refused.code == SHORT
    assert not refused.retryable
    named = {line["variant_id"]: (line["wanted"], line["available"]) for line in refused.details["lines"]}
    assert named == {shop.variants[1].id: (2, 1), shop.variants[3].id: (1, 0)}
    rows = [await shop.row(place) for place in range(3)]
    assert [(row.available, row.held, row.holds) for row in rows] == [(5, 0, ()), (1, 0, ()), (5, 0, ())]


async def test_wanting_nothing_or_less_is_a_programming_error(mongo: Mongo, stock: Stock) -> None:
    shop = await a_shop(mongo, 5)
    for quantity in (0, -1):
        with pytest.raises(ValueError, match="at least one"):
            await stock.hold(new_id("att"), [shop.want(0, quantity)], soon())
    assert (await shop.row()).held == 0


async def test_twenty_releases_at_once_give_back_once(mongo: Mongo, stock: Stock) -> None:
    shop, attempt = await a_shop(mongo, 10, 10), new_id("att")
    await stock.hold(attempt, [shop.want(0, 4), shop.want(1, 1)], soon())
    released = await asyncio.gather(*(stock.release(attempt) for _ in range(20)))
    assert sum(released) == 2
    assert await stock.release(attempt) == 0
    assert [(row.available, row.held) for row in (await shop.row(0), await shop.row(1))] == [(10, 0), (10, 0)]
    assert await broken_proofs(mongo) == []


async def test_release_leaves_the_holds_of_others_alone(mongo: Mongo, stock: Stock) -> None:
    shop, mine, theirs = await a_shop(mongo, 10), new_id("att"), new_id("att")
    await stock.hold(mine, [shop.want(0, 4)], soon())
    await stock.hold(theirs, [shop.want(0, 5)], soon())
    await stock.release(mine)
    row = await shop.row()
    assert (row.available, row.held, [hold.attempt_id for hold in row.holds]) == (5, 5, [theirs])


async def test_a_row_that_holds_two_hundred_attempts_asks_the_next_one_to_come_again(
    mongo: Mongo, stock: Stock
) -> None:
    shop, last = await a_shop(mongo, 1000), new_id("att")
    first = new_id("att")
    await stock.hold(first, [shop.want(0)], soon())
    holds = [{"attemptId": new_id("att"), "quantity": 1, "expiresAt": soon()} for _ in range(MOST_HOLDS - 1)]
    await mongo.collection(INVENTORIES).update_one(
        {"_id": shop.key()},
        {"$push": {"holds": {"$each": holds}}, "$inc": {"available": 1 - MOST_HOLDS, "held": MOST_HOLDS - 1}},
    )
    refused = await refusal(stock.hold(last, [shop.want(0)], soon()))
    assert (refused.code, refused.retryable, refused.spec.status) == (BUSY, True, 503)
    await stock.hold(first, [shop.want(0)], soon())
    await stock.release(first)
    await stock.hold(last, [shop.want(0)], soon())
    assert len((await shop.row()).holds) == MOST_HOLDS


async def test_availability_is_what_is_neither_held_nor_sold(mongo: Mongo, stock: Stock) -> None:
    shop, unknown = await a_shop(mongo, 7, 3, -1), new_id("var")
    await stock.hold(new_id("att"), [shop.want(0, 2)], soon())
    first, second, third = (variant.id for variant in shop.variants)
    assert await stock.availability([first, second, third, unknown]) == {first: 5, second: 3, third: 0, unknown: 0}
    assert await stock.availability([]) == {}


async def test_expired_holds_are_found_by_their_time_and_released_as_they_were_read(mongo: Mongo, stock: Stock) -> None:
    shop, over, alive = await a_shop(mongo, 9), new_id("att"), new_id("att")
    await stock.hold(over, [shop.want(0, 2)], SYSTEM_CLOCK.now() - timedelta(seconds=1))
    await stock.hold(alive, [shop.want(0, 3)], soon())
    found = [each for each in await stock.list_expired(SYSTEM_CLOCK.now(), limit=50) if each.inventory_id == shop.key()]
    assert [each.hold.attempt_id for each in found] == [over]
    other = found[0].hold.model_copy(update={"quantity": 1})
    assert not await stock.give_back(shop.key(), other)
    assert await stock.give_back(shop.key(), found[0].hold)
    assert not await stock.give_back(shop.key(), found[0].hold)
    assert (await shop.row()).held == 3
