"""Events of an order change stock once per line, repeated or late, and make good what an earlier one left undone."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import Inventory
from daraa.collections.parts import Hold
from daraa.collections.stock_movements import MovementKind, StockMovement
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.inventory.desk import Desk, Line, OrderGoods

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STORE, PRODUCT, ATTEMPT, OTHER = new_id("sto"), new_id("prd"), new_id("att"), new_id("att")
VARIANTS = [new_id("var") for _ in range(3)]
RESERVED = {MovementKind.ALLOCATE: 1, MovementKind.UNALLOCATE: -1, MovementKind.SHIP: -1}
STEPS = {"placed": Desk.allocate, "picked_up": Desk.ship, "cancelled": Desk.free, "returned": Desk.restock}


def a_row(variant: str, available: int, held: int) -> Inventory:
    hold = Hold(attempt_id=ATTEMPT, quantity=max(held, 1), expires_at=NOW + timedelta(minutes=1))
    return Inventory(
        id=inventory_id(STORE, variant), store_id=STORE, product_id=PRODUCT, variant_id=variant, available=available,
        held=held, on_hand=available + held, holds=(hold,) if held else (), **stamp(NOW),
    )  # fmt: skip


def order(*lines: tuple[str, int]) -> OrderGoods:
    return OrderGoods(
        new_id("ord"), STORE, ATTEMPT, tuple(Line(new_id("lin"), variant, PRODUCT, count) for variant, count in lines)
    )


class Shelf:
    """What the database would hold between two events."""

    def __init__(self, goods: OrderGoods, *rows: Inventory) -> None:
        self.goods, self.rows = goods, {row.id: row for row in rows}
        self.received = sum(row.on_hand for row in rows)
        self.movements: list[StockMovement] = []

    def hear(self, step: str) -> Desk:
        desk = Desk.prepare(self.goods, NOW, list(self.rows.values()), [m for m in self.movements if m.order_line_id])
        STEPS[step](desk)
        self.rows = {key: row for key, row in desk.rows.items() if key in self.rows or row.on_hand}
        self.movements += desk.movements
        return desk

    def check(self) -> None:
        keys = Counter((m.order_line_id, m.kind) for m in self.movements if m.order_line_id)
        assert max(keys.values(), default=1) == 1
        for row in self.rows.values():
            mine = [m for m in self.movements if m.inventory_id == row.id]
            assert row.on_hand == row.available + row.held + row.allocated
            assert row.held == sum(hold.quantity for hold in row.holds)
            assert row.allocated == sum(RESERVED.get(m.kind, 0) * m.quantity for m in mine)
        on_hand = sum(row.on_hand for row in self.rows.values())
        assert on_hand == self.received + sum(m.delta_on_hand for m in self.movements)

    @property
    def only(self) -> Inventory:
        (row,) = self.rows.values()
        return row


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=3),
    st.lists(st.sampled_from(sorted(STEPS)), max_size=8),
)
def test_any_story_told_in_any_order_keeps_rows_and_movements_together(
    lines: list[tuple[int, int]], stocks: list[tuple[int, int]], story: list[str]
) -> None:
    rows = [a_row(variant, *stock) for variant, stock in zip(VARIANTS, stocks, strict=True)]
    shelf = Shelf(order(*((VARIANTS[place], count) for place, count in lines)), *rows)
    for step in story:
        shelf.hear(step)
        shelf.check()
        assert shelf.hear(step).movements == []


def test_a_whole_life_ends_with_the_goods_back_on_the_shelf() -> None:
    shelf = Shelf(order((VARIANTS[0], 3)), a_row(VARIANTS[0], 2, 3))
    assert shelf.hear("placed").missing == []
    assert (shelf.only.available, shelf.only.held, shelf.only.allocated) == (2, 0, 3)
    shelf.hear("picked_up")
    assert (shelf.only.on_hand, shelf.only.allocated) == (2, 0)
    shelf.hear("returned")
    assert (shelf.only.available, shelf.only.on_hand) == (5, 5)


def test_two_lines_of_one_variant_share_the_hold() -> None:
    shelf = Shelf(order((VARIANTS[0], 1), (VARIANTS[0], 2)), a_row(VARIANTS[0], 0, 3))
    assert shelf.hear("placed").missing == []
    assert shelf.only.allocated == 3


def test_a_hold_that_was_lost_is_made_good_from_what_is_available() -> None:
    shelf = Shelf(order((VARIANTS[0], 3)), a_row(VARIANTS[0], 4, 0))
    assert shelf.hear("placed").missing == []
    assert (shelf.only.available, shelf.only.allocated) == (1, 3)


def test_what_cannot_be_made_good_is_told_and_shipped_when_it_has_come() -> None:
    shelf = Shelf(order((VARIANTS[0], 3)), a_row(VARIANTS[0], 1, 0))
    desk = shelf.hear("placed")
    assert [(each.line.quantity, each.allocated) for each in desk.missing] == [(3, 1)]
    assert desk.movements[0].reason == "2 missing when settled"
    row = shelf.only
    shelf.rows[row.id] = row.model_copy(update={"available": 5, "on_hand": 6})
    shelf.received += 5
    shelf.hear("picked_up")
    shelf.check()
    assert (shelf.only.available, shelf.only.allocated, shelf.only.on_hand) == (3, 0, 3)


def test_cancelling_an_order_that_was_never_settled_releases_its_hold_and_nothing_comes_after() -> None:
    shelf = Shelf(order((VARIANTS[0], 3)), a_row(VARIANTS[0], 2, 3))
    shelf.hear("cancelled")
    assert (shelf.only.available, shelf.only.held) == (5, 0)
    assert shelf.hear("placed").movements == []
    assert shelf.only.allocated == 0


def test_a_pickup_that_overtakes_the_placing_does_its_work_too() -> None:
    shelf = Shelf(order((VARIANTS[0], 3)), a_row(VARIANTS[0], 0, 3))
    shelf.hear("picked_up")
    assert (shelf.only.held, shelf.only.allocated, shelf.only.on_hand) == (0, 0, 0)
    assert shelf.hear("placed").movements == []


def test_a_line_without_any_stock_row_is_a_shortage_and_returns_make_the_row() -> None:
    shelf = Shelf(order((VARIANTS[0], 2)))
    assert len(shelf.hear("placed").missing) == 1
    assert shelf.rows == {}
    shelf.hear("returned")
    assert shelf.only.available == 2


def test_an_event_of_something_else_is_refused() -> None:
    with pytest.raises(KeyError):
        OrderGoods.read({"wallet_id": "x"})
