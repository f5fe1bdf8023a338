"""What shoppers see of products: only what is on offer, complete, in order, in their language, with few commands."""

import re

import httpx
import pytest

from daraa.collections.products import PRODUCTS, ProductStatus
from daraa.declare import Localized
from daraa.kernel.settings import Settings
from daraa.market.catalog.schemas import ListOf, One, ProductCard, ProductDetail
from daraa.market.catalog.service import Catalog
from daraa.market.cursor import CursorSigner
from daraa.stores.mongo import Mongo
from factories.catalog import Shop, a_product

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


def commands(answer: httpx.Response) -> int:
    found = re.search(r'desc="(\d+) commands"', answer.headers["server-timing"])
    assert found is not None
    return int(found[1])


async def walk(client: httpx.AsyncClient, **params: str | int) -> list[dict[str, object]]:
    """Every page of a list, with the promises that each page keeps."""
    rows: list[dict[str, object]] = []
    while True:
        answer = await client.get("/v1/products", params=params)
        assert answer.status_code == 200, answer.text
        assert commands(answer) <= 2
        page = ListOf[ProductCard].model_validate_json(answer.content).page
        rows += answer.json()["data"]
        assert page.has_more == (page.next_cursor is not None)
        if page.next_cursor is None:
            return rows
        params["cursor"] = page.next_cursor


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
@pytest.mark.parametrize("category", ["", "shoes", "fashion"])
@pytest.mark.parametrize("store", ["", "hawran-bread"])
@pytest.mark.parametrize("limit", [3, 7])
async def test_walking_the_pages_gives_every_shown_product_once_and_in_order(
    client: httpx.AsyncClient, shop: Shop, sort: str, category: str, store: str, limit: int
) -> None:
    scope = {key: value for key, value in (("category", category), ("store", store)) if value}
    rows = await walk(client, sort=sort, limit=limit, **scope)
    wanted = [
        each
        for each in shop.shown
        if (not category or shop.categories[category].id in each.category_path)
        and (not store or each.store_id == shop.stores[store].id)
    ]
    if sort == "newest":
        wanted.sort(key=lambda each: each.id, reverse=True)
    else:
        wanted.sort(key=lambda each: (each.price_from.amount, each.id), reverse=sort == "-price")
    assert len(wanted) > limit
    assert [row["id"] for row in rows] == [each.id for each in wanted]


@pytest.mark.parametrize("sort", ["newest", "price", "-price"])
async def test_products_that_arrive_during_a_walk_neither_repeat_nor_hide_others(
    client: httpx.AsyncClient, shop: Shop, sort: str
) -> None:
    before = {each.id for each in shop.shown}
    seen: list[str] = []
    params: dict[str, str | int] = {"sort": sort, "limit": 5}
    while True:
        page = (await client.get("/v1/products", params=params)).json()
        seen += [row["id"] for row in page["data"]]
        if page["page"]["next_cursor"] is None:
            break
        params["cursor"] = page["page"]["next_cursor"]
        price = page["data"][-1]["price_from"]["amount"]
        store, category = shop.stores["hawran-bread"], shop.categories["food"]
        await shop.add_products(a_product(store, category, price=price), a_product(store, category, price=1))
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


async def test_a_price_range_holds_on_every_page(client: httpx.AsyncClient, shop: Shop) -> None:
    rows = await walk(client, sort="-price", min_price=1100, max_price=1200, limit=4)
    wanted = {each.id for each in shop.shown if 1100 <= each.price_from.amount <= 1200}
    assert {row["id"] for row in rows} == wanted
    assert len(rows) == len(wanted) > 8


async def test_a_cursor_cannot_widen_the_price_range(client: httpx.AsyncClient, shop: Shop) -> None:
    rows = await walk(client, sort="price", max_price=1100, limit=3)
    assert max(row["price_from"]["amount"] for row in rows) == 1100  # type: ignore[index]


async def test_the_pages_of_one_store_in_one_category_cost_two_commands_at_most(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    first = await client.get("/v1/products", params={"store": "hawran-bread", "category": "food", "sort": "price"})
    assert first.status_code == 200
    assert commands(first) == 2


@pytest.mark.parametrize("by", ["slug", "id"])
async def test_a_product_comes_with_the_variants_on_offer_in_two_commands(
    client: httpx.AsyncClient, shop: Shop, by: str
) -> None:
    product = shop.products[1]
    answer = await client.get(f"/v1/products/{getattr(product, by)}", headers={"accept-language": "en"})
    assert answer.status_code == 200
    assert commands(answer) == 2
    shown = One[ProductDetail].model_validate_json(answer.content).data
    assert [each.id for each in shown.variants] == [each.id for each in shop.variants[:2]]
    assert shown.name == product.name.en
    assert shown.rating.average == 4.5
    assert answer.json()["data"]["price_from"] == {"amount": product.price_from.amount, "currency": "SYP"}
    assert answer.json()["data"]["created_at"].endswith("Z")


async def test_what_is_not_on_offer_is_not_found(client: httpx.AsyncClient, shop: Shop) -> None:
    hidden = [each for each in shop.products if each not in shop.shown]
    assert {each.status for each in hidden} >= {ProductStatus.DRAFT, ProductStatus.ACTIVE}
    for each in hidden[:12]:
        for key in (each.slug, each.id):
            answer = await client.get(f"/v1/products/{key}")
            assert (answer.status_code, answer.json()["code"]) == (404, "catalog.product.unknown")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("حذاء أحمد", "احمد"),
        ("حذاء احمد", "أحمد"),
        ("مدرسة", "مدرسه"),
        ("مُحَمَّد", "محمد"),
        ("مصطفى", "مصطفي"),
        ("الأحذية", "احذيه"),
        ("جهاز ٤٥", "45"),
        ("كتاب", "کتاب"),
        ("جميــــل", "جميل"),
        ("Café Noir", "CAFE noir"),
    ],
)
async def test_a_search_in_another_spelling_finds_the_product(
    client: httpx.AsyncClient, shop: Shop, stored: str, asked: str
) -> None:
    product = a_product(
        shop.stores["ahmad-shoes"], shop.categories["shoes"], name=Localized(ar=stored, en="Spelled thing")
    )
    await shop.add_products(product)
    for extra in ({}, {"category": "fashion"}, {"store": "ahmad-shoes"}, {"store": "ahmad-shoes", "category": "shoes"}):
        answer = await client.get("/v1/products", params={"q": asked, **extra})
        assert answer.status_code == 200, answer.text
        assert product.id in [row["id"] for row in answer.json()["data"]]
        assert commands(answer) <= 2
    elsewhere = await client.get("/v1/products", params={"q": asked, "store": "hawran-bread"})
    assert product.id not in [row["id"] for row in elsewhere.json()["data"]]


async def test_every_word_of_a_search_must_occur(client: httpx.AsyncClient, shop: Shop) -> None:
    store, category = shop.stores["ahmad-shoes"], shop.categories["shoes"]
    both = a_product(store, category, name=Localized(ar="قلم أزرق", en="x"))
    one = a_product(store, category, name=Localized(ar="قلم أصفر", en="x"))
    await shop.add_products(both, one)
    rows = (await client.get("/v1/products", params={"q": "ازرق قلم"})).json()["data"]
    assert [row["id"] for row in rows] == [both.id]


async def test_a_search_walks_its_pages_too(client: httpx.AsyncClient, shop: Shop) -> None:
    made = [
        a_product(shop.stores["ahmad-shoes"], shop.categories["shoes"], name=Localized(ar="مظلة", en="Umbrella"))
        for _ in range(9)
    ]
    await shop.add_products(*made)
    rows = await walk(client, q="umbrella", limit=4)
    assert [row["id"] for row in rows] == [each.id for each in reversed(made)]


async def test_texts_fall_back_to_the_other_language(client: httpx.AsyncClient, shop: Shop) -> None:
    product = a_product(shop.stores["ahmad-shoes"], shop.categories["shoes"], name=Localized(ar="عربي فقط", en=""))
    await shop.add_products(product)
    for language in ("en", "ar"):
        answer = await client.get(f"/v1/products/{product.id}", headers={"accept-language": language})
        assert answer.headers["content-language"] == language
        assert answer.json()["data"]["name"] == "عربي فقط"


async def test_a_sellers_count_by_state_stops_at_its_bound(installed: tuple[Settings, Mongo], shop: Shop) -> None:
    catalog = Catalog(installed[1], CursorSigner(b"k" * 32), installed[0].api)
    store = shop.stores["ahmad-shoes"]
    active = sum(each.store_id == store.id and each.status is ProductStatus.ACTIVE for each in shop.products)
    assert await catalog.count_by_state(store.id, ProductStatus.ACTIVE, at_most=1000) == active
    assert await catalog.count_by_state(store.id, ProductStatus.ACTIVE, at_most=5) == 5
    assert await installed[1].collection(PRODUCTS).count_documents({"storeId": store.id}) > active
