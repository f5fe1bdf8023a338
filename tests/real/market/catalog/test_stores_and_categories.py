"""The category tree and the stores as shoppers see them: only active and approved ones, nothing of the owner."""

import httpx
import pytest

from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.market.catalog.schemas import CategoryNode, ListOf, One, StoreCard, StoreDetail
from factories.catalog import Shop, a_category, a_store

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


async def test_the_tree_holds_active_categories_under_their_parents(client: httpx.AsyncClient, shop: Shop) -> None:
    answer = await client.get("/v1/categories", headers={"accept-language": "ar"})
    roots = One[list[CategoryNode]].model_validate_json(answer.content).data
    assert [root.slug for root in roots] == ["fashion", "food"]
    assert [child.slug for child in roots[0].children] == ["shoes"]
    assert roots[0].name == "تصنيف fashion"


async def test_a_category_comes_with_its_children_by_slug_and_by_id(client: httpx.AsyncClient, shop: Shop) -> None:
    for key in ("fashion", shop.categories["fashion"].id):
        node = One[CategoryNode].model_validate_json((await client.get(f"/v1/categories/{key}")).content).data
        assert [child.slug for child in node.children] == ["shoes"]
    assert (await client.get("/v1/categories/hidden")).status_code == 404


async def test_a_category_made_since_the_tree_was_read_filters_at_once(client: httpx.AsyncClient, shop: Shop) -> None:
    from daraa.collections.categories import CATEGORIES

    await client.get("/v1/categories")
    await shop.add(CATEGORIES, a_category("brand-new"))
    answer = await client.get("/v1/products", params={"category": "brand-new"})
    assert (answer.status_code, answer.json()["data"]) == (200, [])


async def test_the_kinds_of_stores_are_listed_and_shown(client: httpx.AsyncClient, shop: Shop) -> None:
    listed = One[list[CategoryNode]].model_validate_json((await client.get("/v1/store-categories")).content).data
    assert {each.slug for each in listed} == {"bakery", "dress"}
    assert (await client.get("/v1/store-categories/bakery")).json()["data"]["slug"] == "bakery"
    assert (await client.get("/v1/store-categories/none")).json()["code"] == "catalog.category.unknown"


async def test_only_approved_stores_are_listed_newest_first(client: httpx.AsyncClient, shop: Shop) -> None:
    stores = ListOf[StoreCard].model_validate_json((await client.get("/v1/stores")).content).data
    assert [each.slug for each in stores] == ["hawran-bread", "ahmad-shoes"]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"category": "bakery"}, ["hawran-bread"]),
        ({"category": "dress"}, ["hawran-bread", "ahmad-shoes"]),
        ({"q": "HAWRAN"}, ["hawran-bread"]),
        ({"q": "متجر", "category": "bakery"}, ["hawran-bread"]),
        ({"q": "shut"}, []),
    ],
)
async def test_stores_are_found_by_kind_and_words(
    client: httpx.AsyncClient, shop: Shop, params: dict[str, str], found: list[str]
) -> None:
    answer = await client.get("/v1/stores", params=params)
    assert [each["slug"] for each in answer.json()["data"]] == found


async def test_a_store_shows_nothing_personal_of_its_owner(client: httpx.AsyncClient, shop: Shop) -> None:
    store = shop.stores["ahmad-shoes"]
    for key in (store.slug, store.id):
        answer = await client.get(f"/v1/stores/{key}")
        assert One[StoreDetail].model_validate_json(answer.content).data.id == store.id
        for private in (store.phone, "TAX-77", "IBAN-88", store.account_id):
            assert private not in answer.text
    for key in ("shut", "not-yet", "nobody"):
        assert (await client.get(f"/v1/stores/{key}")).json()["code"] == "catalog.store.unknown"


async def test_the_list_of_stores_walks_its_pages(client: httpx.AsyncClient, shop: Shop) -> None:
    made = [a_store(f"pharmacy-{number}") for number in range(7)]
    await shop.add(STORE_OWNER_PROFILES, *made)
    seen: list[str] = []
    params: dict[str, str | int] = {"q": "pharmacy", "limit": 3}
    while True:
        page = (await client.get("/v1/stores", params=params)).json()
        seen += [row["slug"] for row in page["data"]]
        if page["page"]["next_cursor"] is None:
            break
        params["cursor"] = page["page"]["next_cursor"]
    assert seen == [each.slug for each in reversed(made)]
