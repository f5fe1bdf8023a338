"""What a checkout refuses, with the right status, and that the cart is open and nothing held afterwards."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.carts import CARTS
from daraa.collections.commission_rules import COMMISSION_RULES
from daraa.collections.customer_profiles import CUSTOMER_PROFILES
from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS
from daraa.collections.inventories import INVENTORIES
from daraa.collections.order_groups import ORDER_GROUPS
from daraa.collections.orders import ORDERS
from daraa.collections.product_variants import PRODUCT_VARIANTS
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.collections.wallets import WALLETS
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from factories.gate import signed_in
from factories.market import FEE, Shopper, Storefront, Town, in_json, syp

pytestmark = pytest.mark.anyio
TOTAL = 10_000 + FEE


@pytest.fixture(scope="module")
async def shop(town: Town) -> Storefront:
    return await town.storefront(10_000)


@pytest.fixture
async def shopper(town: Town, shop: Storefront) -> Shopper:
    """With one piece in the cart and no money."""
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    return shopper


async def refused(town: Town, shopper: Shopper, answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem, after a look that nothing was left behind."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"], problem["status"]) == (status, code, status), answer.text
    await town.relay()  # what other tests have placed is allocated then, so whatever is held is left behind
    assert await town.count(ORDERS, customerId=shopper.id) == 0
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 0
    assert await town.count(CARTS, customerId=shopper.id, state="open", isActive=True) == 1
    assert await town.count(INVENTORIES, held={"$gt": 0}) == 0
    return problem


async def test_a_price_that_changed_is_told_with_the_new_total_and_the_line(
    town: Town, shop: Storefront, shopper: Shopper
) -> None:
    quote = await town.quote(shopper)
    assert quote["totals"]["total"] == in_json(TOTAL)
    other = await town.storefront(7_000)
    await town.mongo.collection(CARTS).delete_many({"customerId": shopper.id})
    await town.fill_cart(shopper, {other.variant.id: 1})
    await town.mongo.collection(PRODUCT_VARIANTS).update_one(
        {"_id": other.variant.id}, {"$set": {"price.amount": 9_000}}
    )
    answer = await town.check_out(shopper, 7_000 + FEE)
    problem = await refused(town, shopper, answer, 409, "orders.price.changed")
    assert problem["total"] == in_json(9_000 + FEE)
    assert problem["lines"] == [{"variant_id": other.variant.id, "was": in_json(7_000), "now": in_json(9_000)}]
    assert (await town.check_out(shopper, problem["total"]["amount"])).status_code == 201


async def test_another_currency_in_the_expected_total_is_another_total(town: Town, shopper: Shopper) -> None:
    answer = await town.check_out(shopper, TOTAL, expected_total={"amount": TOTAL, "currency": "USD"})
    await refused(town, shopper, answer, 409, "orders.price.changed")


async def test_lines_that_are_not_sold_any_more_are_listed(town: Town, shopper: Shopper) -> None:
    gone, shut = await town.storefront(1_000), await town.storefront(1_000)
    await town.mongo.collection(CARTS).delete_many({"customerId": shopper.id})
    await town.fill_cart(shopper, {gone.variant.id: 1, shut.variant.id: 1})
    await town.mongo.collection(PRODUCT_VARIANTS).delete_one({"_id": gone.variant.id})
    await town.mongo.collection(STORE_OWNER_PROFILES).update_one({"_id": shut.id}, {"$set": {"status": "suspended"}})
    problem = await refused(town, shopper, await town.check_out(shopper, TOTAL), 409, "orders.line.unsellable")
    assert problem["lines"] == [
        {"variant_id": gone.variant.id, "reason": "variant_missing"},
        {"variant_id": shut.variant.id, "reason": "store_not_approved"},
    ]


async def test_stock_that_is_short_is_told_for_every_line_and_holds_nothing(town: Town) -> None:
    shop = await town.storefront(1_000, 2_000, 3_000, stock=(5, 1, 0))
    shopper = await town.shopper()
    await town.fill_cart(shopper, {variant.id: 2 for variant in shop.variants})
    answer = await town.check_out(shopper, 12_000 + FEE)
    problem = await refused(town, shopper, answer, 409, "inventory.stock.short")
    short = {line["variant_id"]: (line["wanted"], line["available"]) for line in problem["lines"]}
    assert short == {shop.variants[1].id: (2, 1), shop.variants[2].id: (2, 0)}
    assert (await town.stock_of(shop.variant)).available == 5


async def test_a_store_that_takes_no_cash_is_named(town: Town) -> None:
    card_only = await town.storefront(1_000, accepts_cash=False)
    careful = await town.storefront(1_000, cash_limit=syp(5_999))
    shopper = await town.shopper()
    await town.fill_cart(shopper, {card_only.variant.id: 1, careful.variant.id: 1})
    answer = await town.check_out(shopper, 2_000 + 2 * FEE)
    problem = await refused(town, shopper, answer, 422, "orders.cash.refused")
    assert {each["store_id"]: each["reason"] for each in problem["stores"]} == {
        card_only.id: "no_cash",
        careful.id: "above_limit",
    }


async def test_a_customer_from_whom_no_cash_is_taken_pays_otherwise(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=50_000)
    await town.fill_cart(shopper, {shop.variant.id: 1})
    blocked = {"$set": {"cashBlocked": True}}
    await town.mongo.collection(CUSTOMER_PROFILES).update_one({"accountId": shopper.id}, blocked)
    mixed = {"method": "mixed", "wallet_amount": in_json(4_000), "rest": "cash"}
    for payment in ({"method": "cash"}, mixed):
        answer = await town.check_out(shopper, TOTAL, payment=payment)
        problem = await refused(town, shopper, answer, 422, "orders.cash.refused")
        assert problem["reason"] == "blocked"
    asked = {"address_id": shopper.address.id}
    quoted = await town.client.get("/v1/cart/quote", params=asked, headers=shopper.headers)
    assert (quoted.status_code, quoted.json()["code"]) == (422, "orders.cash.refused")
    answer = await town.check_out(shopper, TOTAL, payment={"method": "wallet"})
    assert answer.status_code == 201, answer.text


async def test_another_customers_address_is_missing(town: Town, shopper: Shopper) -> None:
    stranger = await town.shopper()
    for address_id in (stranger.address.id, new_id("adr")):
        answer = await town.check_out(shopper, TOTAL, address_id=address_id)
        await refused(town, shopper, answer, 404, "market.thing.missing")


async def test_a_place_where_nobody_delivers_is_refused_with_the_stores(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    far = {"location.coordinates": [10.0, 10.0]}
    await town.mongo.database()["addresses"].update_one({"_id": shopper.address.id}, {"$set": far})
    problem = await refused(town, shopper, await town.check_out(shopper, TOTAL), 422, "delivery.zone.unserved")
    assert shop.id in str(problem)


async def test_a_wallet_that_is_short_or_frozen_pays_nothing(town: Town, shop: Storefront) -> None:
    shopper = await town.shopper(wallet=TOTAL - 1)
    await town.fill_cart(shopper, {shop.variant.id: 1})
    by_wallet = {"method": "wallet"}
    answer = await town.check_out(shopper, TOTAL, payment=by_wallet)
    problem = await refused(town, shopper, answer, 409, "orders.wallet.short")
    assert problem["needed"] == in_json(TOTAL)
    await town.fund(shopper.id, 1)
    frozen = {"status": "frozen", "freeze": {"at": SYSTEM_CLOCK.now(), "by": shopper.id, "reason": "test"}}
    await town.mongo.collection(WALLETS).update_one({"ownerId": shopper.id}, {"$set": frozen})
    answer = await town.check_out(shopper, TOTAL, payment=by_wallet)
    await refused(town, shopper, answer, 423, "wallets.wallet.frozen")
    await town.mongo.collection(WALLETS).update_one(
        {"ownerId": shopper.id}, {"$set": {"status": "active"}, "$unset": {"freeze": ""}}
    )
    assert (await town.check_out(shopper, TOTAL, payment=by_wallet)).status_code == 201
    assert (await town.wallet_of(shopper.id)).available == 0
    await town.prove()


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        ({"method": "mixed"}, "orders.payment.invalid"),
        ({"method": "cash", "wallet_amount": in_json(5)}, "orders.payment.invalid"),
        ({"method": "wallet", "rest": "cash"}, "orders.payment.invalid"),
        ({"method": "mixed", "wallet_amount": {"amount": 5, "currency": "USD"}}, "orders.payment.invalid"),
        ({"method": "mixed", "wallet_amount": in_json(TOTAL)}, "payments.wallet.share"),
        ({"method": "mixed", "wallet_amount": in_json(TOTAL + 1)}, "payments.wallet.share"),
    ],
)
async def test_a_payment_that_contradicts_itself_is_refused(
    town: Town, shopper: Shopper, payment: dict[str, Any], code: str
) -> None:
    await refused(town, shopper, await town.check_out(shopper, TOTAL, payment=payment), 422, code)


@pytest.mark.parametrize(
    "change",
    [
        {"address_id": {"$gt": ""}},
        {"address_id": "adr_1"},
        {"payment": {"method": "points"}},
        {"payment": {"method": "mixed", "wallet_amount": in_json(-5)}},
        {"payment": "cash"},
        {"expected_total": {"amount": "15000", "currency": "SYP"}},
        {"expected_total": {"amount": 15_000.5, "currency": "SYP"}},
        {"expected_total": {"amount": -1, "currency": "SYP"}},
        {"expected_total": {"amount": 2**63, "currency": "SYP"}},
        {"expected_total": {"amount": 1, "currency": "syp"}},
        {"expected_total": None},
        {"note": "x" * 501},
        {"discount": 1},
    ],
)
async def test_a_malformed_checkout_is_refused_before_anything_happens(
    town: Town, shopper: Shopper, change: dict[str, Any]
) -> None:
    answer = await town.check_out(shopper, TOTAL, **change)
    await refused(town, shopper, answer, 400, "api.request.invalid")
    assert await town.count(IDEMPOTENCY_KEYS, actorId=shopper.id) == 0


async def test_a_checkout_needs_a_sane_key(town: Town, shopper: Shopper) -> None:
    for key in ("", "short", "has space", "x" * 256):
        answer = await town.check_out(shopper, TOTAL, key=key or " ")
        await refused(town, shopper, answer, 400, "api.request.invalid")
    body = {"address_id": shopper.address.id, "payment": {"method": "cash"}, "expected_total": in_json(TOTAL)}
    answer = await town.client.post("/v1/cart/checkout", json=body, headers=shopper.headers)
    await refused(town, shopper, answer, 400, "api.request.invalid")


async def test_an_empty_cart_cannot_be_ordered(town: Town) -> None:
    shopper = await town.shopper()
    answer = await town.check_out(shopper, TOTAL)
    assert (answer.status_code, answer.json()["code"]) == (422, "carts.cart.empty")
    answer = await town.client.get("/v1/cart/quote", params={"address_id": shopper.address.id}, headers=shopper.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "carts.cart.empty")


async def test_only_customers_check_out(town: Town, shopper: Shopper) -> None:
    body = {"address_id": shopper.address.id, "payment": {"method": "cash"}, "expected_total": in_json(TOTAL)}
    key = {"idempotency-key": "12345678"}
    answer = await town.client.post("/v1/cart/checkout", json=body, headers=key)
    assert answer.status_code == 401
    answer = await town.client.post("/v1/cart/checkout", json=body, headers={**key, **town.admin})
    assert answer.status_code == 403


async def test_without_any_commission_rule_nothing_is_sold(town: Town, shopper: Shopper) -> None:
    rules = town.mongo.collection(COMMISSION_RULES)
    await rules.update_many({}, {"$set": {"validUntil": SYSTEM_CLOCK.now() - timedelta(days=1)}})
    try:
        await refused(town, shopper, await town.check_out(shopper, TOTAL), 503, "wallets.rules.missing")
    finally:
        await rules.update_many({}, {"$unset": {"validUntil": ""}})
    assert (await town.check_out(shopper, TOTAL)).status_code == 201


async def test_a_refusal_is_repeated_for_its_key_and_a_new_key_may_try_again(town: Town) -> None:
    shop = await town.storefront(10_000, stock=0)
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    first = await town.check_out(shopper, TOTAL, key="refused-once")
    await town.mongo.collection(INVENTORIES).update_one({"variantId": shop.variant.id}, {"$inc": {"available": 1}})
    again = await town.check_out(shopper, TOTAL, key="refused-once")
    fresh = await town.check_out(shopper, TOTAL, key="another-try")
    assert (first.status_code, again.status_code, fresh.status_code) == (409, 409, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert {**first.json(), "instance": ""} == {**again.json(), "instance": ""}


async def test_a_quote_refuses_bad_parameters(town: Town, shopper: Shopper) -> None:
    for parameters in (
        {},
        {"address_id": "adr_1"},
        {"address_id": shopper.address.id, "payment_method": "points"},
        {"address_id": shopper.address.id, "wallet_amount": "0"},
        {"address_id": shopper.address.id, "wallet_amount[$gt]": "0"},
        {"address_id": shopper.address.id, "expected_total": "1"},
    ):
        answer = await town.client.get("/v1/cart/quote", params=parameters, headers=shopper.headers)
        assert answer.status_code == 400, answer.text
    contradictory = {"address_id": shopper.address.id, "payment_method": "cash", "wallet_amount": "5"}
    answer = await town.client.get("/v1/cart/quote", params=contradictory, headers=shopper.headers)
    assert answer.status_code == 422


async def test_signed_in_with_a_token_of_another_the_cart_is_another(town: Town, shopper: Shopper) -> None:
    stranger = await town.shopper()
    answer = await town.client.get(
        "/v1/cart/quote", params={"address_id": shopper.address.id}, headers=signed_in(stranger.id)
    )
    assert answer.json()["code"] == "carts.cart.empty"
