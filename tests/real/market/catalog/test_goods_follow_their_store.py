"""What may be bought of a store, and how its goods follow when the platform decides about it."""

import asyncio
from datetime import timedelta

import pytest

from daraa.collections.categories import Category
from daraa.collections.products import PRODUCTS
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, FixedClock
from daraa.market.catalog.follow_service import SETTLED_AFTER, Following
from daraa.market.catalog.offer_service import Offers
from factories.counter import a_counter, a_form, decide
from factories.gate import signed_in
from factories.market import Town, syp

pytestmark = pytest.mark.anyio


async def found(town: Town, text: str) -> list[str]:
    answer = await town.client.get("/v1/products", params={"q": text})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


async def test_offers_say_what_may_be_bought_and_why_not(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    made = await counter.make(variants=[a_form(5_000, name={"ar": "كبير", "en": "Large"}), a_form(7_000)])
    ids = [each["id"] for each in made["variants"]]
    offers = Offers(town.own)
    assert {each.reason for each in (await offers.of(ids)).values()} == {"product_not_active"}
    await counter.publish(made)
    await counter.send("DELETE", f"/products/{made['id']}/variants/{ids[1]}")
    seen = await offers.of([*ids, ids[0], new_id("var")])
    assert [(seen[each].sellable, seen[each].reason) for each in ids] == [(True, None), (False, "variant_inactive")]
    assert len(seen) == 2
    assert seen[ids[0]].unit_price == syp(5_000)
    assert seen[ids[0]].name.en.endswith(", Large")
    assert seen[ids[0]].store_slug == counter.store["slug"]
    await decide(town, counter.store["id"], "suspend")
    assert {each.reason for each in (await offers.of(ids)).values()} == {"store_not_approved"}
    assert await offers.of([]) == {}


async def test_suspending_a_store_hides_its_goods_once_they_follow(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    made = [await counter.publish(await counter.make(name={"ar": "زعتر بلدي", "en": "Thyme"})) for _ in range(3)]
    draft = await counter.make()
    following = Following(town.own, settled_after=timedelta(0))
    await following.sweep_stores()
    assert (await following.sweep_stores()) == {"stores": 0, "products": 0}
    await decide(town, counter.store["id"], "suspend")
    assert len(await found(town, "زعتر")) == 3
    assert await following.sweep_stores() == {"stores": 1, "products": 4}
    assert await found(town, "زعتر") == []
    assert (await town.client.get(f"/v1/products/{made[0]['slug']}")).status_code == 404
    await decide(town, counter.store["id"], "restore")
    headers = signed_in(counter.owner_id)
    version = (await town.client.get(counter.path, headers=headers)).headers["etag"]
    renamed = {"name": {"ar": "دكان جديد", "en": "New shop"}}
    answer = await town.client.patch(counter.path, json=renamed, headers=headers | {"if-match": version})
    assert answer.status_code == 200
    assert await following.sweep_stores() == {"stores": 1, "products": 4}
    assert len(await found(town, "زعتر")) == 3
    assert await town.count(STORE_OWNER_PROFILES, goodsDueAt={"$exists": True}) == 0
    stored = await town.mongo.collection(PRODUCTS).find_one({"_id": draft["id"]})
    assert stored is not None
    assert stored["store"] == {"name": renamed["name"], "slug": counter.store["slug"], "open": True}


async def test_a_decision_during_the_sweep_is_not_lost(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    await counter.publish(await counter.make())
    following = Following(town.own, settled_after=timedelta(0))
    store_id = counter.store["id"]
    await asyncio.gather(
        following.sweep_stores(),
        decide(town, store_id, "suspend"),
        following.sweep_stores(),
    )
    await following.sweep_stores()
    rows = await town.mongo.collection(PRODUCTS).find({"storeId": store_id}).to_list()
    assert {row["store"]["open"] for row in rows} == {False}


async def test_a_mark_stays_until_whoever_read_the_old_state_has_ended(town: Town, honey: Category) -> None:
    counter = await a_counter(town, honey)
    made = await counter.publish(await counter.make())
    await decide(town, counter.store["id"], "suspend")
    clock = FixedClock(SYSTEM_CLOCK.now())
    following = Following(town.own, clock)
    await following.sweep_stores()
    # As a transaction would leave it that read the store before the decision and committed after the sweep.
    late = {"$set": {"store.open": True}}
    await town.mongo.collection(PRODUCTS).update_one({"_id": made["id"]}, late)
    clock.advance(SETTLED_AFTER)
    await following.sweep_stores()
    stored = await town.mongo.collection(PRODUCTS).find_one({"_id": made["id"]})
    assert stored is not None
    assert stored["store"]["open"] is False
    assert await town.count(STORE_OWNER_PROFILES, goodsDueAt={"$exists": True}) == 0
