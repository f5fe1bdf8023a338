"""What adding, setting, removing and merging does to the lines of a cart; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from daraa.collections.carts import CartItem
from daraa.market.carts.errors import (
    currency_mixed,
    line_unknown,
    lines_limit,
    not_for_sale,
    quantity_limit,
)
from daraa.market.catalog.offer import SellableVariant

MOST_LINES = 100
MOST_PIECES = 999
Items = tuple[CartItem, ...]


def added(items: Items, offer: SellableVariant, quantity: int, currency: str | None, now: datetime) -> Items:
    """With `quantity` more of the variant; `currency` is the cart's, None while nothing lies in it."""
    if not offer.sellable:
        raise not_for_sale(offer.reason or "unknown")
    if items and currency is not None and offer.unit_price.currency != currency:
        raise currency_mixed(currency, offer.unit_price.currency)
    known = find(items, offer.variant_id)
    if known is not None:
        return _with(items, _checked(known, known.quantity + quantity, offer))
    if len(items) >= MOST_LINES:
        raise lines_limit(MOST_LINES)
    line = CartItem(
        variant_id=offer.variant_id,
        product_id=offer.product_id,
        store_id=offer.store_id,
        quantity=quantity,
        name=offer.name,
        image=offer.image,
        last_price=offer.unit_price,
        added_at=now,
    )
    return (*items, line)


def set_to(items: Items, variant_id: str, quantity: int, offer: SellableVariant | None) -> Items:
    """With exactly `quantity` of a variant that is in the cart; the shopper has seen its present price by that."""
    known = find(items, variant_id)
    if known is None:
        raise line_unknown()
    return _with(items, _checked(known, quantity, offer))


def removed(items: Items, variant_id: str) -> Items:
    """Without the variant."""
    if find(items, variant_id) is None:
        raise line_unknown()
    return tuple(item for item in items if item.variant_id != variant_id)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A guest's line, or part of one, that did not fit into the account's cart."""

    variant_id: str
    quantity: int
    reason: Literal["other_currency", "cart_full", "too_many"]


def merged(mine: Items, guests: Sequence[CartItem], currency: str) -> tuple[Items, tuple[LeftOut, ...]]:
    """The account's lines with the guest's added; what does not fit is said, and the account's own lines stay."""
    lines, left = {item.variant_id: item for item in mine}, list[LeftOut]()
    for item in guests:
        if item.last_price.currency != currency:
            left.append(LeftOut(item.variant_id, item.quantity, "other_currency"))
        elif (known := lines.get(item.variant_id)) is not None:
            both = known.quantity + item.quantity
            if both > MOST_PIECES:
                left.append(LeftOut(item.variant_id, both - MOST_PIECES, "too_many"))
            lines[item.variant_id] = known.model_copy(update={"quantity": min(both, MOST_PIECES)})
        elif len(lines) >= MOST_LINES:
            left.append(LeftOut(item.variant_id, item.quantity, "cart_full"))
        else:
            lines[item.variant_id] = item
    return tuple(lines.values()), tuple(left)


def find(items: Items, variant_id: str) -> CartItem | None:
    """The line of the variant."""
    return next((item for item in items if item.variant_id == variant_id), None)


def _with(items: Items, line: CartItem) -> Items:
    return tuple(line if item.variant_id == line.variant_id else item for item in items)


def _checked(line: CartItem, quantity: int, offer: SellableVariant | None) -> CartItem:
    if quantity > MOST_PIECES:
        raise quantity_limit(MOST_PIECES)
    seen = {} if offer is None else {"last_price": offer.unit_price, "name": offer.name, "image": offer.image}
    return line.model_copy(update={"quantity": quantity, **seen})
