"""Pages by (created_at, id) over an index that knows the time alone, so that none loses what a millisecond shares."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from daraa.collections.orders import Order
from daraa.market.found import After

Newest = Callable[[int, tuple[datetime] | None], Awaitable[Sequence[Order]]]
"""Reads so many orders, newest first, made before that time (from the top for None)."""
At = Callable[[datetime], Awaitable[Sequence[Order]]]
"""Reads all orders of one millisecond, in no order."""


async def newest_first(newest: Newest, at: At, limit: int, after: After) -> list[Order]:
    """A page behind the (created_at, id) in `after`; the millisecond at either edge is read whole and sorted by id."""
    rows: list[Order] = []
    if after is not None:
        rows = [order for order in await at(after[0]) if order.id < after[1]]
    rows += await newest(limit, None if after is None else (after[0],))
    if len(rows) >= limit > 1 and rows[limit - 1].created_at == rows[limit - 2].created_at:
        rows += await _rest_of(rows, rows[limit - 1].created_at, at, after)
    return sorted(rows, key=_place, reverse=True)[:limit]


async def _rest_of(rows: Sequence[Order], edge: datetime, at: At, after: After) -> list[Order]:
    """What the page has not yet of the millisecond that its end may have cut in two."""
    known = {order.id for order in rows}
    shown_down_to = after[1] if after is not None and edge == after[0] else None
    return [
        order
        for order in await at(edge)
        if order.id not in known and (shown_down_to is None or order.id < shown_down_to)
    ]


def _place(order: Order) -> tuple[datetime, str]:
    return order.created_at, order.id
