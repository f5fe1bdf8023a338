"""The category tree and the kinds of stores through HTTP: no circles, not too deep, and a move drags all behind it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from daraa.collections.categories import CATEGORIES
from daraa.collections.products import PRODUCTS, ProductStatus
from daraa.kernel.ids import new_id
from daraa.market.catalog.follow_service import BATCH, Following
from factories.catalog import a_category, a_product, a_store
from factories.gate import as_admin, signed_in
from factories.market import Town

pytestmark = pytest.mark.anyio
ADMIN = as_admin(new_id("acc"), "category:write")


async def make(town: Town, slug: str, parent: str | None = None, tree: str = "categories", **more: Any) -> Any:
    body = {"slug": slug, "name": {"ar": f"تصنيف {slug}", "en": f"Category {slug}"}, "parent_id": parent, **more}
    return await town.client.post(f"/v1/admin/{tree}", json=body, headers=ADMIN)


async def made(town: Town, slug: str, parent: str | None = None, tree: str = "categories", **more: Any) -> str:
    answer = await make(town, slug, parent, tree, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


async def get(town: Town, node: str, tree: str = "categories") -> dict[str, Any]:
    data: dict[str, Any] = (await town.client.get(f"/v1/admin/{tree}/{node}", headers=ADMIN)).json()["data"]
    return data


async def patch(town: Town, node: str, body: dict[str, Any], tree: str = "categories") -> Any:
    version = (await get(town, node, tree))["version"]
    headers = ADMIN | {"if-match": f'"{version}"'}
    return await town.client.patch(f"/v1/admin/{tree}/{node}", json=body, headers=headers)


async def a_branch(town: Town, name: str, length: int) -> list[str]:
    """A root with one category below another."""
    found: list[str] = []
    for number in range(length):
        found.append(await made(town, f"{name}-{number}", found[-1] if found else None))
    return found


async def test_a_branch_grows_to_six_levels_and_no_further(town: Town) -> None:
    branch = await a_branch(town, "deep", 6)
    assert (await get(town, branch[5]))["ancestors"] == branch[:5]
    deeper = await make(town, "deep-6", branch[5])
    assert (deeper.status_code, deeper.json()["code"]) == (422, "catalog.category.deep")
    orphan = await make(town, "orphan", new_id("cat"))
    assert (orphan.status_code, orphan.json()["code"]) == (422, "catalog.category.unfit")
    twice = await make(town, "deep-0")
    assert (twice.status_code, twice.json()["code"]) == (409, "catalog.slug.taken")


async def test_a_category_cannot_come_below_itself(town: Town) -> None:
    branch = await a_branch(town, "circle", 3)
    for below in (branch[0], branch[1], branch[2]):
        answer = await patch(town, branch[0], {"parent_id": below})
        assert (answer.status_code, answer.json()["code"]) == (422, "catalog.category.cycle")
    assert (await get(town, branch[0]))["parent_id"] is None


async def test_a_move_that_would_make_the_subtree_too_deep_is_refused(town: Town) -> None:
    tall, long = await a_branch(town, "tall", 3), await a_branch(town, "long", 4)
    answer = await patch(town, tall[0], {"parent_id": long[3]})
    assert (answer.status_code, answer.json()["code"]) == (422, "catalog.category.deep")
    assert (await patch(town, tall[0], {"parent_id": long[2]})).status_code == 200
    await Following(town.own, settled_after=timedelta(0)).sweep_categories()
    assert (await get(town, tall[2]))["depth"] == 5


async def test_a_move_drags_subtree_and_products_behind_it(town: Town) -> None:
    branch, target = await a_branch(town, "dragged", 3), await made(town, "target")
    store = a_store("follower")
    leaf = a_category("unused").model_copy(update={"id": branch[2], "ancestors": tuple(branch[:2])})
    goods = [a_product(store, leaf) for _ in range(BATCH * 2 + 7)]
    draft = a_product(store, leaf, status=ProductStatus.DRAFT)
    await town.put(PRODUCTS, *goods, draft)
    answer = await patch(town, branch[1], {"parent_id": target})
    assert (answer.status_code, answer.json()["data"]["following"]) == (200, True)
    other = await patch(town, branch[0], {"parent_id": target})
    assert (other.status_code, other.json()["code"], other.json()["retryable"]) == (
        409,
        "catalog.category.moving",
        True,
    )
    following = Following(town.own, settled_after=timedelta(0))
    assert await following.sweep_categories() == {"moves": 1, "categories": 1, "products": len(goods)}
    assert await following.sweep_categories() == {"moves": 0, "categories": 0, "products": 0}
    assert (await get(town, branch[1]))["following"] is False
    assert (await get(town, branch[2]))["ancestors"] == [target, branch[1]]
    paths = await town.mongo.collection(PRODUCTS).distinct(
        "categoryPath", {"_id": {"$in": [each.id for each in goods]}}
    )
    assert set(paths) == {target, branch[1], branch[2]}
    listed = (await town.client.get("/v1/products", params={"category": target, "limit": 1})).json()
    assert listed["data"][0]["id"] == goods[-1].id


async def test_an_interrupted_sweep_is_finished_by_the_next(town: Town) -> None:
    branch, target = await a_branch(town, "broken", 2), await made(town, "broken-target")
    store = a_store("broken-off")
    leaf = a_category("unused-too").model_copy(update={"id": branch[1], "ancestors": (branch[0],)})
    goods = [a_product(store, leaf) for _ in range(BATCH * 3)]
    await town.put(PRODUCTS, *goods)
    await patch(town, branch[0], {"parent_id": target})
    following = Following(town.own, settled_after=timedelta(0))
    moved = {"categoryPath": [target, *branch]}
    for _ in range(20):
        sweep = asyncio.ensure_future(following.sweep_categories())
        while not sweep.done() and await town.count(PRODUCTS, **moved) < BATCH:
            await asyncio.sleep(0.002)
        sweep.cancel()
        await asyncio.gather(sweep, return_exceptions=True)
        if await town.count(PRODUCTS, **moved):
            break
    await following.sweep_categories()
    assert await town.count(PRODUCTS, **moved) == len(goods)
    assert await town.count(CATEGORIES, movedAt={"$exists": True}) == 0
    touched = {row["ver"] async for row in town.mongo.collection(PRODUCTS).find({"categoryId": branch[1]})}
    assert touched == {2}


async def test_two_moves_at_once_make_no_circle(town: Town) -> None:
    for number in range(5):
        left, right = await a_branch(town, f"left-{number}", 2), await a_branch(town, f"right-{number}", 2)
        answers = await asyncio.gather(
            patch(town, left[0], {"parent_id": right[1]}), patch(town, right[0], {"parent_id": left[1]})
        )
        assert sorted(each.status_code for each in answers)[0] == 200
        assert {each.status_code for each in answers} - {200} <= {409, 412, 422}
        await Following(town.own, settled_after=timedelta(0)).sweep_categories()
        parents = {each: (await get(town, each))["parent_id"] for each in (*left, *right)}
        for start in parents:
            seen, at = [start], parents[start]
            while at is not None:
                assert at not in seen
                seen.append(at)
                at = parents[at]


async def test_of_two_changes_of_one_version_one_wins(town: Town) -> None:
    node = await made(town, "raced")
    headers = ADMIN | {"if-match": '"1"'}
    answers = await asyncio.gather(
        *(town.client.patch(f"/v1/admin/categories/{node}", json={"order": n}, headers=headers) for n in range(8))
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * 7
    without = await town.client.patch(f"/v1/admin/categories/{node}", json={"order": 1}, headers=ADMIN)
    assert without.status_code == 428


async def test_a_category_out_of_use_is_hidden_from_shoppers_alone(town: Town) -> None:
    node = await made(town, "seasonal")
    assert (await town.client.get("/v1/categories/seasonal")).status_code == 200
    assert (await patch(town, node, {"is_active": False})).status_code == 200
    assert (await town.client.get("/v1/categories/seasonal")).status_code == 404
    roots = (await town.client.get("/v1/admin/categories", headers=ADMIN)).json()["data"]
    assert [each["is_active"] for each in roots if each["id"] == node] == [False]


@pytest.mark.parametrize(
    "more",
    [
        {"slug": "Bad Slug"},
        {"name": {"ar": "", "en": "x"}},
        {"parent_id": {"$gt": ""}},
        {"order": -1},
        {"attribute_set": [{"k": "size", "name": {"ar": "قياس", "en": "Size"}, "kind": "choice"}]},
        {"attribute_set": [{"k": "size", "name": {"ar": "قياس", "en": "Size"}, "kind": "text"}] * 2},
        {"ancestors": []},
        {"depth": 0},
    ],
)
async def test_a_malformed_category_is_refused(town: Town, more: dict[str, Any]) -> None:
    before = await town.count(CATEGORIES)
    body = {"slug": "fine", "name": {"ar": "تصنيف", "en": "Category"}} | more
    answer = await town.client.post("/v1/admin/categories", json=body, headers=ADMIN)
    assert answer.status_code == 400, answer.text
    assert await town.count(CATEGORIES) == before


async def test_tending_the_trees_needs_the_right(town: Town) -> None:
    node, kind = await made(town, "guarded"), await made(town, "guarded-kind", tree="store-categories")
    for headers, status in (
        ({}, 401),
        (signed_in(new_id("acc")), 403),
        (as_admin(new_id("acc"), "store:approve"), 403),
    ):
        for tree, each in (("categories", node), ("store-categories", kind)):
            path = f"/v1/admin/{tree}"
            body = {"slug": "new-one", "name": {"ar": "ج", "en": "n"}}
            answers = [
                await town.client.get(path, headers=headers),
                await town.client.get(f"{path}/{each}", headers=headers),
                await town.client.post(path, json=body, headers=headers),
                await town.client.patch(f"{path}/{each}", json={"order": 5}, headers=headers | {"if-match": '"1"'}),
            ]
            assert {answer.status_code for answer in answers} == {status}


async def test_kinds_of_stores_have_two_levels(town: Town) -> None:
    tree = "store-categories"
    upper, other = await made(town, "upper", tree=tree), await made(town, "other", tree=tree)
    lower = await made(town, "lower", upper, tree=tree)
    for answer in (
        await make(town, "third", lower, tree=tree),
        await patch(town, upper, {"parent_id": other}, tree),
        await patch(town, other, {"parent_id": other}, tree),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "catalog.category.deep")
    moved = await patch(town, lower, {"parent_id": other}, tree)
    assert (moved.status_code, moved.json()["data"]["depth"]) == (200, 1)
    freed = await patch(town, lower, {"parent_id": None, "name": {"ar": "مستقل", "en": "Free"}}, tree)
    assert (freed.json()["data"]["depth"], freed.json()["data"]["parent_id"]) == (0, None)
    below = (await town.client.get(f"/v1/admin/{tree}", params={"parent_id": upper}, headers=ADMIN)).json()
    assert below["data"] == []
