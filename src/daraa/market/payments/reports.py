"""Turns a charge, as a provider sees it, into a report about our intent."""

from collections.abc import Mapping

from daraa.collections.payment_intents import IntentStatus
from daraa.kernel.money import Money
from daraa.market.payments.ranks import Report
from daraa.stores.providers import Charge, ChargeStatus

STATUS: Mapping[ChargeStatus, IntentStatus] = {
    ChargeStatus.PENDING: IntentStatus.PROCESSING,
    ChargeStatus.PROCESSING: IntentStatus.PROCESSING,
    ChargeStatus.CAPTURED: IntentStatus.CAPTURED,
    ChargeStatus.FAILED: IntentStatus.FAILED,
}


def report_of(provider: str, charge: Charge) -> Report:
    """What `provider` says of the charge; a charge that waits for its payer is being processed to us."""
    return Report(
        provider=provider,
        provider_ref=charge.provider_ref,
        status=STATUS[charge.status],
        amount=Money(amount=charge.amount, currency=charge.currency),
        redirect_url=charge.redirect_url,
        failure_reason=charge.failure,
        at=charge.at,
    )
