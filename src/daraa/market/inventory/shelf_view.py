"""What a seller sees of stock; pure. Who holds it is none of a seller's business, how much is."""

from typing import Any

from daraa.collections.inventories import Inventory
from daraa.collections.stock_movements import StockMovement

Json = dict[str, Any]
_HIDDEN = {"ver", "schema_v", "updated_at", "attempt_id"}


def stock_view(row: Inventory) -> Json:
    """A stock row: on hand = available + held + allocated."""
    return row.model_dump(mode="json", exclude={"schema_v", "holds", "ver"})


def movement_view(movement: StockMovement) -> Json:
    """Why a row changed."""
    return movement.model_dump(mode="json", exclude=_HIDDEN)


def adjustment_view(row: Inventory, movement: StockMovement) -> Json:
    """What an adjustment is answered with."""
    return {"data": {"inventory": stock_view(row), "movement": movement_view(movement)}}
