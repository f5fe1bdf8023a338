"""Reading and moving orders over HTTP: each party sees its own, in pages that lose none, and moves them in turn."""

from datetime import datetime
from typing import Any

import pytest

from daraa.collections.orders import ORDERS
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from factories.gate import as_admin, signed_in
from factories.market import Shopper, Storefront, Town, in_json

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def shop(town: Town) -> Storefront:
    return await town.storefront(10_000)


async def placed(town: Town, shop: Storefront, shopper: Shopper) -> str:
    order_id: str = (await town.bought(shopper, {shop.variant.id: 1}))["orders"][0]["id"]
    return order_id


async def pages(town: Town, path: str, headers: dict[str, str], **wanted: Any) -> list[list[str]]:
    """The ids of every page to the end."""
    found, cursor = [], None
    while True:
        asked = {**wanted, **({"cursor": cursor} if cursor else {})}
        answer = await town.client.get(path, params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append([row["id"] for row in body["data"]])
        cursor = body["page"]["next_cursor"]
        if cursor is None:
            return found


async def test_an_order_goes_from_pending_to_ready_and_never_out_of_turn(town: Town, shop: Storefront) -> None:
    order_id = await placed(town, shop, await town.shopper())
    path = f"{shop.orders}/{order_id}"
    steps = {"confirm": "confirmed", "prepare": "preparing", "ready": "ready"}
    for verb, status in steps.items():
        for other in steps:
            if other != verb:
                answer = await town.client.post(f"{path}:{other}", headers=shop.headers)
                assert (answer.status_code, answer.json()["code"]) == (409, "orders.state.forbidden")
        answer = await town.client.post(f"{path}:{verb}", headers=shop.headers)
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, status)
        assert answer.headers["etag"] == f'"{(await town.order(order_id)).ver}"'
    assert [step.status.value for step in (await town.order(order_id)).history] == ["pending", *steps.values()]


async def test_the_customer_never_sees_a_commission_and_the_store_never_the_door(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    order_id = await placed(town, shop, shopper)
    mine = await town.client.get(f"/v1/orders/{order_id}", headers=shopper.headers)
    stores = await town.client.get(f"{shop.orders}/{order_id}", headers=shop.headers)
    admins = await town.client.get(f"/v1/admin/orders/{order_id}", headers=town.admin)
    assert "commission" not in mine.text
    assert mine.json()["data"]["delivery_address"]["street"] == "شارع هنانو، 7"
    assert "شارع هنانو" not in stores.text
    assert shopper.address.phone not in stores.text
    assert stores.json()["data"]["commission"] == in_json(1_000)
    assert stores.json()["data"]["store_share"] == in_json(9_000)
    assert admins.json()["data"]["items"][0]["commission"]["amount"] == in_json(1_000)
    assert admins.json()["data"]["delivery_commission"]["amount"] == in_json(1_000)


async def test_names_come_in_the_language_that_is_asked_for(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    order_id = await placed(town, shop, shopper)
    for language, name in (("ar", shop.store.name.ar), ("en", shop.store.name.en)):
        headers = {**shopper.headers, "accept-language": language}
        answer = await town.client.get(f"/v1/orders/{order_id}", headers=headers)
        assert answer.json()["data"]["store"]["name"] == name


async def test_another_partys_order_is_missing(town: Town, shop: Storefront) -> None:
    shopper, stranger, other = await town.shopper(), await town.shopper(), await town.storefront()
    group = await town.bought(shopper, {shop.variant.id: 1})
    order_id = group["orders"][0]["id"]
    for path, headers in (
        (f"/v1/orders/{order_id}", stranger.headers),
        (f"/v1/order-groups/{group['id']}", stranger.headers),
        (f"{other.orders}/{order_id}", other.headers),
        (f"{shop.orders}/{order_id}", other.headers),
        (f"{shop.orders}/{order_id}", stranger.headers),
        (f"/v1/orders/{new_id('ord')}", shopper.headers),
    ):
        answer = await town.client.get(path, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (404, 404), path
    for verb in ("confirm", "prepare", "ready"):
        answer = await town.client.post(f"{other.orders}/{order_id}:{verb}", headers=other.headers)
        assert answer.status_code == 404
    assert (await town.client.get(f"/v1/admin/orders/{order_id}", headers=shopper.headers)).status_code == 403
    nobody = as_admin(new_id("acc"), "store:approve")
    assert (await town.client.get(f"/v1/admin/orders/{order_id}", headers=nobody)).status_code == 403
    for path in (f"/v1/orders/{order_id}", "/v1/orders", "/v1/order-groups", shop.orders):
        assert (await town.client.get(path)).status_code == 401


async def test_staff_need_the_scope_to_fulfil(town: Town, shop: Storefront) -> None:
    order_id = await placed(town, shop, await town.shopper())
    for scopes, wanted in ((("product:write",), 403), (("order:fulfil",), 200)):
        account_id = new_id("acc")
        member = StoreMember(
            id=new_id("stm"), store_id=shop.id, account_id=account_id, role=MemberRole.STAFF, scopes=scopes,
            status=MemberStatus.ACTIVE, **stamp(SYSTEM_CLOCK.now()),
        )  # fmt: skip
        await town.put(STORE_MEMBERS, member)
        headers = signed_in(account_id)
        assert (await town.client.get(shop.orders, headers=headers)).status_code == wanted
        assert (await town.client.get(f"{shop.orders}/{order_id}", headers=headers)).status_code == wanted
        answer = await town.client.post(f"{shop.orders}/{order_id}:confirm", headers=headers)
        assert answer.status_code == wanted


async def test_pages_lose_no_order_of_one_millisecond(town: Town) -> None:
    shop, shopper = await town.storefront(), await town.shopper()
    ids = [await placed(town, shop, shopper) for _ in range(11)]
    moment = datetime.fromisoformat("2026-11-01T10:00:00.123+00:00")
    for order_id in ids[2:9]:
        await town.mongo.collection(ORDERS).update_one({"_id": order_id}, {"$set": {"createdAt": moment}})
    for path, headers in ((shop.orders, shop.headers), ("/v1/orders", shopper.headers)):
        for limit in (1, 2, 3, 5, 7, 10, 11):
            cut = await pages(town, path, headers, status="pending", limit=limit)
            assert [len(page) for page in cut[:-1]] == [limit] * (len(cut) - 1), (path, limit)
            shown = [order_id for page in cut for order_id in page]
            assert len(shown) == 11, (path, limit)
            assert set(shown) == set(ids)


async def test_a_customer_reads_orders_newest_first_and_by_state(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    ids = [await placed(town, shop, shopper) for _ in range(5)]
    answer = await town.client.post(
        f"/v1/orders/{ids[2]}:cancel", json={"reason": "by mistake"}, headers=shopper.headers
    )
    assert answer.status_code == 200
    assert await pages(town, "/v1/orders", shopper.headers, limit=2) == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    assert await pages(town, "/v1/orders", shopper.headers, status="cancelled") == [[ids[2]]]
    assert sum(map(len, await pages(town, "/v1/order-groups", shopper.headers, limit=2))) == 5


async def test_a_cursor_is_worthless_in_another_list(town: Town, shop: Storefront) -> None:
    shopper, stranger = await town.shopper(), await town.shopper()
    for _ in range(2):
        await placed(town, shop, shopper)
    answer = await town.client.get("/v1/orders", params={"limit": 1}, headers=shopper.headers)
    cursor = answer.json()["page"]["next_cursor"]
    for path, headers, more in (
        ("/v1/orders", stranger.headers, {}),
        ("/v1/orders", shopper.headers, {"status": "pending"}),
        ("/v1/order-groups", shopper.headers, {}),
        (shop.orders, shop.headers, {}),
    ):
        answer = await town.client.get(path, params={"limit": 1, "cursor": cursor, **more}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "market.cursor.invalid")


async def test_lists_refuse_bad_parameters(town: Town, shop: Storefront) -> None:
    for parameters in ({"status": "open"}, {"status[$ne]": "x"}, {"limit": "0"}, {"limit": "101"}, {"page": "2"}):
        for path, headers in (("/v1/orders", (await town.shopper()).headers), (shop.orders, shop.headers)):
            answer = await town.client.get(path, params=parameters, headers=headers)
            assert answer.status_code == 400, (path, parameters)
    answer = await town.client.get("/v1/orders/not-an-id", headers=shop.headers)
    assert answer.status_code == 400
