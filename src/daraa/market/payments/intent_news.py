"""What the outbox tells of an intent; orders and wallets decide what it means to them."""

from typing import Any

from daraa.collections.payment_intents import PaymentIntent
from daraa.kernel.money import Money
from daraa.stores.mongo.outbox import News

AGGREGATE = "payment_intents"


def intent_news(intent: PaymentIntent) -> News:
    """`intent.captured`, `intent.failed` or `intent.expired`, as the intent is after the change.

    `late` says that the money came after the intent had failed or expired.
    """
    return News(
        type=f"intent.{intent.status.value}",
        aggregate=AGGREGATE,
        aggregate_id=intent.id,
        sequence=intent.ver,
        payload={
            "intent_id": intent.id,
            "purpose": intent.purpose.value,
            "target_id": intent.target_id,
            "customer_id": intent.customer_id,
            "amount": _money(intent.amount),
            "provider": intent.provider,
            "provider_ref": intent.provider_ref,
            "late": intent.late,
            "reason": intent.failure_reason,
            "allocations": [
                {
                    "order_id": each.order_id,
                    "payment_id": each.payment_id,
                    "amount": _money(each.amount),
                    "ref": each.ref,
                }
                for each in intent.allocations
            ],
        },
    )


def _money(amount: Money) -> dict[str, Any]:
    return {"amount": amount.amount, "currency": amount.currency}
