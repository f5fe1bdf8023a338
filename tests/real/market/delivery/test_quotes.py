"""Quotes over a real database: commands sent, refusals with the stores they are about."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from daraa.collections.delivery_zones import DELIVERY_ZONES, ZoneStatus
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES
from daraa.declare import Point
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.signals import count_commands
from daraa.market.delivery.service import Delivery
from daraa.stores.mongo import Capabilities, Mongo, Table
from daraa.stores.mongo.listener import SignalListener
from factories.database import as_admin, own_settings
from factories.delivery import a_zone, some_terms, square, syp
from factories.installation import build_indexes
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
CITY = a_zone("daraa", square(36.0, 32.0, 1.0), min_total=syp(1_000))
DISTRICT = a_zone("mahatta", square(36.4, 32.4, 0.2), parent=CITY, fee=syp(3_000))
ASLEEP = a_zone("asleep", square(36.45, 32.45, 0.05), parent=DISTRICT, status=ZoneStatus.INACTIVE)
UNKNOWN = "dzn_019b76da-b7a0-7000-8000-0000000000ff"
NEAR, WIDE, ELSEWHERE = (new_id("sto") for _ in range(3))
HOME = Point(coordinates=(36.46, 32.46))


@pytest.fixture(scope="module")
async def mongo(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mongo]:
    home: Path = tmp_path_factory.mktemp("home")
    async with as_admin(mongo_server, own_settings(mongo_server, home)) as mongo:
        await build_indexes(mongo, (DELIVERY_ZONES, STORE_DELIVERY_ZONES))
        for zone in (CITY, DISTRICT, ASLEEP):
            await Table(DELIVERY_ZONES, mongo).insert(zone)
        for row in (some_terms(NEAR, DISTRICT, fee=syp(1_500)), some_terms(WIDE, CITY)):
            await Table(STORE_DELIVERY_ZONES, mongo).insert(row)
        yield mongo


async def test_each_store_is_quoted_on_its_own_terms(mongo: Mongo) -> None:
    quotes = await Delivery(mongo).quote(HOME, None, {NEAR: syp(5_000), WIDE: syp(5_000)})
    assert {store: (quote.zone_id, quote.fee) for store, quote in quotes.items()} == {
        NEAR: (DISTRICT.id, syp(1_500)),
        WIDE: (DISTRICT.id, syp(3_000)),
    }


async def test_a_quote_costs_one_command_while_the_map_is_fresh(mongo: Mongo, mongo_server: MongoServer) -> None:
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True, event_listeners=[SignalListener()])
    delivery = Delivery(Mongo(client, mongo.settings, Capabilities()))
    await delivery.quote(HOME, None, {NEAR: syp(5_000)})
    with count_commands() as commands:
        await delivery.quote(HOME, None, {NEAR: syp(5_000), WIDE: syp(5_000)})
    await client.close()
    assert commands.names == ["find"]


async def test_an_address_without_a_place_goes_by_its_zone(mongo: Mongo) -> None:
    quotes = await Delivery(mongo).quote(None, CITY.id, {WIDE: syp(5_000)})
    assert quotes[WIDE].zone_id == CITY.id


@pytest.mark.parametrize(
    ("place", "zone_id"),
    [(Point(coordinates=(32.46, 36.46)), CITY.id), (None, ASLEEP.id), (None, None), (None, UNKNOWN)],
)
async def test_a_place_that_nobody_delivers_to_is_refused(
    mongo: Mongo, place: Point | None, zone_id: str | None
) -> None:
    with pytest.raises(DaraaError) as refused:
        await Delivery(mongo).quote(place, zone_id, {WIDE: syp(5_000)})
    assert refused.value.code == "delivery.zone.unserved"
    assert refused.value.details["stores"] == [WIDE]


async def test_the_stores_that_do_not_deliver_there_are_named(mongo: Mongo) -> None:
    with pytest.raises(DaraaError) as refused:
        await Delivery(mongo).quote(None, CITY.id, {NEAR: syp(5_000), WIDE: syp(5_000), ELSEWHERE: syp(5_000)})
    assert refused.value.details["stores"] == sorted([NEAR, ELSEWHERE])
    assert refused.value.details["zone_id"] == CITY.id


async def test_too_small_an_order_is_told_what_is_missing(mongo: Mongo) -> None:
    with pytest.raises(DaraaError) as refused:
        await Delivery(mongo).quote(None, CITY.id, {WIDE: syp(999)})
    assert refused.value.code == "delivery.total.low"
    assert refused.value.details["stores"] == [
        {"store_id": WIDE, "total": syp(999).model_dump(), "least": syp(1_000).model_dump()}
    ]


async def test_goods_in_another_currency_are_refused(mongo: Mongo) -> None:
    with pytest.raises(DaraaError) as refused:
        await Delivery(mongo).quote(HOME, None, {WIDE: Money(amount=5, currency="USD")})
    assert refused.value.code == "delivery.currency.other"
