"""What the inventory takes and answers over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from daraa.collections.inventories import MAIN
from daraa.collections.stock_movements import MovementKind
from daraa.kernel.ids import ID_PATTERN
from daraa.market.http import Input
from daraa.market.inventory.shelf_service import Adjustment
from daraa.market.paging import PageParameters
from daraa.market.texts import LINE_PATTERN

Reference = Annotated[str, Field(pattern=ID_PATTERN)]
MOST_AT_ONCE = 1_000_000


class AdjustStock(Input):
    """`receive` for goods that came in, `adjust` for what was counted, lost or broken."""

    variant_id: Reference
    place: Literal["main"] = MAIN
    kind: Literal["receive", "adjust"] = "adjust"
    delta: Annotated[int, Field(strict=True, ge=-MOST_AT_ONCE, le=MOST_AT_ONCE, description="Not zero.")]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True, pattern=LINE_PATTERN)]
    low_at: Annotated[
        int | None, Field(strict=True, ge=0, le=MOST_AT_ONCE, description="Warn at so many unsold pieces.")
    ] = None

    @model_validator(mode="after")
    def _not_zero(self) -> Self:
        if self.delta == 0:
            raise ValueError("delta must not be zero")
        return self

    def adjustment(self) -> Adjustment:
        """The same in the service's words."""
        return Adjustment(
            self.variant_id, self.place, MovementKind(self.kind), self.delta, self.reason, low_at=self.low_at
        )


class ListStock(PageParameters):
    """All of the store's stock, or that of one variant."""

    variant_id: Annotated[str | None, Field(pattern=ID_PATTERN, description="The stock of one variant.")] = None


class StockOut(BaseModel):
    """One variant in one place: on hand = available + held + allocated."""

    id: str
    store_id: str
    product_id: str
    variant_id: str
    place: str
    available: int
    held: int
    allocated: int
    on_hand: int
    low_at: int
    is_low: bool
    created_at: datetime
    updated_at: datetime


class MovementOut(BaseModel):
    """One change of a stock row and what caused it."""

    id: str
    inventory_id: str
    store_id: str
    variant_id: str
    kind: MovementKind
    quantity: int
    delta_on_hand: int
    order_id: str | None
    order_line_id: str | None
    actor_id: str | None
    reason: str | None
    created_at: datetime


class AdjustmentOut(BaseModel):
    """The row after an adjustment, and its movement."""

    inventory: StockOut
    movement: MovementOut
