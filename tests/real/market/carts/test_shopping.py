"""Carts over HTTP: every change guarded by the version seen, prices asked anew on every read, guests by their key."""

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import Role
from daraa.collections.carts import CARTS
from daraa.collections.product_variants import PRODUCT_VARIANTS, VariantStatus
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from factories.catalog import a_variant
from factories.gate import signed_in
from factories.market import Storefront, Town

pytestmark = pytest.mark.anyio


class Basket:
    """Somebody's cart as an application keeps it: the headers that say whose, and the ETag last seen."""

    def __init__(self, town: Town, headers: dict[str, str], etag: str = '"0"') -> None:
        self.town, self.headers, self.etag = town, headers, etag

    async def send(self, method: str, path: str = "", body: Any = None, etag: str | None = None) -> httpx.Response:
        sent = {**self.headers, "if-match": etag or self.etag}
        answer = await self.town.client.request(method, f"/v1/cart{path}", json=body, headers=sent)
        if answer.is_success:
            self.etag = answer.headers["etag"]
        return answer

    async def add(self, variant: str, quantity: int = 1, etag: str | None = None) -> httpx.Response:
        return await self.send("POST", "/lines", {"variant_id": variant, "quantity": quantity}, etag)

    async def read(self) -> dict[str, Any]:
        answer = await self.town.client.get("/v1/cart", headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.etag = answer.headers["etag"]
        found: dict[str, Any] = answer.json()["data"]
        return found

    async def counts(self) -> dict[str, int]:
        return {line["variant_id"]: line["quantity"] for line in (await self.read())["lines"]}


def a_basket(town: Town) -> Basket:
    """The basket of a new account."""
    return Basket(town, signed_in(new_id("acc")))


async def a_guest(town: Town) -> Basket:
    """The basket of a new guest."""
    made = await town.client.post("/v1/carts/guest")
    assert made.status_code == 201, made.text
    return Basket(town, {"x-cart-key": made.json()["data"]["cart_key"]}, made.headers["etag"])


async def kinds(front: Storefront) -> list[str]:
    return [variant.id for variant in front.variants]


async def test_things_of_two_stores_go_in_are_counted_and_come_out(town: Town) -> None:
    first, second = await town.storefront(1_000, 2_500), await town.storefront(700, stock=3)
    basket = a_basket(town)
    assert (await basket.read())["version"] == 0
    for variant, quantity in ((first.variants[0].id, 2), (first.variants[1].id, 1), (second.variant.id, 3)):
        assert (await basket.add(variant, quantity)).status_code == 200
    again = await basket.add(first.variants[0].id)
    seen = again.json()["data"]
    assert [line["quantity"] for line in seen["lines"]] == [3, 1, 3]
    assert {line["store"]["id"] for line in seen["lines"]} == {first.id, second.id}
    assert seen["goods"] == {"amount": 3 * 1_000 + 2_500 + 3 * 700, "currency": "SYP"}
    assert [line["available"] for line in seen["lines"]] == [100, 100, 3]
    assert seen["sellable"] is True
    assert again.headers["etag"] == f'"{seen["version"]}"'
    assert (await basket.send("PATCH", f"/lines/{second.variant.id}", {"quantity": 4})).status_code == 200
    short = (await basket.read())["lines"][2]
    assert (short["sellable"], short["reason"]) == (False, "not_enough_stock")
    assert (await basket.send("DELETE", f"/lines/{second.variant.id}")).status_code == 200
    assert list(await basket.counts()) == await kinds(first)
    emptied = await basket.send("DELETE")
    assert (emptied.json()["data"]["lines"], emptied.json()["data"]["id"]) == ([], seen["id"])


async def test_every_read_asks_for_the_price_anew(town: Town) -> None:
    front, basket = await town.storefront(1_000), a_basket(town)
    await basket.add(front.variant.id, 2)
    await town.mongo.collection(PRODUCT_VARIANTS).update_one(
        {"_id": front.variant.id}, {"$set": {"price": {"amount": 1_300, "currency": "SYP"}}}
    )
    (line,) = (await basket.read())["lines"]
    assert (line["unit_price"]["amount"], line["last_price"]["amount"], line["price_changed"]) == (1_300, 1_000, True)
    seen = await basket.send("PATCH", f"/lines/{front.variant.id}", {"quantity": 2})
    assert seen.json()["data"]["lines"][0]["price_changed"] is False
    await town.mongo.collection(PRODUCT_VARIANTS).update_one(
        {"_id": front.variant.id}, {"$set": {"status": VariantStatus.INACTIVE.value}}
    )
    (line,) = (await basket.read())["lines"]
    assert (line["sellable"], line["reason"]) == (False, "variant_inactive")
    assert (await basket.add(front.variant.id)).json()["code"] == "carts.variant.not_for_sale"


async def test_reading_a_full_cart_takes_five_commands(town: Town) -> None:
    front, basket = await town.storefront(*([100] * 20)), a_basket(town)
    for variant in await kinds(front):
        assert (await basket.add(variant)).status_code == 200
    answer = await town.client.get("/v1/cart", headers=basket.headers)
    assert len(answer.json()["data"]["lines"]) == 20
    assert 'desc="5 commands"' in answer.headers["server-timing"]


async def test_of_changes_with_one_version_one_wins_and_the_others_are_stale(town: Town) -> None:
    front, basket = await town.storefront(), a_basket(town)
    firsts = await asyncio.gather(*(basket.add(front.variant.id, etag='"0"') for _ in range(8)))
    assert sorted(answer.status_code for answer in firsts) == [200] + [412] * 7
    await basket.read()
    etag = basket.etag
    answers = await asyncio.gather(*(basket.add(front.variant.id, 2, etag=etag) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 412} == {"market.version.stale"}
    assert await basket.counts() == {front.variant.id: 3}


async def test_every_change_needs_its_version(town: Town) -> None:
    front, basket = await town.storefront(), a_basket(town)
    await basket.add(front.variant.id)
    line = f"/v1/cart/lines/{front.variant.id}"
    changes: list[tuple[str, str, Any]] = [
        ("POST", "/v1/cart/lines", {"variant_id": front.variant.id, "quantity": 1}),
        ("PATCH", line, {"quantity": 5}),
        ("DELETE", line, None),
        ("PUT", "/v1/cart/address", {"address_id": new_id("adr")}),
        ("DELETE", "/v1/cart", None),
    ]
    for method, path, body in changes:
        for etag, status in ((None, 428), ('"77"', 412), ("7", 400), ("*", 400), ('W/"1"', 400), ('"x"', 400)):
            headers = basket.headers | ({"if-match": etag} if etag else {})
            answer = await town.client.request(method, path, json=body, headers=headers)
            if path.endswith("address") and status == 412:
                assert answer.status_code == 404  # no such address, which is looked at first
            else:
                assert answer.status_code == status, (method, path, etag, answer.text)
    assert await basket.counts() == {front.variant.id: 1}


async def test_a_guest_keeps_a_cart_by_its_key_which_is_stored_nowhere(town: Town) -> None:
    front, guest, other = await town.storefront(), await a_guest(town), await a_guest(town)
    assert (await guest.add(front.variant.id, 2)).status_code == 200
    assert await guest.counts() == {front.variant.id: 2}
    assert await other.counts() == {}
    stored = await town.mongo.collection(CARTS).find({"guestKeyHash": {"$exists": True}}).to_list()
    assert guest.headers["x-cart-key"] not in str(stored)
    assert all(cart["expiresAt"] > cart["touchedAt"] for cart in stored)
    address = await guest.send("PUT", "/address", {"address_id": new_id("adr")})
    assert (address.status_code, address.json()["code"]) == (403, "carts.guest.refused")


async def test_who_has_neither_account_nor_key_has_no_cart(town: Town) -> None:
    assert (await town.client.get("/v1/cart")).status_code == 401
    made_up = await town.client.get("/v1/cart", headers={"x-cart-key": secrets.token_urlsafe(24)})
    assert (made_up.status_code, made_up.json()["code"]) == (404, "carts.key.unknown")
    for key in ("short", "x" * 33, '{"$gt": ""}', "x" * 31 + "!"):
        assert (await town.client.get("/v1/cart", headers={"x-cart-key": key})).status_code == 400
    courier = signed_in(new_id("acc"), Role.COURIER)
    assert (await town.client.get("/v1/cart", headers=courier)).status_code == 403
    bad_token = {"authorization": "Bearer nonsense", "x-cart-key": (await a_guest(town)).headers["x-cart-key"]}
    assert (await town.client.get("/v1/cart", headers=bad_token)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"variant_id": "var_1"},
        {"variant_id": {"$gt": ""}},
        {"variant_id": None},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 1000},
        {"quantity": "2"},
        {"quantity": 1.5},
        {"quantity": True},
        {"quantity": 10**30},
        {"unit_price": {"amount": 1, "currency": "SYP"}},
    ],
    ids=str,
)
async def test_a_malformed_line_is_refused_and_changes_nothing(body: dict[str, Any], town: Town) -> None:
    front, basket = await town.storefront(), a_basket(town)
    await basket.add(front.variant.id)
    whole = {"variant_id": front.variant.id, "quantity": 1, **body} if body else {}
    assert (await basket.send("POST", "/lines", whole)).status_code == 400
    if "quantity" in body or not body:
        assert (await basket.send("PATCH", f"/lines/{front.variant.id}", body)).status_code == 400
    assert await basket.counts() == {front.variant.id: 1}


async def test_what_does_not_exist_or_does_not_fit_is_refused_and_changes_nothing(town: Town) -> None:
    front, basket = await town.storefront(), a_basket(town)
    dollars = a_variant(front.product, sku="USD-1", price=Money(amount=5, currency="USD"))
    await town.put(PRODUCT_VARIANTS, dollars)
    await basket.add(front.variant.id, 999)
    refusals = [
        (await basket.add(new_id("var")), 404, "carts.variant.unknown"),
        (await basket.add(dollars.id), 422, "carts.currency.mixed"),
        (await basket.add(front.variant.id, 1), 422, "carts.quantity.limit"),
        (await basket.send("PATCH", f"/lines/{new_id('var')}", {"quantity": 1}), 404, "carts.line.unknown"),
        (await basket.send("DELETE", f"/lines/{new_id('var')}"), 404, "carts.line.unknown"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer, _, _ in refusals] == [
        (status, code) for _, status, code in refusals
    ]
    assert await basket.counts() == {front.variant.id: 999}


async def test_a_cart_goes_to_an_address_of_its_owner_only(town: Town) -> None:
    front, mine, stranger = await town.storefront(), await town.shopper(), await town.shopper()
    basket = Basket(town, mine.headers)
    nothing_yet = await basket.send("PUT", "/address", {"address_id": mine.address.id})
    assert (nothing_yet.status_code, nothing_yet.json()["code"]) == (422, "carts.cart.empty")
    await basket.add(front.variant.id)
    foreign = await basket.send("PUT", "/address", {"address_id": stranger.address.id})
    missing = await basket.send("PUT", "/address", {"address_id": new_id("adr")})
    assert (foreign.status_code, foreign.json()["code"]) == (missing.status_code, missing.json()["code"])
    assert foreign.status_code == 404
    kept = await basket.send("PUT", "/address", {"address_id": mine.address.id})
    assert kept.json()["data"]["address_id"] == mine.address.id
    assert (await basket.send("DELETE")).json()["data"]["address_id"] is None


async def merge(town: Town, account: Basket, guest: Basket) -> httpx.Response:
    return await town.client.post("/v1/cart/merge", headers={**account.headers, **guest.headers})


async def test_a_guests_things_come_along_after_login_and_the_guests_cart_is_gone(town: Town) -> None:
    front = await town.storefront(100, 200, 300)
    first, second, third = await kinds(front)
    account, guest = a_basket(town), await a_guest(town)
    await account.add(first, 1)
    await account.add(second, 998)
    for variant, quantity in ((first, 2), (second, 5), (third, 4)):
        await guest.add(variant, quantity)
    answer = await merge(town, account, guest)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["left_out"] == [{"variant_id": second, "quantity": 4, "reason": "too_many"}]
    wanted = {first: 3, second: 999, third: 4}
    assert await account.counts() == wanted
    assert (await town.client.get("/v1/cart", headers=guest.headers)).status_code == 404
    for _ in range(3):
        again = await merge(town, account, guest)
        assert (again.status_code, again.json()["data"]["left_out"]) == (200, [])
    assert await account.counts() == wanted


@pytest.mark.parametrize("has_cart", [True, False])
async def test_merges_that_race_with_each_other_double_nothing(has_cart: bool, town: Town) -> None:
    front = await town.storefront(100, 200)
    first, second = await kinds(front)
    for _ in range(5):
        account, guest = a_basket(town), await a_guest(town)
        if has_cart:
            await account.add(first, 1)
        await guest.add(first, 2)
        await guest.add(second, 3)
        answers = await asyncio.gather(*(merge(town, account, guest) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert await account.counts() == {first: 3 if has_cart else 2, second: 3}


async def test_a_guests_cart_goes_to_one_of_two_accounts_that_claim_it(town: Town) -> None:
    front, guest = await town.storefront(), await a_guest(town)
    await guest.add(front.variant.id, 2)
    one, two = a_basket(town), a_basket(town)
    await asyncio.gather(merge(town, one, guest), merge(town, two, guest))
    counts = [await one.counts(), await two.counts()]
    assert sorted(sum(count.values()) for count in counts) == [0, 2]


async def test_a_merge_and_changes_at_the_same_time_lose_nothing(town: Town) -> None:
    front = await town.storefront(100, 200)
    first, second = await kinds(front)
    for _ in range(5):
        account, guest = a_basket(town), await a_guest(town)
        await account.add(first, 1)
        await guest.add(second, 2)
        merged, added = await asyncio.gather(merge(town, account, guest), account.add(first, 5))
        assert merged.status_code == 200
        assert added.status_code in (200, 412)
        assert await account.counts() == {first: 6 if added.status_code == 200 else 1, second: 2}


async def test_merging_needs_an_account_and_a_key_and_an_unknown_key_changes_nothing(town: Town) -> None:
    front, account = await town.storefront(), a_basket(town)
    await account.add(front.variant.id)
    assert (await town.client.post("/v1/cart/merge", headers=account.headers)).status_code == 400
    guest = await a_guest(town)
    assert (await town.client.post("/v1/cart/merge", headers=guest.headers)).status_code == 401
    stranger = Basket(town, {"x-cart-key": secrets.token_urlsafe(24)})
    assert (await merge(town, account, stranger)).status_code == 200
    assert await account.counts() == {front.variant.id: 1}
    nobody = a_basket(town)
    assert (await merge(town, nobody, guest)).json()["data"]["cart"]["version"] == 0
