"""What the outbox tells of a refund by card once the provider has made or refused it."""

from daraa.collections.refunds import Refund
from daraa.stores.mongo.outbox import News


def refund_news(refund: Refund, provider: str) -> News:
    """`refund.done` or `refund.failed`; after a failure the money is still with the provider, and ours to give back."""
    return News(
        type=f"refund.{refund.status.value}",
        aggregate="refunds",
        aggregate_id=refund.id,
        sequence=refund.ver,
        payload={
            "refund_id": refund.id,
            "payment_id": refund.payment_id,
            "order_id": refund.order_id,
            "customer_id": refund.customer_id,
            "store_id": refund.store_id,
            "provider": provider,
            "amount": {"amount": refund.amount.amount, "currency": refund.amount.currency},
            "reason": refund.failure_reason,
        },
    )
