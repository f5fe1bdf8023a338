"""What each thing that happens does to the numbers of one stock row; pure, so that any order of them can be tried."""

from typing import Any

from daraa.collections.inventories import Inventory
from daraa.collections.parts import Hold
from daraa.market.inventory.errors import below_zero, too_much

MOST_ON_HAND = 1_000_000_000


def unsold(row: Inventory) -> int:
    """What nobody has bought yet: available or held by an attempt that may still fail."""
    return row.available + row.held


def hold_of(row: Inventory, attempt_id: str) -> Hold | None:
    """What the attempt holds of this row."""
    return next((hold for hold in row.holds if hold.attempt_id == attempt_id), None)


def settled(row: Inventory, attempt_id: str, wanted: int) -> tuple[Inventory, int]:
    """The hold becomes an allocation of `wanted` pieces; returns how many could be allocated.

    A hold that is gone or too small is made good from what is available; what is missing then, the caller must tell.
    """
    hold = hold_of(row, attempt_id)
    held = hold.quantity if hold else 0
    available = row.available + held
    allocated = min(wanted, available)
    after = _changed(
        row,
        available=available - allocated,
        held=row.held - held,
        allocated=row.allocated + allocated,
        holds=_without(row, attempt_id),
    )
    return after, allocated


def released(row: Inventory, attempt_id: str) -> Inventory:
    """What the attempt holds can be sold again."""
    hold = hold_of(row, attempt_id)
    if hold is None:
        return row
    return _changed(
        row,
        available=row.available + hold.quantity,
        held=row.held - hold.quantity,
        holds=_without(row, attempt_id),
    )


def unallocated(row: Inventory, quantity: int) -> Inventory:
    """A sale was cancelled before it left the shelf."""
    return _changed(row, available=row.available + quantity, allocated=row.allocated - quantity)


def shipped(row: Inventory, quantity: int) -> Inventory:
    """Allocated pieces have left the shelf."""
    return _changed(row, allocated=row.allocated - quantity, on_hand=row.on_hand - quantity)


def restocked(row: Inventory, quantity: int) -> Inventory:
    """Pieces came back to the shelf."""
    return _changed(row, available=row.available + quantity, on_hand=row.on_hand + quantity)


def adjusted(row: Inventory, delta: int) -> Inventory:
    """The seller counted or received; `inventory.adjustment.below_zero` when more is taken away than is available."""
    if row.available + delta < 0:
        raise below_zero(row.available, delta)
    if row.on_hand + delta > MOST_ON_HAND:
        raise too_much(MOST_ON_HAND)
    return _changed(row, available=row.available + delta, on_hand=row.on_hand + delta)


def warned_at(row: Inventory, low_at: int) -> Inventory:
    """The seller wants to be warned at another level."""
    return _changed(row, low_at=low_at)


def crossed_zero(before: Inventory, after: Inventory) -> bool:
    """True when the row has something to sell where it had nothing, or the other way round."""
    return (unsold(before) > 0) != (unsold(after) > 0)


def _without(row: Inventory, attempt_id: str) -> tuple[Hold, ...]:
    return tuple(hold for hold in row.holds if hold.attempt_id != attempt_id)


def _changed(row: Inventory, **words: Any) -> Inventory:
    after = row.model_copy(update=words)
    return after.model_copy(update={"is_low": unsold(after) <= after.low_at})
