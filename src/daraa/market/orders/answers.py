"""Orders as their readers see them: a customer never sees a commission, a store never sees the door's address."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.order_groups import OrderGroup
from daraa.collections.order_parts import OrderLine, OrderTotals
from daraa.collections.orders import Order, OrderStatus
from daraa.declare import Localized
from daraa.kernel.languages import Language
from daraa.kernel.money import Money
from daraa.market.orders.machine import LAST, Party, next_states
from daraa.market.orders.quote import OrderQuote, Quote

Raw = dict[str, Any]


def for_customer(order: Order, language: Language) -> Raw:
    """An order for who placed it."""
    address = order.delivery_address.model_dump(mode="json", exclude_none=True)
    return _order(order, language, Party.CUSTOMER) | {
        "lines": [_line(line, language) for line in order.items],
        "delivery_address": address,
        "note": order.customer_note,
    }


def for_seller(order: Order, language: Language) -> Raw:
    """An order for its store: with the commission, without what only the courier needs to find the door."""
    address = order.delivery_address
    commission = sum(line.commission.amount.amount for line in order.items)
    goods = sum(line.total.amount for line in order.items)
    currency = order.totals.total.currency
    return _order(order, language, Party.SELLER) | {
        "lines": [_line(line, language) | {"commission": _commission(line)} for line in order.items],
        "recipient": address.recipient,
        "delivery_area": {"city": address.city, "area": address.area},
        "note": order.customer_note,
        "commission": _money(Money(amount=commission, currency=currency)),
        "store_share": _money(Money(amount=goods - commission, currency=currency)),
    }


def for_admin(order: Order) -> Raw:
    """Everything, in both languages."""
    shown = order.model_dump(mode="json", exclude_none=True, by_alias=False)
    return shown | {"can_become": [to.value for to in next_states(order.order_status, Party.ADMIN)]}


def group(group: OrderGroup, orders: Sequence[Order], intent_id: str | None, language: Language) -> Raw:
    """A checkout with its orders, as the answer to placing it and to reading it."""
    by_id = {order.id: order for order in orders}
    known = [by_id[each.order_id] for each in group.allocations if each.order_id in by_id]
    return {
        "id": group.id,
        "number": group.number,
        "status": group_status(known),
        "created_at": _time(group.created_at),
        "totals": totals(group.totals),
        "payment_intent_id": intent_id,
        "orders": [for_customer(order, language) for order in known],
    }


def group_card(group: OrderGroup) -> Raw:
    """A checkout in a list."""
    return {
        "id": group.id,
        "number": group.number,
        "created_at": _time(group.created_at),
        "total": _money(group.totals.total),
        "order_ids": [each.order_id for each in group.allocations],
    }


def group_status(orders: Sequence[Order]) -> str:
    """What its orders make of a checkout; never stored, so that it cannot drift."""
    states = {order.order_status for order in orders}
    if any(order.awaits_payment for order in orders):
        return "awaits_payment"
    if states <= {OrderStatus.CANCELLED}:
        return "cancelled"
    if states <= LAST:
        return "completed"
    return "placed" if states <= {OrderStatus.PENDING, OrderStatus.CANCELLED} else "in_progress"


def quote(quote: Quote, language: Language) -> Raw:
    """What a cart would cost; nothing in it binds anybody."""
    return {
        "currency": quote.currency,
        "payment": {
            "method": quote.way.method.value,
            "wallet": _minor(quote.by_wallet, quote),
            "card": _minor(quote.by_card, quote),
            "cash": _minor(quote.by_cash, quote),
        },
        "orders": [_order_quote(order, quote, language) for order in quote.orders],
        "totals": totals(quote.totals),
        "changes": quote.changes(),
    }


def totals(totals: OrderTotals) -> Raw:
    """Every part of a total."""
    return {name: _money(getattr(totals, name)) for name in OrderTotals.model_fields}


def _order_quote(order: OrderQuote, quote: Quote, language: Language) -> Raw:
    return {
        "store": {
            "id": order.store_id,
            "name": _text(order.offer.store_name, language),
            "slug": order.offer.store_slug,
        },
        "lines": [
            {
                "variant_id": line.offer.variant_id,
                "product_id": line.offer.product_id,
                "name": _text(line.offer.name, language),
                "image": line.offer.image,
                "unit_price": _money(line.offer.unit_price),
                "quantity": line.quantity,
                "total": _money(line.total),
                "explanation": line.explanation,
            }
            for line in order.lines
        ],
        "delivery": {
            "zone_id": order.delivery.zone_id,
            "fee": _money(order.delivery.fee),
            "minutes_min": order.delivery.minutes_min,
            "minutes_max": order.delivery.minutes_max,
        },
        "payment": {
            "wallet": _minor(order.tender.wallet, quote),
            "card": _minor(order.tender.card, quote),
            "cash": _minor(order.tender.cash, quote),
        },
        "totals": totals(order.totals),
    }


def _order(order: Order, language: Language, reader: Party) -> Raw:
    return {
        "id": order.id,
        "number": order.order_number,
        "version": order.ver,
        "group_id": order.group_id,
        "store": {"id": order.store_id, "name": _text(order.store.name, language), "slug": order.store.slug},
        "status": order.order_status.value,
        "can_become": [] if order.awaits_payment and reader is Party.SELLER else _next(order, reader),
        "payment_method": order.payment_method.value,
        "payment_state": order.payment_state.value,
        "awaits_payment": order.awaits_payment,
        "totals": totals(order.totals),
        "cancel_reason": order.cancel_reason,
        "history": [{"status": step.status.value, "at": _time(step.at), "note": step.note} for step in order.history],
        "return_days": order.return_days,
        "created_at": _time(order.created_at),
        "due_at": _time(order.due_at),
        "completed_at": _time(order.completed_at),
    }


def _next(order: Order, reader: Party) -> list[str]:
    return [to.value for to in next_states(order.order_status, reader)]


def _line(line: OrderLine, language: Language) -> Raw:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "name": _text(line.name, language),
        "sku": line.sku,
        "image": line.image,
        "unit_price": _money(line.unit_price),
        "quantity": line.quantity,
        "total": _money(line.total),
        "returned_quantity": line.returned_quantity,
    }


def _commission(line: OrderLine) -> Raw:
    agreed = line.commission
    return {"rate_basis_points": agreed.rate_basis_points, "amount": _money(agreed.amount)}


def _money(money: Money) -> Raw:
    return {"amount": money.amount, "currency": money.currency}


def _minor(amount: int, quote: Quote) -> Raw:
    return {"amount": amount, "currency": quote.currency}


def _text(text: Localized, language: Language) -> str:
    return text.ar if language == "ar" else text.en


def _time(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
