"""A store counts and receives stock over HTTP: by differences with a reason, once for each key, in its own walls."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import Role
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import INVENTORIES
from daraa.collections.product_variants import PRODUCT_VARIANTS
from daraa.collections.products import PRODUCTS
from daraa.collections.stock_movements import STOCK_MOVEMENTS
from daraa.collections.store_members import STORE_MEMBERS, MemberRole
from daraa.kernel.ids import new_id
from daraa.market.inventory.service import Stock, Want
from factories.catalog import a_variant
from factories.gate import signed_in
from factories.market import Storefront, Town
from factories.shelves import a_member, soon

pytestmark = pytest.mark.anyio


def base(front: Storefront) -> str:
    return f"/v1/seller/stores/{front.id}/inventory"


async def adjust(
    town: Town, front: Storefront, *, key: str | None = None, headers: dict[str, str] | None = None, **words: Any
) -> httpx.Response:
    body = {"variant_id": front.variant.id, "delta": 5, "reason": "counted", **words}
    sent = {**(headers or front.headers), "idempotency-key": key or secrets.token_hex(8)}
    return await town.client.post(f"{base(front)}/adjustments", json=body, headers=sent)


async def a_new_variant(town: Town, front: Storefront) -> str:
    """A variant of the store that never had stock."""
    variant = a_variant(front.product, sku=secrets.token_hex(6))
    await town.put(PRODUCT_VARIANTS, variant)
    return variant.id


async def written(town: Town, key: str) -> tuple[int, int]:
    """How many movements and audit rows a stock row has."""
    return await town.count(STOCK_MOVEMENTS, inventoryId=key), await town.count(AUDIT_LOGS, stream=f"inventory:{key}")


async def test_goods_are_received_counted_and_explained(town: Town) -> None:
    front = await town.storefront(stock=0)
    received = await adjust(town, front, kind="receive", delta=12, reason="  from Damascus ", low_at=3)
    assert received.status_code == 201, received.text
    row, movement = received.json()["data"]["inventory"], received.json()["data"]["movement"]
    assert (row["on_hand"], row["available"], row["low_at"], row["is_low"]) == (12, 12, 3, False)
    assert (movement["kind"], movement["delta_on_hand"], movement["reason"]) == ("receive", 12, "from Damascus")
    assert movement["actor_id"] == front.store.account_id
    counted = await adjust(town, front, kind="adjust", delta=-10)
    assert counted.json()["data"]["inventory"]["is_low"] is True
    shown = await town.client.get(f"{base(front)}/{row['id']}", headers=front.headers)
    assert shown.json()["data"] == counted.json()["data"]["inventory"]
    story = await town.client.get(received.headers["location"], headers=front.headers)
    assert [each["delta_on_hand"] for each in story.json()["data"]] == [-10, 12]
    low = await town.client.get(f"{base(front)}/low", headers=front.headers)
    assert [each["id"] for each in low.json()["data"]] == [row["id"]]
    audited = await town.mongo.collection(AUDIT_LOGS).find({"stream": f"inventory:{row['id']}"}).to_list()
    assert [each["reason"] for each in audited] == ["from Damascus", "counted"]
    await town.prove()


async def test_the_first_delivery_of_a_variant_makes_one_row_however_many_arrive_at_once(town: Town) -> None:
    front = await town.storefront()
    variant = await a_new_variant(town, front)
    answers = await asyncio.gather(*(adjust(town, front, variant_id=variant, delta=2) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [201] * 10
    key = inventory_id(front.id, variant)
    row = await town.mongo.collection(INVENTORIES).find_one({"storeId": front.id, "variantId": variant})
    assert row is not None
    assert (row["_id"], row["onHand"], row["productId"]) == (key, 20, front.product.id)
    assert await town.count(INVENTORIES, variantId=variant) == 1
    assert await written(town, key) == (10, 10)
    await town.prove()


async def test_the_same_key_adjusts_once_and_is_answered_alike(town: Town) -> None:
    front, key = await town.storefront(stock=10), secrets.token_hex(8)
    answers = await asyncio.gather(*(adjust(town, front, key=key, delta=7) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotent-replayed", "-") for answer in answers) == ["-"] + ["true"] * 9
    assert (await town.stock_of(front.variant)).on_hand == 17
    other = await adjust(town, front, key=key, delta=8)
    assert (other.status_code, other.json()["code"]) == (422, "market.idempotency.reused")
    assert (await town.stock_of(front.variant)).on_hand == 17


async def test_what_buyers_hold_cannot_be_taken_away(town: Town) -> None:
    front = await town.storefront(stock=10)
    attempt = new_id("att")
    await town.market.get(Stock).hold(attempt, [Want(front.id, front.variant.id, 6)], soon())
    refused = await adjust(town, front, delta=-5)
    assert (refused.status_code, refused.json()["code"]) == (409, "inventory.adjustment.below_zero")
    assert refused.json()["available"] == 4
    assert (await adjust(town, front, delta=-4)).status_code == 201
    row = await town.stock_of(front.variant)
    assert (row.available, row.held, row.on_hand) == (0, 6, 6)
    await town.market.get(Stock).release(attempt)


async def test_twenty_people_who_take_the_last_pieces_away_take_no_more_than_there_are(town: Town) -> None:
    front = await town.storefront(stock=5)
    answers = await asyncio.gather(*(adjust(town, front, delta=-1) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 15
    assert (await town.stock_of(front.variant)).on_hand == 0
    await town.prove()


async def test_taking_from_stock_that_never_was_is_refused_and_leaves_nothing_behind(town: Town) -> None:
    front = await town.storefront()
    variant = await a_new_variant(town, front)
    refused = await adjust(town, front, variant_id=variant, delta=-1)
    assert (refused.status_code, refused.json()["code"]) == (409, "inventory.adjustment.below_zero")
    assert await town.count(INVENTORIES, variantId=variant) == 0
    assert await written(town, inventory_id(front.id, variant)) == (0, 0)


async def test_a_product_is_shown_in_stock_again_when_goods_arrive(town: Town) -> None:
    front = await town.storefront(stock=2)
    for delta, shown in ((-2, False), (1, True), (1, True)):
        assert (await adjust(town, front, delta=delta)).status_code == 201
        await town.relay()
        product = await town.mongo.collection(PRODUCTS).find_one({"_id": front.product.id})
        assert product is not None
        assert product["inStock"] is shown


@pytest.mark.parametrize(
    "words",
    [
        {"delta": 0},
        {"delta": "5"},
        {"delta": 1.5},
        {"delta": True},
        {"delta": 10**18},
        {"delta": {"$gt": 0}},
        {"delta": None},
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 501},
        {"kind": "ship"},
        {"kind": "allocate"},
        {"place": "cellar"},
        {"low_at": -1},
        {"variant_id": "var_1"},
        {"variant_id": {"$ne": ""}},
        {"store_id": "sto_other"},
    ],
    ids=str,
)
async def test_a_malformed_adjustment_is_refused_and_changes_nothing(words: dict[str, Any], town: Town) -> None:
    front = await town.storefront(stock=3)
    refused = await adjust(town, front, **words)
    assert refused.status_code == 400, refused.text
    assert (await town.stock_of(front.variant)).ver == 1
    assert await town.count(STOCK_MOVEMENTS, storeId=front.id) == 1


async def test_a_delivery_cannot_take_away_and_a_key_must_be_sent(town: Town) -> None:
    front = await town.storefront(stock=3)
    refused = await adjust(town, front, kind="receive", delta=-1)
    assert (refused.status_code, refused.json()["code"]) == (422, "inventory.adjustment.wrong_kind")
    body = {"variant_id": front.variant.id, "delta": 1, "reason": "x"}
    keyless = await town.client.post(f"{base(front)}/adjustments", json=body, headers=front.headers)
    assert keyless.status_code == 400
    assert (await town.stock_of(front.variant)).on_hand == 3


async def test_strangers_other_stores_and_staff_without_the_right_change_nothing(town: Town) -> None:
    mine, theirs = await town.storefront(stock=3), await town.storefront(stock=3)
    key = inventory_id(theirs.id, theirs.variant.id)
    foreign = await adjust(town, mine, variant_id=theirs.variant.id)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "inventory.variant.unknown")
    missing = await adjust(town, mine, variant_id=new_id("var"))
    assert (missing.status_code, missing.json()["code"]) == (404, "inventory.variant.unknown")
    assert (await adjust(town, theirs, headers=mine.headers)).status_code == 404
    assert (await adjust(town, mine, headers={"x-nothing": "1"})).status_code == 401
    clerk = new_id("acc")
    await town.put(STORE_MEMBERS, a_member(theirs.id, clerk, "order:fulfil", role=MemberRole.STAFF))
    refused = await adjust(town, theirs, headers=signed_in(clerk, Role.CUSTOMER))
    assert (refused.status_code, refused.json()["code"]) == (403, "market.scope.missing")
    for path in (f"{base(mine)}/{key}", f"{base(mine)}/{key}/movements"):
        assert (await town.client.get(path, headers=mine.headers)).status_code == 404
        assert (await town.client.get(path)).status_code == 401
    for path in (base(theirs), f"{base(theirs)}/low", f"{base(theirs)}/{key}"):
        assert (await town.client.get(path, headers=mine.headers)).status_code == 404
    assert (await town.stock_of(mine.variant)).ver == (await town.stock_of(theirs.variant)).ver == 1


async def test_stock_is_listed_page_by_page_and_by_variant(town: Town) -> None:
    front = await town.storefront(1000, 1000, 1000, 1000, 1000, stock=2)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await town.client.get(
            base(front), params={"limit": 2, **({"cursor": cursor} if cursor else {})}, headers=front.headers
        )
        assert page.status_code == 200, page.text
        seen += [each["variant_id"] for each in page.json()["data"]]
        cursor = page.json()["page"]["next_cursor"]
        if cursor is None:
            break
        stolen = await town.client.get(f"{base(front)}/low", params={"cursor": cursor}, headers=front.headers)
        assert stolen.status_code == 400
    assert seen == sorted(variant.id for variant in front.variants)
    one = await town.client.get(base(front), params={"variant_id": seen[2]}, headers=front.headers)
    assert [(each["variant_id"], each["available"]) for each in one.json()["data"]] == [(seen[2], 2)]
    assert "holds" not in one.json()["data"][0]
    for wrong in ({"variant_id": "x"}, {"limit": 0}, {"limit": 101}, {"cursor": "zzz"}, {"sort": "ver"}):
        assert (await town.client.get(base(front), params=wrong, headers=front.headers)).status_code == 400
