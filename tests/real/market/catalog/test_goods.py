"""A store's goods through HTTP: drafts, publishing, prices and their history, and what shoppers then see."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.categories import CATEGORIES, AttributeKind, AttributeRule, Category
from daraa.collections.price_histories import PRICE_HISTORIES
from daraa.collections.product_variants import PRODUCT_VARIANTS
from daraa.collections.products import PRODUCTS
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.declare import Localized
from daraa.kernel.ids import new_id
from daraa.kernel.time import FixedClock
from daraa.market.catalog.offer_service import Offers
from factories.catalog import a_category, a_kind
from factories.counter import Counter, a_counter, a_form, open_store, person, some_goods, staff_of
from factories.market import Town, in_json, syp

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def counter(town: Town, honey: Category) -> Counter:
    return await a_counter(town, honey)


async def found(town: Town, text: str) -> list[str]:
    answer = await town.client.get("/v1/products", params={"q": text})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def test_a_draft_is_hidden_and_a_published_product_is_found_in_another_spelling(
    town: Town, counter: Counter
) -> None:
    name = {"ar": "دِبْسُ رُمّان إبراهيم", "en": "Ibrahim's molasses"}
    draft = await counter.make(name=name, brand="الجيدور", tags=["مونة"])
    assert draft["status"] == "draft"
    assert (await town.client.get(f"/v1/products/{draft['slug']}")).status_code == 404
    assert await found(town, "ابراهيم") == []
    shown = await counter.publish(draft)
    for text in ("ابراهيم", "رمان", "MOLASSES", "الجيدور جيدور", "مونه", "مربيات"):
        assert await found(town, text) == [draft["id"]], text
    page = (await town.client.get(f"/v1/products/{draft['slug']}", headers={"accept-language": "ar"})).json()["data"]
    assert page["name"] == name["ar"]
    assert page["category_path"] == [counter.category.id]
    assert [each["sku"] for each in page["variants"]] == [shown["variants"][0]["sku"]]
    await counter.send("PATCH", f"/products/{draft['id']}", {"brand": None, "tags": []}, version=shown["version"])
    assert await found(town, "الجيدور") == []
    assert await found(town, "رمان") == [draft["id"]]


async def test_a_product_shows_the_range_of_what_is_on_offer(counter: Counter) -> None:
    made = await counter.make(variants=[a_form(5_000), a_form(9_000), a_form(7_000)])
    path = f"/products/{made['id']}/variants"
    assert (made["price_from"], made["price_to"], made["variant_count"]) == (in_json(5_000), in_json(9_000), 3)
    cheapest, dearest, _ = made["variants"]
    changed = await counter.send("PATCH", f"{path}/{dearest['id']}", {"price": in_json(12_000)}, version=1)
    assert changed.status_code == 200, changed.text
    assert (await counter.send("DELETE", f"{path}/{cheapest['id']}")).status_code == 204
    assert (await counter.send("DELETE", f"{path}/{cheapest['id']}")).status_code == 204
    added = await counter.send("POST", path, a_form(20_000))
    assert added.status_code == 201
    now = await counter.get(made["id"])
    assert (now["price_from"], now["price_to"], now["variant_count"]) == (in_json(7_000), in_json(20_000), 3)
    assert now["version"] == 4


async def test_two_variants_priced_at_once_leave_the_true_range(counter: Counter) -> None:
    made = await counter.make(variants=[a_form(5_000) for _ in range(6)])
    path = f"/products/{made['id']}/variants"
    answers = await asyncio.gather(
        *(
            counter.send("PATCH", f"{path}/{each['id']}", {"price": in_json(8_000 + number)}, version=1)
            for number, each in enumerate(made["variants"])
        )
    )
    assert {each.status_code for each in answers} <= {200, 409}
    for number, answer in enumerate(answers):
        if answer.status_code == 409:
            variant = made["variants"][number]
            again = await counter.send(
                "PATCH", f"{path}/{variant['id']}", {"price": in_json(8_000 + number)}, version=1
            )
            assert again.status_code == 200
    now = await counter.get(made["id"])
    assert (now["price_from"], now["price_to"]) == (in_json(8_000), in_json(8_005))


async def test_every_price_is_remembered_with_its_reason(town: Town, counter: Counter) -> None:
    made = await counter.make(variants=[a_form(5_000)])
    path = f"/products/{made['id']}/variants/{made['variants'][0]['id']}"
    await counter.send("PATCH", path, {"price": in_json(6_000), "reason": "new season"}, version=1)
    sale = {"price": in_json(4_000), "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00+03:00"}
    assert (await counter.send("PATCH", path, {"sale": sale}, version=2)).status_code == 200
    assert (await counter.send("PATCH", path, {"weight_grams": 500}, version=3)).status_code == 200
    prices = (await counter.send("GET", f"{path}/prices")).json()["data"]
    assert [(each["price"]["amount"], each["sale_price"], each["reason"]) for each in prices] == [
        (6_000, in_json(4_000), None),
        (6_000, None, "new season"),
        (5_000, None, None),
    ]
    assert {each["changed_by"] for each in prices} == {counter.owner_id}
    variant_id = made["variants"][0]["id"]
    for day, price in ((30, 6_000), (31, 4_000), (60, 4_000), (61, 6_000)):
        # The sale runs from day 31 of October to the last second of November in Damascus.
        clock = FixedClock(datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day, hours=-1 if day == 61 else 0))
        offer = (await Offers(town.own, clock).of([variant_id]))[variant_id]
        assert offer.unit_price == syp(price), day


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"list_price": in_json(1)}, "catalog.price.unfit"),
        ({"sale": {"price": in_json(10_000), "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}},
         "catalog.price.unfit"),
        ({"sale": {"price": in_json(1), "starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}},
         "catalog.price.unfit"),
        ({"price": {"amount": 5, "currency": "USD"}}, "catalog.currency.unfit"),
        ({"price": {"amount": 0, "currency": "SYP"}}, "api.request.invalid"),
        ({"price": {"amount": 1.5, "currency": "SYP"}}, "api.request.invalid"),
        ({"price": {"$gt": 0}}, "api.request.invalid"),
        ({"price": None}, "api.request.invalid"),
        ({"sku": "NEW-SKU"}, "api.request.invalid"),
        ({"options": {"$where": "1"}}, "api.request.invalid"),
        ({"options": {"a.b": "1"}}, "api.request.invalid"),
        ({"sale": {"price": in_json(1), "starts_at": "0001-01-01T00:00:00+14:00", "ends_at": "2026-02-01T00:00:00Z"}},
         "api.request.invalid"),
        ({"sale": {"price": in_json(1), "starts_at": "2026-01-01T00:00:00", "ends_at": "2026-02-01T00:00:00Z"}},
         "api.request.invalid"),
    ],
)  # fmt: skip
async def test_a_contradictory_variant_changes_nothing(
    town: Town, counter: Counter, change: dict[str, Any], code: str
) -> None:
    made = await counter.make()
    variant = made["variants"][0]
    answer = await counter.send("PATCH", f"/products/{made['id']}/variants/{variant['id']}", change, version=1)
    assert (answer.status_code, answer.json()["code"]) == (400 if code.startswith("api") else 422, code), answer.text
    assert (await counter.get(made["id"]))["version"] == 1
    assert await town.count(PRICE_HISTORIES, variantId=variant["id"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"variants": []},
        {"variants": [a_form() for _ in range(21)]},
        {"variants": [a_form(sku="TWICE"), a_form(sku="TWICE")]},
        {"name": {"ar": "ا" * 201, "en": "x"}},
        {"description": {"ar": "ا" * 5001, "en": "x"}},
        {"slug": "Bad Slug"},
        {"slug": "-bad"},
        {"media": ["x"] * 13},
        {"media": ["with space"]},
        {"tags": ["t"] * 21},
        {"attributes": [{"k": "color", "v": "red"}, {"k": "color", "v": "blue"}]},
        {"attributes": [{"k": "$gt", "v": "red"}]},
        {"category_id": {"$ne": None}},
        {"store_id": "sto_1"},
        {"status": "active"},
        {"in_stock": True},
    ],
)
async def test_a_malformed_product_is_refused(town: Town, counter: Counter, change: dict[str, Any]) -> None:
    before = await town.count(PRODUCTS, storeId=counter.store["id"])
    answer = await counter.send("POST", "/products", some_goods(counter.category.id) | change)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.request.invalid"), answer.text
    assert await town.count(PRODUCTS, storeId=counter.store["id"]) == before


async def test_a_taken_slug_or_sku_leaves_nothing_behind(town: Town, counter: Counter) -> None:
    made = await counter.make(slug="the-honey")
    before = await town.count(PRODUCT_VARIANTS, storeId=counter.store["id"])
    again = await counter.send("POST", "/products", some_goods(counter.category.id, slug="the-honey"))
    assert (again.status_code, again.json()["code"]) == (409, "catalog.slug.taken")
    sku = made["variants"][0]["sku"]
    twice = await counter.send("POST", "/products", some_goods(counter.category.id, variants=[a_form(sku=sku)]))
    assert (twice.status_code, twice.json()["code"]) == (409, "catalog.sku.taken")
    added = await counter.send("POST", f"/products/{made['id']}/variants", a_form(sku=sku))
    assert (added.status_code, added.json()["code"]) == (409, "catalog.sku.taken")
    assert await town.count(PRODUCT_VARIANTS, storeId=counter.store["id"]) == before
    assert await town.count(AUDIT_LOGS, stream=f"product:{made['id']}") == 1


async def test_another_store_may_use_the_same_sku(town: Town, counter: Counter, honey: Category) -> None:
    made = await counter.make(variants=[a_form(sku="SHARED-1")])
    other = await a_counter(town, honey)
    assert (await other.make(variants=[a_form(sku="SHARED-1")]))["id"] != made["id"]
    mine = await counter.send("GET", "/variants?sku=SHARED-1")
    assert [each["product_id"] for each in mine.json()["data"]] == [made["id"]]


async def test_of_ten_changes_of_one_version_one_wins(town: Town, counter: Counter) -> None:
    made = await counter.make()
    path = f"/products/{made['id']}"
    answers = await asyncio.gather(
        *(counter.send("PATCH", path, {"brand": f"Brand {number}"}, version=1) for number in range(10))
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * 9
    assert (await counter.get(made["id"]))["version"] == 2
    assert await town.count(AUDIT_LOGS, stream=f"product:{made['id']}") == 2
    assert (await counter.send("PATCH", path, {"brand": "x"})).status_code == 428


async def test_a_product_moves_only_along_its_states(counter: Counter) -> None:
    made = await counter.publish(await counter.make())
    path = f"/products/{made['id']}"
    variant = f"{path}/variants/{made['variants'][0]['id']}"
    last = await counter.send("DELETE", variant)
    assert (last.status_code, last.json()["code"]) == (409, "catalog.variant.last")
    back = await counter.send("PATCH", path, {"status": "draft"}, version=made["version"])
    assert (back.status_code, back.json()["code"]) == (409, "catalog.product.state")
    for _ in range(2):
        assert (await counter.send("DELETE", path)).status_code == 204
    now = await counter.get(made["id"])
    assert now["status"] == "inactive"
    assert (await counter.send("DELETE", variant)).status_code == 204
    empty = await counter.send("PATCH", path, {"status": "active"}, version=(await counter.get(made["id"]))["version"])
    assert (empty.status_code, empty.json()["code"]) == (409, "catalog.product.state")


async def test_the_last_variant_and_the_publishing_of_its_product_cannot_both_happen(counter: Counter) -> None:
    for _ in range(5):
        made = await counter.make()
        variant = f"/products/{made['id']}/variants/{made['variants'][0]['id']}"
        await asyncio.gather(
            counter.send("PATCH", f"/products/{made['id']}", {"status": "active"}, version=1),
            counter.send("PATCH", variant, {"status": "inactive"}, version=1),
        )
        now = await counter.get(made["id"])
        assert now["status"] != "active" or now["variants"][0]["status"] == "active"


async def test_the_store_counts_its_active_products(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    made = [await counter.make() for _ in range(4)]
    await asyncio.gather(*(counter.publish(each) for each in made))
    assert (await counter.send("GET", "")).json()["data"]["product_count"] == 4
    await counter.send("DELETE", f"/products/{made[0]['id']}")
    assert (await counter.send("GET", "")).json()["data"]["product_count"] == 3
    listed = (await counter.send("GET", "/products?status=active&limit=2")).json()
    assert [each["id"] for each in listed["data"]] == [made[3]["id"], made[2]["id"]]
    rest = await counter.send("GET", f"/products?status=active&limit=2&cursor={listed['page']['next_cursor']}")
    assert [each["id"] for each in rest.json()["data"]] == [made[1]["id"]]


async def test_a_count_that_has_drifted_stops_nobody(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    made = await counter.publish(await counter.make())
    stores = town.mongo.collection(STORE_OWNER_PROFILES)
    await stores.update_one({"_id": counter.store["id"]}, {"$set": {"productCount": 0}})
    assert (await counter.send("DELETE", f"/products/{made['id']}")).status_code < 300
    assert (await counter.send("GET", "")).json()["data"]["product_count"] == 0


async def test_foreign_goods_are_as_missing_as_none(town: Town, counter: Counter, honey: Category) -> None:
    made = await counter.publish(await counter.make())
    thief = await a_counter(town, honey)
    body, version = {"status": "inactive"}, made["version"]
    own = await thief.make()
    answers = []
    for product, variant in (
        (made["id"], made["variants"][0]["id"]),
        (new_id("prd"), new_id("var")),
        (own["id"], made["variants"][0]["id"]),
    ):
        path = f"/products/{product}"
        on_product = [
            await thief.send("GET", path),
            await thief.send("PATCH", path, body, version=version),
            await thief.send("DELETE", path),
            await thief.send("POST", f"{path}/variants", a_form()),
        ]
        on_variant = [
            await thief.send("GET", f"{path}/variants/{variant}"),
            await thief.send("PATCH", f"{path}/variants/{variant}", body, version=1),
            await thief.send("DELETE", f"{path}/variants/{variant}"),
            await thief.send("GET", f"{path}/variants/{variant}/prices"),
        ]
        answers += on_variant if product == own["id"] else on_product + on_variant
    assert {each.status_code for each in answers} == {404}
    assert await counter.get(made["id"]) == made


async def test_staff_need_the_scope_to_change_and_none_to_look(town: Town, counter: Counter) -> None:
    made = await counter.make()
    owner = await person(town)
    kind = a_kind(f"kiosk-{new_id('sct')[-12:]}")
    await town.put(STORE_CATEGORIES, kind)
    store = await open_store(town, kind, owner)
    own = Counter(town, store, owner.id, counter.category)
    clerk = (await staff_of(town, store["id"], owner, "stock:write")).id
    mine = await own.make()
    path = f"/products/{mine['id']}"
    assert (await own.send("GET", path, by=clerk)).status_code == 200
    for refused in (
        await own.send("POST", "/products", some_goods(counter.category.id), by=clerk),
        await own.send("PATCH", path, {"brand": "x"}, version=1, by=clerk),
        await own.send("DELETE", path, by=clerk),
        await own.send("POST", f"{path}/variants", a_form(), by=clerk),
        await own.send("DELETE", f"{path}/variants/{mine['variants'][0]['id']}", by=clerk),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "market.scope.missing")
    assert (await counter.send("GET", f"/products/{made['id']}", by=clerk)).status_code == 404
    keeper = (await staff_of(town, store["id"], owner, "product:write")).id
    assert (await own.send("PATCH", path, {"brand": "x"}, version=1, by=keeper)).status_code == 200


async def test_a_category_demands_its_attributes_when_a_product_is_published(town: Town) -> None:
    name = Localized(ar="قياس", en="Size")
    rules = (
        AttributeRule(k="size", name=name, kind=AttributeKind.CHOICE, choices=("S", "M"), is_required=True),
        AttributeRule(k="weight", name=name, kind=AttributeKind.NUMBER),
    )
    clothes = a_category("clothes", attribute_set=rules)
    unused = a_category("unused", is_active=False)
    await town.put(CATEGORIES, clothes, unused)
    counter = await a_counter(town, clothes)
    for attributes, code in (
        ([{"k": "size", "v": "XXL"}], "catalog.attribute.unfit"),
        ([{"k": "weight", "v": "heavy"}], "catalog.attribute.unfit"),
    ):
        answer = await counter.send("POST", "/products", some_goods(clothes.id, attributes=attributes))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    draft = await counter.make(attributes=[{"k": "weight", "v": "2.5", "u": "kg"}])
    path = f"/products/{draft['id']}"
    early = await counter.send("PATCH", path, {"status": "active"}, version=1)
    assert (early.status_code, early.json()["attribute"]) == (422, "size")
    both = {"status": "active", "attributes": [{"k": "size", "v": "M"}]}
    assert (await counter.send("PATCH", path, both, version=1)).status_code == 200
    for category in (unused.id, new_id("cat")):
        moved = await counter.send("PATCH", path, {"category_id": category}, version=2)
        assert (moved.status_code, moved.json()["code"]) == (422, "catalog.category.unfit")
