"""Which zone a place belongs to, whether a store serves it, and on which terms."""

import asyncio

import pytest

from daraa.collections.delivery_zones import DeliveryZone
from daraa.declare import Point
from daraa.kernel.money import Money
from daraa.market.delivery.quote import quote_for, row_for
from daraa.market.delivery.zone_map import ZoneMap, ZoneTree
from factories.delivery import a_zone, some_terms, square, syp

STORE = "sto_0190a000-0000-7000-8000-000000000001"
CITY = a_zone("daraa", square(36.0, 32.0, 1.0))
DISTRICT = a_zone("mahatta", square(36.4, 32.4, 0.2), parent=CITY, fee=syp(3_000))
QUARTER = a_zone("kashef", square(36.45, 32.45, 0.05), parent=DISTRICT)


def at(longitude: float, latitude: float) -> Point:
    return Point(coordinates=(longitude, latitude))


def test_a_place_belongs_to_the_deepest_zone_around_it() -> None:
    tree = ZoneTree([CITY, DISTRICT, QUARTER])
    assert tree.at(at(36.46, 32.46)) == QUARTER
    assert tree.at(at(36.55, 32.55)) == DISTRICT
    assert tree.at(at(36.1, 32.1)) == CITY
    assert tree.at(at(35.0, 32.1)) is None


def test_between_equals_the_lower_rank_wins() -> None:
    one = a_zone("one", square(36.0, 32.0, 1.0), rank=2)
    other = a_zone("other", square(36.5, 32.0, 1.0), rank=1)
    assert ZoneTree([one, other]).at(at(36.7, 32.5)) == other


def test_a_zone_whose_parent_is_not_active_is_not_delivered_to() -> None:
    tree = ZoneTree([DISTRICT, QUARTER])
    assert tree.at(at(36.46, 32.46)) is None
    assert tree.chain(QUARTER.id) == ()


def test_zones_that_contain_each_other_in_a_circle_are_left_out() -> None:
    one = CITY.model_copy(update={"parent_id": DISTRICT.id})
    assert ZoneTree([one, DISTRICT]).zones == []


def test_the_way_up_leads_from_the_inside_out() -> None:
    assert ZoneTree([QUARTER, CITY, DISTRICT]).chain(QUARTER.id) == (QUARTER, DISTRICT, CITY)


def test_a_store_that_lists_a_city_serves_its_districts() -> None:
    row = some_terms(STORE, CITY)
    assert row_for((QUARTER, DISTRICT, CITY), {CITY.id: row}) == row


def test_a_store_serves_no_zone_that_it_does_not_list() -> None:
    assert row_for((DISTRICT, CITY), {}) is None
    assert row_for((CITY,), {DISTRICT.id: some_terms(STORE, DISTRICT)}) is None


def test_a_district_can_be_left_out_of_a_city() -> None:
    rows = {CITY.id: some_terms(STORE, CITY), DISTRICT.id: some_terms(STORE, DISTRICT, is_active=False)}
    assert row_for((DISTRICT, CITY), rows) is None
    assert row_for((CITY,), rows) == rows[CITY.id]


def test_an_empty_term_means_the_zones_own() -> None:
    quote = quote_for(DISTRICT, some_terms(STORE, CITY), syp(20_000))
    assert (quote.fee, quote.minutes_min, quote.minutes_max) == (syp(3_000), 30, 60)
    assert quote.zone_id == DISTRICT.id
    assert quote.least_total is None
    assert not quote.is_free


def test_a_stores_own_terms_go_before_the_zones() -> None:
    row = some_terms(STORE, CITY, fee=syp(0), min_total=syp(9_000), eta_min_minutes=0, eta_max_minutes=15)
    quote = quote_for(DISTRICT, row, syp(20_000))
    assert quote.fee == syp(0)
    assert not quote.is_free
    assert (quote.minutes_min, quote.minutes_max, quote.least_total) == (0, 15, syp(9_000))


@pytest.mark.parametrize(("goods", "fee"), [(49_999, 5_000), (50_000, 0), (50_001, 0)])
def test_goods_of_the_free_amount_or_more_go_free(goods: int, fee: int) -> None:
    quote = quote_for(CITY, some_terms(STORE, CITY, free_over=syp(50_000)), syp(goods))
    assert quote.fee == syp(fee)
    assert quote.is_free is (fee == 0)


def test_a_time_that_ends_before_it_begins_is_stretched() -> None:
    quote = quote_for(CITY, some_terms(STORE, CITY, eta_min_minutes=90), syp(1))
    assert (quote.minutes_min, quote.minutes_max) == (90, 90)


def test_fee_and_goods_are_of_one_currency() -> None:
    with pytest.raises(ValueError, match="SYP"):
        quote_for(CITY, some_terms(STORE, CITY), Money(amount=5, currency="USD"))


def test_a_limit_in_another_currency_does_not_count() -> None:
    row = some_terms(STORE, CITY, min_total=Money(amount=5, currency="USD"))
    assert quote_for(CITY, row, syp(1)).least_total is None


@pytest.mark.anyio
async def test_the_map_is_read_once_for_many_and_again_when_it_is_old() -> None:
    reads = 0

    async def load() -> list[DeliveryZone]:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0)
        return [CITY] if reads == 1 else [CITY, DISTRICT]

    zones = ZoneMap(load, fresh_s=60)
    trees = await asyncio.gather(*(zones.tree() for _ in range(5)))
    assert reads == 1
    assert all(tree is trees[0] for tree in trees)
    zones.forget()
    assert len((await zones.tree()).zones) == 2
    assert reads == 2
    aged = ZoneMap(load, fresh_s=0)
    await aged.tree()
    await aged.tree()
    assert reads == 4
