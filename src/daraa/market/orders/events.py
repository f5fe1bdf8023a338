"""What the rest of the platform is told of an order: the same payload at every step, so that consumers read one."""

from typing import Any

from daraa.collections.orders import Order, OrderStatus
from daraa.stores.mongo.outbox import News

PAID = "order.paid"
TYPES: tuple[str, ...] = (
    "order.placed",
    PAID,
    *(f"order.{status.value}" for status in OrderStatus if status is not OrderStatus.PENDING),
)
"""Every type of event that tells of an order."""


def order_payload(order: Order) -> dict[str, Any]:
    """The order as consumers need it, JSON-ready; no address, no name, no commission."""
    return {
        "order_id": order.id,
        "order_number": order.order_number,
        "group_id": order.group_id,
        "attempt_id": order.attempt_id,
        "customer_id": order.customer_id,
        "store_id": order.store_id,
        "courier_id": order.courier_id,
        "status": order.order_status.value,
        "total": {"amount": order.totals.total.amount, "currency": order.totals.total.currency},
        "payment_method": order.payment_method.value,
        "lines": [
            {
                "id": line.id,
                "variant_id": line.variant_id,
                "product_id": line.product_id,
                "quantity": line.quantity,
            }
            for line in order.items
        ],
    }


def order_news(order: Order, type: str) -> News:
    """The event of the change that made the order what it is now."""
    return News(type, "order", order.id, order.ver, order_payload(order))
