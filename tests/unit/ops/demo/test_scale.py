"""How a size becomes cells, without losing or inventing a product."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.ops.demo.people import COURIERS, CUSTOMERS, OWNERS, phone
from daraa.ops.demo.scale import (
    CELL_STORES,
    MOST_PRODUCTS,
    cell_count,
    cells,
    products_per_category,
    stores_per_kind,
)
from daraa.ops.demo.shoppers import referral_code


@pytest.mark.parametrize("products", [1, 29, 30, 31, 149, 150, 151, 3000, 60_001, MOST_PRODUCTS])
def test_cells_hold_exactly_the_products_asked_for(products: int) -> None:
    made = list(cells(products))
    assert sum(cell.products for cell in made) == products
    assert len(made) == cell_count(products)
    assert sum(products_per_category(products).values()) == products
    assert sum(stores_per_kind(products).values()) == sum(cell.stores for cell in made)


def test_people_of_the_largest_load_do_not_run_out_of_telephones() -> None:
    last = list(cells(MOST_PRODUCTS))[-1].number
    assert OWNERS + (last + 1) * CELL_STORES < CUSTOMERS
    assert CUSTOMERS + sum(cell.customers for cell in cells(MOST_PRODUCTS)) < COURIERS
    assert len(phone(9_999_999)) == len("+963") + 9


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_referral_codes_differ_and_have_eight_letters(one: int, other: int) -> None:
    assert len(referral_code(one)) == 8
    assert (referral_code(one) == referral_code(other)) == (one == other)
