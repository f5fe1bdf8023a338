"""Decides what an order's event does to stock: rows, movements and shortages; pure, whatever happened before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import Inventory
from daraa.collections.stock_movements import MovementKind, StockMovement
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.inventory.rows import released, restocked, settled, shipped, unallocated

SETTLED = (MovementKind.ALLOCATE, MovementKind.UNALLOCATE)
"""What says of an attempt that nothing more will become of its hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order."""

    id: str
    variant_id: str
    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderGoods:
    """What stock needs to know of an order; every `order.*` event carries it."""

    order_id: str
    store_id: str
    attempt_id: str | None
    lines: tuple[Line, ...]

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "OrderGoods":
        """From the payload of an event; KeyError when it is none of an order."""
        lines = (
            Line(each["id"], each["variant_id"], each["product_id"], each["quantity"]) for each in payload["lines"]
        )
        return cls(payload["order_id"], payload["store_id"], payload.get("attempt_id"), tuple(lines))

    def row_of(self, line: Line) -> str:
        """The key of the stock row that serves the line."""
        return inventory_id(self.store_id, line.variant_id)


@dataclass(frozen=True, slots=True)
class Missing:
    """A line that was sold and for which the shelf had too little when it was settled."""

    line: Line
    allocated: int


@dataclass
class Desk:
    """One order on the desk: what is known of its lines and rows, and what has been decided so far.

    Each step looks at the movements that exist and does only what is missing, so a repeated or late event does nothing
    and one that overtook an earlier event does that one's work too.
    """

    goods: OrderGoods
    now: datetime
    rows: dict[str, Inventory]
    quantities: dict[tuple[str, MovementKind], int]
    """Pieces moved so far by order line and kind."""
    movements: list[StockMovement] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()
    """Keys of rows that do not exist yet."""

    @classmethod
    def prepare(
        cls, goods: OrderGoods, now: datetime, rows: Sequence[Inventory], movements: Iterable[StockMovement]
    ) -> "Desk":
        """With the rows and movements as they are stored; a row that is not there counts as empty."""
        known = {row.id: row for row in rows}
        for line in goods.lines:
            known.setdefault(goods.row_of(line), _empty_row(goods, line, now))
        unknown = frozenset(known) - {row.id for row in rows}
        moved = {(each.order_line_id or "", each.kind): each.quantity for each in movements}
        return cls(goods, now, known, moved, unknown=unknown)

    def allocate(self) -> None:
        """Placed: the hold of the attempt becomes an allocation, line by line."""
        for line in self.goods.lines:
            if self._has(line, MovementKind.ALLOCATE) or self._has(line, MovementKind.UNALLOCATE):
                continue
            key = self.goods.row_of(line)
            # The hold covers every line of its variant: lines after the first find it gone and its rest available.
            self.rows[key], allocated = settled(self.rows[key], self.goods.attempt_id or "", line.quantity)
            short = line.quantity - allocated
            self._move(line, MovementKind.ALLOCATE, allocated, 0, f"{short} missing when settled" if short else None)
            if short:
                self.missing.append(Missing(line, allocated))

    def ship(self) -> None:
        """Picked up: what was allocated leaves the shelf, and what was missing then too if it has come since."""
        self.allocate()
        for line in self.goods.lines:
            if self._has(line, MovementKind.SHIP):
                continue
            key = self.goods.row_of(line)
            allocated = self._allocated(line)
            self.rows[key] = shipped(self.rows[key], allocated)
            self._move(line, MovementKind.SHIP, allocated, -allocated)
            late = min(line.quantity - allocated, self.rows[key].available)
            if late > 0:
                self.rows[key] = restocked(self.rows[key], -late)
                self._move(line, MovementKind.ADJUST, -late, -late, "shipped beyond what was allocated", of_line=False)

    def free(self) -> None:
        """Cancelled: what was allocated can be sold again; an attempt's hold that was never settled too."""
        for line in self.goods.lines:
            if self._has(line, MovementKind.UNALLOCATE) or self._has(line, MovementKind.SHIP):
                continue
            key = self.goods.row_of(line)
            if self._has(line, MovementKind.ALLOCATE):
                quantity = self._allocated(line)
                self.rows[key] = unallocated(self.rows[key], quantity)
                self._move(line, MovementKind.UNALLOCATE, quantity, 0)
            else:
                self.rows[key] = released(self.rows[key], self.goods.attempt_id or "")
                # Of nothing, but it keeps a late order.placed from setting aside what nobody wants any more.
                self._move(line, MovementKind.UNALLOCATE, 0, 0, "cancelled before it was settled")

    def restock(self) -> None:
        """Returned to the store: the pieces are on the shelf again."""
        self.ship()
        for line in self.goods.lines:
            if self._has(line, MovementKind.RETURN):
                continue
            key = self.goods.row_of(line)
            self.rows[key] = restocked(self.rows[key], line.quantity)
            self._move(line, MovementKind.RETURN, line.quantity, line.quantity)

    def movement_of(self, line: Line) -> StockMovement:
        """The first movement decided for the line."""
        return next(each for each in self.movements if each.order_line_id == line.id)

    def _has(self, line: Line, kind: MovementKind) -> bool:
        return (line.id, kind) in self.quantities

    def _allocated(self, line: Line) -> int:
        """Pieces of the line that are set aside now."""
        given_back = self.quantities.get((line.id, MovementKind.UNALLOCATE), 0)
        return self.quantities.get((line.id, MovementKind.ALLOCATE), 0) - given_back

    def _move(
        self,
        line: Line,
        kind: MovementKind,
        quantity: int,
        delta: int,
        reason: str | None = None,
        *,
        of_line: bool = True,
    ) -> None:
        moved = movement(self.goods, line, kind, quantity, delta, self.now, reason)
        self.movements.append(moved if of_line else moved.model_copy(update={"order_line_id": None}))
        if of_line:
            self.quantities[line.id, kind] = quantity


def movement(
    goods: OrderGoods,
    line: Line,
    kind: MovementKind,
    quantity: int,
    delta: int,
    now: datetime,
    reason: str | None = None,
) -> StockMovement:
    """Why the row of the line changes: `delta` pieces on hand."""
    return StockMovement(
        id=new_id("smv"),
        inventory_id=goods.row_of(line),
        store_id=goods.store_id,
        variant_id=line.variant_id,
        kind=kind,
        quantity=quantity,
        delta_on_hand=delta,
        order_id=goods.order_id,
        order_line_id=line.id,
        attempt_id=goods.attempt_id if kind in SETTLED else None,
        reason=reason,
        **stamp(now),
    )


def _empty_row(goods: OrderGoods, line: Line, now: datetime) -> Inventory:
    return Inventory(
        id=goods.row_of(line),
        store_id=goods.store_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        is_low=True,
        **stamp(now),
    )
