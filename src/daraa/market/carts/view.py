"""What a shopper sees of a cart: every line at its present price, and whether it can be bought; pure."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.carts import Cart, CartItem
from daraa.declare import Localized
from daraa.kernel.languages import Language
from daraa.kernel.money import Money
from daraa.market.catalog.offer import SellableVariant

Json = dict[str, Any]


def cart_view(
    cart: Cart | None,
    offers: Mapping[str, SellableVariant],
    available: Mapping[str, int],
    language: Language,
) -> Json:
    """`goods` is what the lines that can be bought come to now; a quote, never an authority. None is an empty cart."""
    if cart is None:
        return {**_EMPTY}
    lines = [_line(item, offers.get(item.variant_id), available, cart.currency, language) for item in cart.items]
    total = sum(line["line_total"]["amount"] for line in lines if line["sellable"])
    return {
        "id": cart.id,
        "state": cart.state.value,
        "version": cart.ver,
        "currency": cart.currency if cart.items else None,
        "lines": lines,
        "goods": {"amount": total, "currency": cart.currency} if cart.items else None,
        "sellable": bool(lines) and all(line["sellable"] for line in lines),
        "address_id": cart.address_id,
        "expires_at": cart.expires_at,
    }


_EMPTY: Json = {
    "id": None,
    "state": "open",
    "version": 0,
    "currency": None,
    "lines": [],
    "goods": None,
    "sellable": False,
    "address_id": None,
    "expires_at": None,
}


def _line(
    item: CartItem, offer: SellableVariant | None, available: Mapping[str, int], currency: str, language: Language
) -> Json:
    price = offer.unit_price if offer is not None else None
    pieces = available.get(item.variant_id, 0)
    reason = _obstacle(item, offer, pieces, currency)
    return {
        "variant_id": item.variant_id,
        "product_id": item.product_id,
        "store": {
            "id": item.store_id,
            "name": _words(offer.store_name, language) if offer else None,
            "slug": offer.store_slug if offer else None,
        },
        "name": _words(offer.name if offer else item.name, language),
        "sku": offer.sku if offer else None,
        "image": offer.image if offer else item.image,
        "quantity": item.quantity,
        "unit_price": _money(price),
        "last_price": _money(item.last_price),
        "price_changed": price is not None and price != item.last_price,
        "line_total": _money(
            None if price is None else Money(amount=price.amount * item.quantity, currency=price.currency)
        ),
        "available": pieces,
        "sellable": reason is None,
        "reason": reason,
        "added_at": item.added_at,
    }


def _obstacle(item: CartItem, offer: SellableVariant | None, available: int, currency: str) -> str | None:
    """Why the line cannot be bought as it stands; None when it can."""
    if offer is None:
        return "variant_gone"
    if not offer.sellable:
        return offer.reason
    if offer.unit_price.currency != currency:
        return "other_currency"
    if available <= 0:
        return "out_of_stock"
    return "not_enough_stock" if available < item.quantity else None


def _words(text: Localized, language: Language) -> str:
    first, second = (text.ar, text.en) if language == "ar" else (text.en, text.ar)
    return first or second


def _money(money: Money | None) -> Json | None:
    return None if money is None else {"amount": money.amount, "currency": money.currency}
