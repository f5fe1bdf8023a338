"""From a quote to the documents of a placed checkout; pure but for fresh ids and numbers."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.collections.addresses import Address
from daraa.collections.formulas import totals_seal
from daraa.collections.order_groups import Allocation, OrderGroup
from daraa.collections.order_parts import OrderLine, StoreName
from daraa.collections.orders import Order, OrderStatus, OrderStep, PaymentState
from daraa.collections.parts import AddressCopy
from daraa.declare.document import stamp
from daraa.kernel.ids import id_at
from daraa.market.orders.quote import LineQuote, OrderQuote, Quote
from daraa.market.payments.plan import OrderDue

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREPARATION = timedelta(minutes=90)
"""How long a store may take before the courier sets out: an order is due that and the zone's longest ride later."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who places, in which attempt, from which cart, and what they wrote."""

    customer_id: str
    attempt_id: str
    cart_id: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Placement:
    """The group and its orders, in the order of the quote."""

    group: OrderGroup
    orders: tuple[Order, ...]

    def dues(self, quote: Quote) -> list[OrderDue]:
        """What each order is to be paid with, for the plan of payments."""
        return [
            OrderDue(order.id, self.group.id, order.customer_id, order.store_id, quoted.due)
            for order, quoted in zip(self.orders, quote.orders, strict=True)
        ]


def place(quote: Quote, buyer: Buyer, address: Address, now: datetime) -> Placement:
    """The documents of a checkout placed at `now`."""
    group_id = _id("grp", now)
    orders = tuple(_order(each, quote, buyer, group_id, address, now) for each in quote.orders)
    group = OrderGroup(
        id=group_id,
        number=readable_number("G"),
        cart_id=buyer.cart_id,
        attempt_id=buyer.attempt_id,
        customer_id=buyer.customer_id,
        totals=quote.totals,
        allocations=tuple(
            Allocation(order_id=order.id, store_id=order.store_id, total=order.totals.total) for order in orders
        ),
        **stamp(now),
    )
    return Placement(group, orders)


def readable_number(letter: str) -> str:
    """A number for people: a letter and ten random base-32 digits (50 bits), so that it tells nothing of the trade."""
    return letter + "".join(secrets.choice(BASE32) for _ in range(10))


def _id(prefix: str, now: datetime) -> str:
    """An id that sorts by the moment written beside it."""
    return id_at(prefix, now, secrets.token_bytes(10))


def _order(quoted: OrderQuote, quote: Quote, buyer: Buyer, group_id: str, address: Address, now: datetime) -> Order:
    offer, tender = quoted.offer, quoted.tender
    order_id = _id("ord", now)
    return Order(
        id=order_id,
        order_number=readable_number("D"),
        group_id=group_id,
        customer_id=buyer.customer_id,
        store_id=quoted.store_id,
        store=StoreName(name=offer.store_name, slug=offer.store_slug),
        payment_method=quote.way.method,
        payment_state=PaymentState.PAID if tender.total == tender.wallet else PaymentState.PENDING,
        items=_lines(quoted.lines, now),
        totals=quoted.totals,
        totals_hash=totals_seal(order_id, quoted.totals),
        attempt_id=buyer.attempt_id,
        awaits_payment=tender.card > 0,
        delivery_commission=quoted.delivery_commission,
        return_days=offer.return_days,
        delivery_minutes=quoted.delivery.minutes_max,
        delivery_address=copy_of(address, quoted.delivery.zone_id),
        customer_note=buyer.note or None,
        history=(OrderStep(status=OrderStatus.PENDING, at=now, by=buyer.customer_id),),
        due_at=now + PREPARATION + timedelta(minutes=quoted.delivery.minutes_max),
        **stamp(now),
    )


def _lines(lines: Sequence[LineQuote], now: datetime) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            id=_id("oli", now),
            product_id=line.offer.product_id,
            variant_id=line.offer.variant_id,
            name=line.offer.name,
            sku=line.offer.sku,
            image=line.offer.image,
            unit_price=line.offer.unit_price,
            quantity=line.quantity,
            total=line.total,
            commission=line.commission,
        )
        for line in lines
    )


def copy_of(address: Address, zone_id: str) -> AddressCopy:
    """The address as it is now, for the order to keep; the zone is the one that the delivery was priced by."""
    street = "، ".join(part for part in (address.street, address.building) if part)
    landmark = "، ".join(part for part in (address.landmark, address.instructions) if part)
    return AddressCopy(
        recipient=address.recipient,
        phone=address.phone,
        city=address.city,
        area=address.area,
        street=street or None,
        landmark=landmark or None,
        zone_id=zone_id,
        location=address.location,
    )
