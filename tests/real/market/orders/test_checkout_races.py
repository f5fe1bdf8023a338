"""Many checkouts at once: no piece sold twice, no cart placed twice, no money spent twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.carts import CARTS
from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS
from daraa.collections.order_groups import ORDER_GROUPS
from daraa.collections.orders import ORDERS
from daraa.collections.payments import PAYMENTS
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.carts.service import Carts
from daraa.market.idempotency.service import Claim, Idempotency, fingerprint_of
from daraa.market.inventory.service import Stock, Want
from daraa.market.orders.schemas import CheckoutIn
from factories.market import FEE, Shopper, Town

pytestmark = pytest.mark.anyio


async def test_200_buyers_for_50_pieces_buy_exactly_50(town: Town) -> None:
    shop = await town.storefront(10_000, stock=50)
    shoppers = [await town.shopper() for _ in range(200)]
    for shopper in shoppers:
        await town.fill_cart(shopper, {shop.variant.id: 1})
    answers = await asyncio.gather(*(town.check_out(shopper, 10_000 + FEE) for shopper in shoppers))
    assert Counter(answer.status_code for answer in answers) == {201: 50, 409: 150}
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in refused} == {"inventory.stock.short"}
    assert {problem["lines"][0]["variant_id"] for problem in refused} == {shop.variant.id}
    stock = await town.stock_of(shop.variant)
    assert (stock.available, stock.held, stock.on_hand) == (0, 50, 50)
    assert await town.count(ORDERS, storeId=shop.id) == 50
    assert await town.count(CARTS, state="placing") == 0
    await town.relay()
    stock = await town.stock_of(shop.variant)
    assert (stock.available, stock.held, stock.allocated, stock.on_hand) == (0, 0, 50, 50)
    await town.prove()


async def test_the_same_checkout_sent_20_times_at_once_is_one_group_and_20_equal_answers(town: Town) -> None:
    shop = await town.storefront(10_000)
    shopper = await town.shopper(wallet=100_000)
    await town.fill_cart(shopper, {shop.variant.id: 2})
    payment = {"method": "wallet"}
    answers = await asyncio.gather(
        *(town.check_out(shopper, 20_000 + FEE, key="once-and-for-all", payment=payment) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert Counter(answer.headers.get("idempotent-replayed") for answer in answers) == {None: 1, "true": 19}
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1
    assert (await town.wallet_of(shopper.id)).available == 100_000 - 20_000 - FEE
    await town.relay()
    await town.prove()


async def test_two_keys_for_one_cart_at_once_make_one_group(town: Town) -> None:
    shop = await town.storefront(10_000)
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    answers = await asyncio.gather(*(town.check_out(shopper, 10_000 + FEE) for _ in range(8)))
    counted = Counter(answer.status_code for answer in answers)
    assert counted[201] == 1
    others = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert others <= {"carts.cart.placing", "carts.cart.empty"}
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1
    stock = await town.stock_of(shop.variant)
    assert (stock.available, stock.held) == (99, 1)


async def test_a_wallet_spent_from_20_checkouts_is_never_negative(town: Town) -> None:
    shop = await town.storefront(10_000)
    whole = 10_000 + FEE
    shopper = await town.shopper(wallet=3 * whole + 1)
    placed = 0
    for _ in range(5):
        await town.fill_cart(shopper, {shop.variant.id: 1})
        answers = await asyncio.gather(
            *(town.check_out(shopper, whole, payment={"method": "wallet"}) for _ in range(20))
        )
        codes = Counter(answer.status_code if answer.is_success else answer.json()["code"] for answer in answers)
        placed += codes.pop(201, 0)
        assert set(codes) <= {"carts.cart.placing", "carts.cart.empty", "orders.wallet.short"}
        assert (await town.wallet_of(shopper.id)).available >= 0
        await _drop_cart(town, shopper)
    assert placed == 3
    assert (await town.wallet_of(shopper.id)).available == 1
    await town.relay()
    await town.prove()


async def _drop_cart(town: Town, shopper: Shopper) -> None:
    await town.mongo.collection(CARTS).delete_many({"customerId": shopper.id, "state": "open"})


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(town: Town) -> None:
    shop = await town.storefront(10_000)
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    first = await town.check_out(shopper, 10_000 + FEE, key="a-key-of-mine")
    again = await town.check_out(shopper, 10_000 + FEE, key="a-key-of-mine", note="other words")
    assert (first.status_code, again.status_code) == (201, 422)
    assert again.json()["code"] == "market.idempotency.reused"
    assert await town.count(ORDER_GROUPS, customerId=shopper.id) == 1


async def test_a_try_that_died_holding_stock_is_given_up_by_the_next_with_its_key(town: Town) -> None:
    shop = await town.storefront(10_000, stock=1)
    shopper = await town.shopper()
    cart = await town.fill_cart(shopper, {shop.variant.id: 1})
    dead = await _die_after_holding(town, shopper, cart.id)
    answer = await town.check_out(shopper, 10_000 + FEE, key="died-once-before")
    assert answer.status_code == 201
    stock = await town.stock_of(shop.variant)
    assert [hold.attempt_id for hold in stock.holds] != [dead]
    assert (stock.available, stock.held) == (0, 1)


async def _die_after_holding(town: Town, shopper: Shopper, cart_id: str) -> str:
    """Leave what a process leaves that is killed between the holds and the transaction, its lease run out."""
    body = CheckoutIn.model_validate(
        {
            "address_id": shopper.address.id,
            "payment": {"method": "cash"},
            "expected_total": {"amount": 10_000 + FEE, "currency": "SYP"},
        }
    )
    seen = fingerprint_of("POST", "/v1/cart/checkout", body.model_dump_json().encode())
    idempotency = town.market.get(Idempotency)
    route = "POST /v1/cart/checkout"
    claim = await idempotency.begin(shopper.id, route, "died-once-before", seen, money=True)
    assert isinstance(claim, Claim)
    soon = SYSTEM_CLOCK.now() + timedelta(minutes=2)
    cart = await town.market.get(Carts).begin(shopper.id, claim.attempt_id, soon)
    assert cart.id == cart_id
    wants = [Want(item.store_id, item.variant_id, item.quantity) for item in cart.items]
    await town.market.get(Stock).hold(claim.attempt_id, wants, soon)
    past = SYSTEM_CLOCK.now() - timedelta(seconds=1)
    await town.mongo.collection(IDEMPOTENCY_KEYS).update_one({"_id": claim.key_id}, {"$set": {"leaseUntil": past}})
    return claim.attempt_id


async def test_a_checkout_that_loses_its_cart_meanwhile_leaves_nothing(town: Town) -> None:
    """The sweeper takes the cart away between the holds and the transaction: the transaction finds it burned."""
    shop = await town.storefront(10_000)
    shopper = await town.shopper()
    await town.fill_cart(shopper, {shop.variant.id: 1})
    thief = asyncio.create_task(_steal(town, shopper))
    answers: list[httpx.Response] = []
    for _ in range(20):
        answers.append(await town.check_out(shopper, 10_000 + FEE))
        if answers[-1].status_code == 201:
            break
    thief.cancel()
    placed = [answer for answer in answers if answer.status_code == 201]
    others: set[Any] = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert len(placed) == 1
    assert others <= {"carts.attempt.burned", "carts.cart.placing"}
    assert await town.count(ORDERS, customerId=shopper.id) == 1
    assert await town.count(PAYMENTS, customerId=shopper.id) == 1
    assert await town.count(AUDIT_LOGS, actorId=shopper.id, action="order_group.place") == 1
    stock = await town.stock_of(shop.variant)
    assert (stock.available, stock.held) == (99, 1)
    await town.relay()
    await town.prove()


async def _steal(town: Town, shopper: Shopper) -> None:
    """Reopen whatever attempt the cart is in, three times."""
    stolen = 0
    while stolen < 3:
        row = await town.mongo.collection(CARTS).find_one({"customerId": shopper.id, "state": "placing"})
        if row is not None and await town.market.get(Carts).reopen(row["attempt"]["id"]):
            stolen += 1
        await asyncio.sleep(0)


async def test_a_request_that_is_cut_off_has_placed_its_cart_or_left_nothing(town: Town) -> None:
    whole = 10_000 + FEE
    by_wallet = {"method": "wallet"}
    cut = 0
    for milliseconds in range(1, 60, 4):
        shop, shopper = await town.storefront(10_000, stock=1), await town.shopper(wallet=whole)
        cart = await town.fill_cart(shopper, {shop.variant.id: 1})
        request = asyncio.create_task(town.check_out(shopper, whole, payment=by_wallet))
        await asyncio.sleep(milliseconds / 1000)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        row = await town.mongo.collection(CARTS).find_one({"_id": cart.id})
        assert row is not None
        placed = await town.count(ORDERS, customerId=shopper.id)
        stock = await town.stock_of(shop.variant)
        assert (row["state"], placed, stock.available, stock.held) in {("open", 0, 1, 0), ("completed", 1, 0, 1)}
        if not placed:
            cut += 1
            assert (await town.check_out(shopper, whole, payment=by_wallet)).status_code == 201
        assert (await town.wallet_of(shopper.id)).available == 0
    assert cut > 0
    await town.relay()
    await town.prove()
