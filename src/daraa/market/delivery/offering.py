"""Which courier is asked next: a pure choice among those who are ready, and what an answer makes of the offers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.delivery_tasks import DeliveryTask, Offer, OfferAnswer
from daraa.kernel.money import Money

OFFER_LASTS = timedelta(seconds=60)
ASK_AGAIN = timedelta(seconds=15)
"""How long a task waits when no courier is ready for it."""
MOST_OFFERS = 20


def choose(task: DeliveryTask, ready: Sequence[CourierProfile]) -> CourierProfile | None:
    """The first of the couriers (given longest without an offer first) who may carry it and did not decline it.

    Who let an offer of this task expire is asked again only when nobody else is ready.
    """
    declined = {offer.courier_id for offer in task.offers if offer.answer is OfferAnswer.DECLINED}
    slept = {offer.courier_id for offer in task.offers if offer.answer is OfferAnswer.EXPIRED}
    able = [each for each in ready if each.id not in declined and has_room(each) and may_hold(each, task.cod_due)]
    return next((each for each in able if each.id not in slept), next(iter(able), None))


def has_room(courier: CourierProfile) -> bool:
    """True while the courier may take one more task."""
    return courier.active_count < courier.max_active


def may_hold(courier: CourierProfile, cash: Money | None) -> bool:
    """True when the cash to be collected stays within the courier's limit (and is in its currency)."""
    if cash is None:
        return not courier.over_cash_limit
    return cash.currency == courier.cash_limit.currency and (
        courier.cash_held.amount + cash.amount <= courier.cash_limit.amount
    )


def with_offer(offers: Sequence[Offer], courier_id: str, now: datetime) -> tuple[Offer, ...]:
    """The offers with one more; the oldest are forgotten."""
    return (*offers, Offer(courier_id=courier_id, offered_at=now))[-MOST_OFFERS:]


def answered(offers: Sequence[Offer], answer: OfferAnswer) -> tuple[Offer, ...]:
    """The offers with the open one answered."""
    return tuple(
        offer.model_copy(update={"answer": answer}) if offer.answer is OfferAnswer.OPEN else offer for offer in offers
    )
