"""The rules of goods: figures, attributes, prices, and the states a product may go through."""

from datetime import timedelta
from typing import Any

import pytest

from daraa.collections.categories import AttributeKind, AttributeRule
from daraa.collections.inventories import Inventory
from daraa.collections.product_variants import Sale, VariantStatus
from daraa.collections.products import Attribute, ProductStatus
from daraa.collections.store_owner_profiles import StoreStatus
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.money import Money
from daraa.market.catalog.goods import MOVES, attribute_problem, figures, price_problem, slug_for
from daraa.market.catalog.near import metres_to, place
from daraa.market.catalog.nearby import in_order
from daraa.market.catalog.offer import offer_of, price_at
from factories.catalog import START, a_category, a_product, a_store, a_variant

STORE = a_store("unit")
PRODUCT = a_product(STORE, a_category("unit"))
NAME = Localized(ar="خاصية", en="Attribute")


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def stock(variant_id: str, available: int, held: int = 0) -> Inventory:
    return Inventory(
        id="i" * 32, store_id=STORE.id, product_id=PRODUCT.id, variant_id=variant_id, available=available, held=held,
        on_hand=available + held, **stamp(START),
    )  # fmt: skip


def test_figures_count_what_is_on_offer() -> None:
    dear, cheap = a_variant(PRODUCT, price=syp(900)), a_variant(PRODUCT, price=syp(300))
    gone = a_variant(PRODUCT, price=syp(1), status=VariantStatus.INACTIVE)
    shown = figures([dear, cheap, gone], [stock(gone.id, 5), stock(dear.id, 0)])
    assert shown == {"price_from": syp(300), "price_to": syp(900), "variant_count": 2, "in_stock": False}
    assert figures([dear, gone], [stock(dear.id, 0, held=1)])["in_stock"]


def test_without_anything_on_offer_the_last_prices_stay() -> None:
    gone = a_variant(PRODUCT, price=syp(70), status=VariantStatus.INACTIVE)
    assert figures([gone], [stock(gone.id, 5)]) == {
        "price_from": syp(70), "price_to": syp(70), "variant_count": 0, "in_stock": False,
    }  # fmt: skip


def test_a_sale_counts_from_its_start_until_before_its_end() -> None:
    begin, end = START + timedelta(days=1), START + timedelta(days=2)
    variant = a_variant(PRODUCT, price=syp(100), sale=Sale(price=syp(60), starts_at=begin, ends_at=end))
    tick = timedelta(milliseconds=1)
    assert [price_at(variant, when).amount for when in (begin - tick, begin, end - tick, end)] == [100, 60, 60, 100]


def test_an_offer_names_the_widest_obstacle_first() -> None:
    suspended = a_store("unit-shut", status=StoreStatus.SUSPENDED)
    draft = PRODUCT.model_copy(update={"status": ProductStatus.DRAFT})
    gone = a_variant(PRODUCT, status=VariantStatus.INACTIVE)
    assert offer_of(gone, draft, suspended, START).reason == "store_not_approved"
    assert offer_of(gone, draft, STORE, START).reason == "product_not_active"
    assert offer_of(gone, PRODUCT, STORE, START).reason == "variant_inactive"
    assert offer_of(a_variant(PRODUCT), PRODUCT, STORE, START).sellable


def test_an_offer_shows_the_variants_image_before_the_products() -> None:
    assert offer_of(a_variant(PRODUCT, image="own.jpg"), PRODUCT, STORE, START).image == "own.jpg"
    assert offer_of(a_variant(PRODUCT), PRODUCT, STORE, START).image == PRODUCT.media[0]
    bare = PRODUCT.model_copy(update={"media": ()})
    assert offer_of(a_variant(PRODUCT), bare, STORE, START).image is None


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        (AttributeKind.NUMBER, "12.5", True),
        (AttributeKind.NUMBER, "12,5", False),
        (AttributeKind.NUMBER, "1e9", False),
        (AttributeKind.NUMBER, "١٢", False),
        (AttributeKind.YES_NO, "yes", True),
        (AttributeKind.YES_NO, "true", False),
        (AttributeKind.CHOICE, "S", True),
        (AttributeKind.CHOICE, "s", False),
        (AttributeKind.TEXT, "anything", True),
    ],
)
def test_an_attribute_fits_its_kind(kind: AttributeKind, value: str, fits: bool) -> None:
    rule = AttributeRule(k="x", name=NAME, kind=kind, choices=("S", "M"))
    assert (attribute_problem((rule,), (Attribute(k="x", v=value),), complete=True) is None) == fits


def test_a_required_attribute_is_asked_for_only_when_all_must_be_there() -> None:
    rule = AttributeRule(k="x", name=NAME, kind=AttributeKind.TEXT, is_required=True)
    assert attribute_problem((rule,), (), complete=False) is None
    assert attribute_problem((rule,), (Attribute(k="y", v="1"),), complete=True) == ("x", "is required")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({}, ""),
        ({"list_price": syp(100)}, ""),
        ({"list_price": syp(99)}, "list_price"),
        ({"list_price": Money(amount=500, currency="USD")}, "list_price"),
        ({"sale": Sale(price=syp(100), starts_at=START, ends_at=START + timedelta(1))}, "sale.price"),
        ({"sale": Sale(price=syp(99), starts_at=START, ends_at=START)}, "sale.ends_at"),
        ({"sale": Sale(price=syp(99), starts_at=START, ends_at=START + timedelta(1))}, ""),
    ],
)
def test_prices_may_not_contradict_each_other(more: dict[str, Any], problem: str) -> None:
    found = price_problem(a_variant(PRODUCT, price=syp(100), **more))
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


def test_nothing_becomes_a_draft_again_and_every_other_state_can_be_left() -> None:
    assert set(MOVES) == set(ProductStatus)
    assert all(MOVES.values())
    assert not any(ProductStatus.DRAFT in targets for targets in MOVES.values())


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Ahmad's Honey, 500 g", "ahmad-s-honey-500-g"), ("عسل", "product"), ("---", "product"), ("x" * 200, "x" * 80)],
)
def test_a_product_without_a_slug_gets_a_valid_one(name: str, slug: str) -> None:
    made = slug_for(name, PRODUCT.id)
    assert made == f"{slug}-{PRODUCT.id[-8:]}"
    assert PRODUCT.model_validate(PRODUCT.model_dump() | {"slug": made}).slug == made


def test_an_answer_that_is_not_nearest_first_is_recognized() -> None:
    near = place("32.0,36.0", None)
    assert near is not None
    rows = [{"location": {"coordinates": [36.0, 32.0 + north]}} for north in (0.001, 0.002, 0.002, 0.004)]
    assert in_order(near, rows)
    assert in_order(near, [])
    assert not in_order(near, rows[::-1])


def test_a_degree_north_is_as_far_as_the_earth_is_round() -> None:
    near = place("32.0,36.0", None)
    assert near is not None
    assert near.max_metres == 5_000
    assert metres_to(near, {"coordinates": [36.0, 33.0]}) == 111_319
    assert metres_to(near, {"coordinates": [36.0, 32.0]}) == 0
    assert place("90.5,0", None) is None
    assert place("0,-180.5", None) is None
