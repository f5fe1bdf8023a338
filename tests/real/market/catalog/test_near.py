"""Stores and products near a place: nearest first, within the radius, only what is on offer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from daraa.collections.products import PRODUCTS, ProductStatus
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile, StoreStatus
from daraa.declare import Point
from factories.catalog import a_category, a_kind, a_product, a_store
from factories.market import Town, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
HERE = "32.625,36.1"
KIND = a_kind("near-bakery")
METRES_A_DEGREE = 111_320


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("town")) as opened:
        await opened.put(STORE_CATEGORIES, KIND)
        for number, (north, count) in enumerate(((900, 3), (300, 2), (2_000, 0), (4_000, 40), (30_000, 1))):
            await _open(opened, f"near-{number}", north, count, kinds=(KIND,) if number % 2 else ())
        await _open(opened, "near-shut", 100, 2, status=StoreStatus.SUSPENDED)
        await opened.put(STORE_OWNER_PROFILES, a_store("nowhere"))
        yield opened


async def _open(town: Town, slug: str, north_m: int, count: int, **more: Any) -> StoreOwnerProfile:
    place = Point(coordinates=(36.1, 32.625 + north_m / METRES_A_DEGREE))
    store = a_store(slug, location=place, product_count=count, **more)
    await town.put(STORE_OWNER_PROFILES, store)
    category = a_category(f"sold-{slug}")
    goods = [a_product(store, category) for _ in range(count)]
    await town.put(PRODUCTS, *goods, a_product(store, category, status=ProductStatus.DRAFT))
    return store


async def ask(town: Town, what: str, **params: Any) -> list[dict[str, Any]]:
    answer = await town.client.get(f"/v1/{what}", params={"near": HERE, **params})
    assert answer.status_code == 200, answer.text
    assert answer.json()["page"] == {"next_cursor": None, "has_more": False}
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_stores_come_nearest_first_with_their_distance(town: Town) -> None:
    found = await ask(town, "stores")
    assert [each["slug"] for each in found] == ["near-1", "near-0", "near-2", "near-3"]
    for each, metres in zip(found, (300, 900, 2_000, 4_000), strict=True):
        assert abs(each["distance_metres"] - metres) < metres / 100


async def test_the_radius_and_the_kind_bound_what_is_near(town: Town) -> None:
    assert [each["slug"] for each in await ask(town, "stores", radius_m=1_000)] == ["near-1", "near-0"]
    assert [each["slug"] for each in await ask(town, "stores", radius_m=50_000)][-1] == "near-4"
    assert [each["slug"] for each in await ask(town, "stores", category=KIND.slug)] == ["near-1", "near-3"]
    assert [each["slug"] for each in await ask(town, "stores", limit=1)] == ["near-1"]
    assert await ask(town, "stores", near="-32.625,-36.1") == []


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 20, 100])
async def test_products_come_from_the_nearest_stores_first(town: Town, limit: int) -> None:
    found = await ask(town, "products", limit=limit)
    stores = ["near-1"] * 2 + ["near-0"] * 3 + ["near-3"] * 40
    assert [each["store"]["slug"] for each in found] == stores[:limit]
    for slug in set(stores):
        ids = [each["id"] for each in found if each["store"]["slug"] == slug]
        assert ids == sorted(ids, reverse=True)


async def test_products_near_cost_three_commands_at_most(town: Town) -> None:
    for limit in (1, 5, 20):
        answer = await town.client.get("/v1/products", params={"near": HERE, "limit": limit})
        commands = int(answer.headers["server-timing"].split('desc="')[1].split()[0])
        assert commands <= 3


@pytest.mark.parametrize(
    ("what", "params", "code"),
    [
        ("stores", {"near": "91,0"}, "catalog.near.invalid"),
        ("stores", {"near": "0,181"}, "catalog.near.invalid"),
        ("stores", {"near": "here"}, "api.request.invalid"),
        ("stores", {"near": "nan,0"}, "api.request.invalid"),
        ("stores", {"near": "1e9,0"}, "api.request.invalid"),
        ("stores", {"near": HERE, "radius_m": 50_001}, "api.request.invalid"),
        ("stores", {"near": HERE, "radius_m": 0}, "api.request.invalid"),
        ("stores", {"near": HERE, "q": "خبز"}, "catalog.near.alone"),
        ("stores", {"near": HERE, "cursor": "abc"}, "catalog.near.alone"),
        ("stores", {"radius_m": 100}, "catalog.radius.alone"),
        ("products", {"radius_m": 100}, "catalog.radius.alone"),
        ("products", {"near": HERE, "sort": "price"}, "catalog.near.alone"),
        ("products", {"near": HERE, "store": "near-1"}, "catalog.near.alone"),
        ("products", {"near": HERE, "max_price": 5}, "catalog.near.alone"),
    ],
)
async def test_a_place_that_makes_no_sense_is_refused(town: Town, what: str, params: dict[str, Any], code: str) -> None:
    answer = await town.client.get(f"/v1/{what}", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_server_without_the_index_says_that_it_cannot(town: Town) -> None:
    stores = town.mongo.collection(STORE_OWNER_PROFILES)
    names = [name for name, index in (await stores.index_information()).items() if index["key"][0][1] == "2dsphere"]
    assert len(names) == 1
    await stores.drop_index(names[0])
    try:
        for what in ("stores", "products"):
            answer = await town.client.get(f"/v1/{what}", params={"near": HERE})
            assert (answer.status_code, answer.json()["code"]) == (501, "catalog.near.unsupported")
    finally:
        await stores.create_index([("location", "2dsphere")], name=names[0])
