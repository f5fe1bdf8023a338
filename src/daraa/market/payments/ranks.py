"""What a provider's word does to an intent, as one table: it only ever moves forward, and no money is overlooked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from daraa.collections.payment_intents import IntentStatus, PaymentIntent
from daraa.kernel.money import Money

RANK: Mapping[IntentStatus, int] = {
    IntentStatus.CREATED: 0,
    IntentStatus.PROCESSING: 1,
    IntentStatus.FAILED: 2,
    IntentStatus.EXPIRED: 2,
    IntentStatus.CAPTURED: 3,
}
"""Captured outranks failed and expired: money that came late has come (docs/decisions, late captures)."""
OPEN = frozenset({IntentStatus.CREATED, IntentStatus.PROCESSING})


class Effect(StrEnum):
    """What is to be done about a report."""

    MOVE = "move"
    NOTHING = "nothing"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says of one charge. `at` is when it happened there, where the provider says so."""

    provider: str
    provider_ref: str | None
    status: IntentStatus
    amount: Money
    redirect_url: str | None = None
    failure_reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows; `why` is for the log and the audit, and empty where nothing is odd."""

    effect: Effect
    why: str = ""


def judge(intent: PaymentIntent, report: Report) -> Verdict:
    """What a report does to an intent. Another amount, currency, provider or charge is never believed: parked."""
    if odd := _mismatch(intent, report):
        return Verdict(Effect.PARK, odd)
    if RANK[report.status] > RANK[intent.status]:
        return Verdict(Effect.MOVE)
    if _contradicts(intent, report):
        return Verdict(Effect.PARK, f"the provider says {report.status.value} after it had captured")
    return Verdict(Effect.NOTHING)


def _mismatch(intent: PaymentIntent, report: Report) -> str:
    if report.provider != intent.provider:
        return f"the intent belongs to {intent.provider}"
    if report.amount != intent.amount:
        return (
            f"the provider says {report.amount.amount} {report.amount.currency}, "
            f"the intent is {intent.amount.amount} {intent.amount.currency}"
        )
    if intent.provider_ref is not None and report.provider_ref != intent.provider_ref:
        return "the provider names another charge"
    return ""


def _contradicts(intent: PaymentIntent, report: Report) -> bool:
    """True for a failure that came after the capture; one that was overtaken on its way says nothing new."""
    if intent.status is not IntentStatus.CAPTURED or report.status is not IntentStatus.FAILED:
        return False
    return report.at is None or intent.captured_at is None or report.at > intent.captured_at
