"""What a shopper sees of a line: the present price beside the one last seen, and the first thing in its way."""

from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.collections.carts import Cart, CartItem
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.carts.schemas import CartOut
from daraa.market.carts.view import cart_view
from daraa.market.catalog.offer import SellableVariant

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NAME = Localized(ar="شيء", en="Thing")
VARIANT, STORE = new_id("var"), new_id("sto")


def offered(price: int = 100, currency: str = "SYP", **more: Any) -> dict[str, SellableVariant]:
    fields: dict[str, Any] = {
        "variant_id": VARIANT, "product_id": new_id("prd"), "store_id": STORE, "store_name": NAME, "store_slug": "s",
        "store_category_ids": (), "category_path": (), "name": Localized(ar="جديد", en="New"), "sku": "S",
        "image": "i.jpg", "unit_price": Money(amount=price, currency=currency), "sellable": True, "reason": None,
        "accepts_cash": True, "cash_limit": None, "return_days": 7, "store_location": None,
    }  # fmt: skip
    return {VARIANT: SellableVariant(**{**fields, **more})}


def a_cart(quantity: int = 2) -> Cart:
    item = CartItem(
        variant_id=VARIANT, product_id=new_id("prd"), store_id=STORE, quantity=quantity, name=NAME,
        last_price=Money(amount=100, currency="SYP"), added_at=NOW,
    )  # fmt: skip
    return Cart(
        id=new_id("crt"), customer_id=new_id("acc"), items=(item,), currency="SYP", touched_at=NOW, ver=4, **stamp(NOW)
    )


@pytest.mark.parametrize(
    ("offers", "available", "reason"),
    [
        ({}, 9, "variant_gone"),
        (offered(sellable=False, reason="store_not_approved"), 9, "store_not_approved"),
        (offered(currency="USD"), 9, "other_currency"),
        (offered(), 0, "out_of_stock"),
        (offered(), 1, "not_enough_stock"),
        (offered(), 2, None),
    ],
)
def test_a_line_says_the_first_thing_that_is_in_its_way(
    offers: dict[str, SellableVariant], available: int, reason: str | None
) -> None:
    seen = cart_view(a_cart(), offers, {VARIANT: available}, "ar")
    CartOut.model_validate(seen)
    (line,) = seen["lines"]
    assert (line["sellable"], line["reason"], seen["sellable"]) == (reason is None, reason, reason is None)
    assert seen["goods"]["amount"] == (200 if reason is None else 0)


def test_a_price_that_changed_is_shown_beside_the_one_last_seen() -> None:
    (line,) = cart_view(a_cart(), offered(price=130), {VARIANT: 9}, "en")["lines"]
    assert (line["unit_price"]["amount"], line["last_price"]["amount"], line["price_changed"]) == (130, 100, True)
    assert (line["line_total"]["amount"], line["name"], line["store"]["name"]) == (260, "New", "Thing")


def test_a_variant_that_is_gone_keeps_the_name_it_had() -> None:
    (line,) = cart_view(a_cart(), {}, {}, "ar")["lines"]
    assert (line["name"], line["unit_price"], line["line_total"], line["price_changed"]) == ("شيء", None, None, False)


def test_no_cart_is_an_empty_one_of_version_zero() -> None:
    seen = cart_view(None, {}, {}, "ar")
    CartOut.model_validate(seen)
    assert (seen["version"], seen["lines"], seen["sellable"]) == (0, [], False)
