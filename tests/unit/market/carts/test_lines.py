"""Lines of a cart: what is put in adds up, what does not fit is refused or said, and nothing is lost in a merge."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.carts import CartItem
from daraa.declare import Localized
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.carts import errors
from daraa.market.carts.lines import MOST_LINES, MOST_PIECES, Items, added, merged, removed, set_to
from daraa.market.catalog.offer import SellableVariant

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NAME = Localized(ar="شيء", en="Thing")
STORE, PRODUCT = new_id("sto"), new_id("prd")
VARIANTS = [new_id("var") for _ in range(6)]


def an_offer(variant: str, price: int = 100, currency: str = "SYP", **more: Any) -> SellableVariant:
    fields: dict[str, Any] = {
        "variant_id": variant, "product_id": PRODUCT, "store_id": STORE, "store_name": NAME, "store_slug": "s",
        "store_category_ids": (), "category_path": (), "name": NAME, "sku": "S", "image": None,
        "unit_price": Money(amount=price, currency=currency), "sellable": True, "reason": None, "accepts_cash": True,
        "cash_limit": None, "return_days": 7, "store_location": None,
    }  # fmt: skip
    return SellableVariant(**{**fields, **more})


def an_item(variant: str, quantity: int, currency: str = "SYP") -> CartItem:
    return CartItem(
        variant_id=variant, product_id=PRODUCT, store_id=STORE, quantity=quantity, name=NAME,
        last_price=Money(amount=100, currency=currency), added_at=NOW,
    )  # fmt: skip


def refusal_of(work: Any) -> str:
    with pytest.raises(DaraaError) as refused:
        work()
    return refused.value.code


def counts(items: Items) -> dict[str, int]:
    return {item.variant_id: item.quantity for item in items}


@given(st.lists(st.tuples(st.sampled_from(VARIANTS), st.integers(1, 99)), max_size=10))
def test_what_is_put_in_adds_up_in_one_line_for_each_variant(wants: list[tuple[str, int]]) -> None:
    items: Items = ()
    for variant, quantity in wants:
        items = added(items, an_offer(variant), quantity, "SYP", NOW)
    assert len({item.variant_id for item in items}) == len(items)
    assert sum(counts(items).values()) == sum(quantity for _, quantity in wants)


def test_a_line_holds_999_pieces_and_a_cart_a_hundred_lines() -> None:
    full: Items = (an_item(VARIANTS[0], MOST_PIECES),)
    assert refusal_of(lambda: added(full, an_offer(VARIANTS[0]), 1, "SYP", NOW)) == errors.QUANTITY_LIMIT
    assert refusal_of(lambda: set_to(full, VARIANTS[0], MOST_PIECES + 1, None)) == errors.QUANTITY_LIMIT
    many: Items = tuple(an_item(new_id("var"), 1) for _ in range(MOST_LINES))
    assert refusal_of(lambda: added(many, an_offer(VARIANTS[0]), 1, "SYP", NOW)) == errors.LINES_LIMIT
    assert added(many, an_offer(many[7].variant_id), 1, "SYP", NOW)[7].quantity == 2


def test_one_cart_has_one_currency_and_an_empty_one_takes_any() -> None:
    one = (an_item(VARIANTS[0], 1),)
    dollars = an_offer(VARIANTS[1], currency="USD")
    assert refusal_of(lambda: added(one, dollars, 1, "SYP", NOW)) == errors.CURRENCY_MIXED
    assert added((), dollars, 1, "SYP", NOW)[0].last_price.currency == "USD"


def test_what_is_not_for_sale_is_not_put_in_but_may_lie_there() -> None:
    shut = an_offer(VARIANTS[0], sellable=False, reason="variant_inactive")
    assert refusal_of(lambda: added((), shut, 1, None, NOW)) == errors.NOT_FOR_SALE
    assert set_to((an_item(VARIANTS[0], 5),), VARIANTS[0], 2, shut)[0].quantity == 2


def test_changing_a_line_takes_note_of_its_present_price_and_leaves_the_others_alone() -> None:
    two = (an_item(VARIANTS[0], 1), an_item(VARIANTS[1], 1))
    first, second = set_to(two, VARIANTS[0], 3, an_offer(VARIANTS[0], price=250))
    assert (first.quantity, first.last_price.amount) == (3, 250)
    assert second == two[1]


def test_a_line_that_is_not_there_can_be_neither_set_nor_removed() -> None:
    assert refusal_of(lambda: set_to((), VARIANTS[0], 1, an_offer(VARIANTS[0]))) == errors.LINE_UNKNOWN
    assert refusal_of(lambda: removed((an_item(VARIANTS[0], 1),), VARIANTS[1])) == errors.LINE_UNKNOWN


LINES = st.dictionaries(st.sampled_from(VARIANTS), st.integers(1, MOST_PIECES), max_size=6)


@given(LINES, LINES)
def test_a_merge_loses_no_piece_without_saying_so(mine: dict[str, int], guests: dict[str, int]) -> None:
    items, left = merged(
        tuple(an_item(*line) for line in mine.items()), [an_item(*line) for line in guests.items()], "SYP"
    )
    for variant in {*mine, *guests}:
        said = sum(each.quantity for each in left if each.variant_id == variant)
        assert counts(items)[variant] + said == mine.get(variant, 0) + guests.get(variant, 0)
        assert counts(items)[variant] >= mine.get(variant, 0)
    assert all(item.quantity <= MOST_PIECES for item in items)


def test_a_merge_leaves_out_other_currencies_and_what_no_longer_fits() -> None:
    full = tuple(an_item(new_id("var"), 1) for _ in range(MOST_LINES))
    items, left = merged(full, [an_item(VARIANTS[0], 2), an_item(VARIANTS[1], 3, "USD")], "SYP")
    assert items == full
    assert [(each.variant_id, each.quantity, each.reason) for each in left] == [
        (VARIANTS[0], 2, "cart_full"),
        (VARIANTS[1], 3, "other_currency"),
    ]
