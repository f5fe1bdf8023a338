"""Whatever happens to a stock row, in whatever order, its numbers agree."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import Inventory
from daraa.collections.parts import Hold
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.market.inventory import rows
from daraa.market.inventory.errors import BELOW_ZERO, TOO_MUCH

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ATTEMPTS = [new_id("att") for _ in range(3)]


def a_row(available: int, *held: int, low_at: int = 5) -> Inventory:
    store, variant = new_id("sto"), new_id("var")
    holds = tuple(
        Hold(attempt_id=attempt, quantity=quantity, expires_at=NOW + timedelta(minutes=1))
        for attempt, quantity in zip(ATTEMPTS, held, strict=False)
    )
    return Inventory(
        id=inventory_id(store, variant), store_id=store, product_id=new_id("prd"), variant_id=variant, holds=holds,
        available=available, held=sum(held), on_hand=available + sum(held), low_at=low_at,
        is_low=available + sum(held) <= low_at, **stamp(NOW),
    )  # fmt: skip


def agrees(row: Inventory) -> bool:
    whole = row.on_hand == row.available + row.held + row.allocated
    held = row.held == sum(hold.quantity for hold in row.holds)
    return whole and held and min(row.available, row.held, row.allocated, row.on_hand) >= 0


@given(st.integers(0, 20), st.lists(st.integers(1, 9), max_size=3), st.integers(0, 2), st.integers(1, 12))
def test_settling_allocates_what_is_there_and_never_more(
    available: int, held: list[int], which: int, wanted: int
) -> None:
    row = a_row(available, *held)
    mine = held[which] if which < len(held) else 0
    after, allocated = rows.settled(row, ATTEMPTS[which], wanted)
    assert agrees(after)
    assert allocated == min(wanted, mine + available)
    assert after.on_hand == row.on_hand
    assert rows.hold_of(after, ATTEMPTS[which]) is None


@given(st.integers(0, 9), st.lists(st.integers(1, 9), max_size=3), st.lists(st.integers(0, 30), max_size=12))
def test_any_order_of_changes_keeps_the_numbers_together(available: int, held: list[int], choices: list[int]) -> None:
    row = a_row(available, *held)
    for choice in choices:
        attempt, amount = ATTEMPTS[choice % 3], choice // 3
        match choice % 6:
            case 0:
                row, _ = rows.settled(row, attempt, amount)
            case 1:
                row = rows.released(row, attempt)
            case 2:
                row = rows.unallocated(row, min(amount, row.allocated))
            case 3:
                row = rows.shipped(row, min(amount, row.allocated))
            case 4:
                row = rows.restocked(row, amount)
            case _:
                row = rows.adjusted(row, max(-amount, -row.available))
        assert agrees(row)
        assert row.is_low == (row.available + row.held <= row.low_at)


def test_taking_away_more_than_is_available_is_refused_whatever_is_held() -> None:
    with pytest.raises(DaraaError) as refused:
        rows.adjusted(a_row(2, 9), -3)
    assert refused.value.code == BELOW_ZERO
    assert refused.value.details["available"] == 2


def test_no_row_counts_more_than_a_thousand_million() -> None:
    with pytest.raises(DaraaError) as refused:
        rows.adjusted(a_row(rows.MOST_ON_HAND), 1)
    assert refused.value.code == TOO_MUCH


def test_a_hold_alone_makes_nothing_low_and_crosses_no_zero() -> None:
    free = a_row(6)
    held = free.model_copy(update={"available": 0, "held": 6})
    assert not rows.crossed_zero(free, held)
    assert not rows.released(held, ATTEMPTS[0]).is_low
    sold, _ = rows.settled(a_row(0, 1), ATTEMPTS[0], 1)
    assert sold.is_low
    assert rows.crossed_zero(a_row(0, 1), sold)


def test_the_key_of_a_row_is_the_one_that_the_demo_data_has() -> None:
    # Fixed for ever: rows in databases are found by it.
    assert inventory_id("sto_a", "var_b") == inventory_id("sto_a", "var_b", "main")
    assert inventory_id("sto_a", "var_b") == "b3e91c0f951b7acb4a18f368b5373890"
