"""The greatest amounts that requests may name, put together: sums are right or refused, and none fails on our side."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from daraa.kernel.money import INT64_MAX
from factories.couriers import keyed
from factories.market import Storefront, Town, in_json, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
MOST = INT64_MAX // 1_000
MOST_AT_ONCE = 10**11
"""What a wallet takes in one request."""


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("far")) as made:
        yield made


async def _dear(town: Town, **more: Any) -> Storefront:
    """A store whose goods cost as much as anything may."""
    return await town.storefront(MOST, MOST, MOST, **more)


async def test_a_cart_of_everything_at_the_highest_price_is_shown_and_not_sold(town: Town) -> None:
    fronts, shopper = [await _dear(town, stock=999) for _ in range(2)], await town.shopper()
    await town.fill_cart(shopper, {variant.id: 999 for front in fronts for variant in front.variants})
    shown = await town.client.get("/v1/cart", headers=shopper.headers)
    assert shown.status_code == 200, shown.text
    quote = await town.client.get("/v1/cart/quote", params={"address_id": shopper.address.id}, headers=shopper.headers)
    assert quote.status_code == 422, quote.text
    bought = await town.check_out(shopper, MOST)
    assert bought.status_code in (409, 422), bought.text


async def test_the_highest_fees_on_top_of_the_highest_price(town: Town) -> None:
    front, shopper = await _dear(town, fee=MOST), await town.shopper()
    await town.fill_cart(shopper, {front.variant.id: 1})
    for method in ("cash", "wallet", "card"):
        asked = {"address_id": shopper.address.id, "payment_method": method}
        quote = await town.client.get("/v1/cart/quote", params=asked, headers=shopper.headers)
        assert quote.status_code in (200, 422), quote.text
        total = quote.json()["data"]["totals"]["total"]["amount"] if quote.is_success else MOST
        bought = await town.check_out(shopper, total, payment={"method": method})
        assert bought.status_code in (201, 400, 409, 422), bought.text
        if bought.is_success:
            await town.fill_cart(shopper, {front.variant.id: 1})
    await town.relay()
    await town.prove()


@pytest.mark.parametrize("amount", [MOST_AT_ONCE, MOST])
async def test_the_highest_amounts_into_and_out_of_a_wallet(town: Town, amount: int) -> None:
    rich, friend = await town.shopper(MOST), await town.shopper(MOST)
    assert rich.wallet is not None
    bodies: dict[str, dict[str, str]] = {
        "topups": {},
        "transfers": {"to_phone": friend.account.phone or ""},
        "withdrawals": {"destination": "SY00 1234"},
    }
    for path, body in bodies.items():
        where, wanted = f"/v1/wallets/{rich.wallet.id}/{path}", {"amount": in_json(amount), **body}
        answer = await town.client.post(where, json=wanted, headers=keyed(rich.headers))
        assert answer.status_code == (201 if amount == MOST_AT_ONCE else 400), answer.text
    await town.prove()


async def test_stock_is_counted_up_to_where_a_shelf_ends(town: Town) -> None:
    front = await town.storefront(stock=INT64_MAX - 500_000)
    body = {"variant_id": front.variant.id, "delta": 1_000_000, "kind": "receive", "reason": "a long train"}
    answer = await town.client.post(
        f"/v1/seller/stores/{front.id}/inventory/adjustments", json=body, headers=keyed(front.headers)
    )
    assert answer.status_code in (201, 409, 422), answer.text
