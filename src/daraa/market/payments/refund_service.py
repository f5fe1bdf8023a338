"""Refunds: never more than was captured, each once, and by card through a job that may die at any step."""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.payment_intents import PaymentIntent
from daraa.collections.payments import Payment, PaymentStatus
from daraa.collections.refunds import Refund, RefundMethod, RefundStatus
from daraa.declare.document import stamp
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB, Actor
from daraa.market.audit.service import Audit
from daraa.market.payments.errors import REFUND_EXCEEDED, REFUND_IMPOSSIBLE
from daraa.market.payments.plan import card_part
from daraa.market.payments.refund_news import refund_news
from daraa.market.payments.repository import IntentRepository, PaymentRepository, RefundRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session
from daraa.stores.providers import CardProvider, RefundAnswer, RefundState

_LOG = logging.getLogger(__name__)
MOST_OF_A_PAYMENT = 100
"""Refunds that one payment may have."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)
BATCH = 100
MOST_SILENT = 3
TRIES_WORTH_AN_ALERT = 8
OPEN = (RefundStatus.APPROVED, RefundStatus.SENT)


class Refunds:
    """Opens refunds inside the caller's transaction; those by card are sent to the provider afterwards."""

    def __init__(self, mongo: Mongo, provider: CardProvider, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._payments = PaymentRepository(mongo)
        self._refunds = RefundRepository(mongo)
        self._intents = IntentRepository(mongo)
        self._provider = provider
        self._audit = audit
        self._clock = clock

    async def open(
        self,
        session: Session,
        payment_id: str,
        amount: Money,
        method: RefundMethod,
        reason: str,
        actor: Actor,
        *,
        refund_id: str | None = None,
        journal_id: str | None = None,
    ) -> Refund:
        """Take `amount` out of what may be refunded of the payment, and add the refund.

        One to the wallet is done with this (the caller posts its journal, in the same transaction, under
        `refund:<id>`). One to the original payment goes back on the card: the caller posts `refund:<id>` towards the
        gateway, and the sweeper calls the provider; `refund.done` or `refund.failed` tells how that ended.

        DaraaError `payments.refund.exceeded` when less than that may be refunded, `payments.refund.impossible` when
        that much was not paid by card.
        """
        if amount.amount <= 0:
            raise ValueError("a refund gives something back")
        payment = await self._take(session, payment_id, amount)
        by_card = method is RefundMethod.ORIGINAL_PAYMENT
        if by_card:
            await self._require_card(session, payment, amount)
        now = self._clock.now()
        refund = Refund(
            id=refund_id or new_id("ref"),
            payment_id=payment.id,
            order_id=payment.order_id,
            customer_id=payment.customer_id,
            store_id=payment.store_id,
            amount=amount,
            method=method,
            reason=reason[:500],
            status=RefundStatus.APPROVED if by_card else RefundStatus.DONE,
            requested_by=actor.account_id,
            approved_by=actor.account_id,
            intent_id=payment.intent_id if by_card else None,
            due_at=now if by_card else None,
            journal_id=journal_id,
            done_at=None if by_card else now,
            **stamp(now),
        )
        await self._refunds.insert(refund, session=session)
        await self._audit.record(
            session,
            actor,
            "refund.open",
            "payment",
            payment.id,
            after={"refund_id": refund.id, "amount": amount.model_dump(), "method": method.value},
            reason=refund.reason,
        )
        return refund

    async def get(self, refund_id: str) -> Refund:
        """The refund; `market.thing.missing` when there is none."""
        return await self._refunds.get(refund_id)

    async def list_of_payment(self, payment_id: str) -> list[Refund]:
        """All refunds of a payment."""
        return await self._refunds.list_of_payment(payment_id, limit=MOST_OF_A_PAYMENT)

    async def list_of_order(self, order_id: str) -> list[Refund]:
        """All refunds of an order."""
        return await self._refunds.list_of_order(order_id, limit=MOST_OF_A_PAYMENT)

    async def _take(self, session: Session, payment_id: str, amount: Money) -> Payment:
        guard = {
            "id": payment_id,
            "refundable.amount": {"$gte": amount.amount},
            "refundable.currency": amount.currency,
        }
        payment = await self._payments.change(
            guard, self._changed(-amount.amount, PaymentStatus.PARTIALLY_REFUNDED), session=session
        )
        if payment is None:
            known = await self._payments.get(payment_id, session=session)
            raise DaraaError(
                REFUND_EXCEEDED,
                f"At most {known.refundable.amount} {known.refundable.currency} can be given back on this payment.",
                hint="Ask for that or less, in the currency of the payment.",
                ar=f"أقصى ما يمكن رده {known.refundable.amount} {known.refundable.currency}.",
                refundable=known.refundable.model_dump(),
            )
        if payment.refundable.amount == 0:
            await self._payments.change({"id": payment.id}, self._changed(0, PaymentStatus.REFUNDED), session=session)
        return payment

    def _changed(self, refundable: int, status: PaymentStatus) -> dict[str, Any]:
        return {
            "$inc": {"refundable.amount": refundable, "ver": 1},
            "$set": {"status": status, "updated_at": self._clock.now()},
        }

    async def _require_card(self, session: Session, payment: Payment, amount: Money) -> None:
        before = await self._refunds.list_of_payment(payment.id, limit=MOST_OF_A_PAYMENT, session=session)
        gone = sum(
            each.amount.amount
            for each in before
            if each.method is RefundMethod.ORIGINAL_PAYMENT and each.status is not RefundStatus.FAILED
        )
        left = card_part(payment) - gone
        if amount.amount > left or payment.intent_id is None:
            raise DaraaError(
                REFUND_IMPOSSIBLE,
                f"Only {max(left, 0)} {amount.currency} of this payment can go back on the card.",
                hint="Give the rest back to the wallet.",
                ar="لا يمكن رد هذا المبلغ إلى البطاقة؛ رد الباقي إلى المحفظة.",
            )

    async def sweep_refunds(self) -> Mapping[str, int]:
        """Ask the provider for every refund by card that is due; its key is the refund's id: asking again is safe."""
        counts: Counter[str] = Counter(sent=0)
        silent = 0
        now = await server_now(self._mongo)
        for refund in await self._refunds.list_due(now, limit=BATCH):
            claimed = await self._claim(refund, now)
            if claimed is None:
                continue
            counts["sent"] += 1
            try:
                counts[await self._send(claimed)] += 1
                silent = 0
            except DaraaError as error:
                of_provider = error.code.startswith("stores.provider.")
                if error.retryable and not of_provider:
                    raise
                silent += of_provider
                counts["silent" if of_provider else "broken"] += 1
                _tell_of_silence(claimed, error)
            if silent >= MOST_SILENT:
                break
        return dict(counts)

    async def _claim(self, refund: Refund, now: datetime) -> Refund | None:
        """Noted as sent before it is: whoever finds it after our death only asks again, under the same key."""
        pause = min(FIRST_PAUSE * 2 ** min(refund.tries, 12), LONGEST_PAUSE)
        return await self._refunds.change(
            {"id": refund.id, "ver": refund.ver, "status": {"$in": OPEN}},
            {
                "$set": {"status": RefundStatus.SENT, "due_at": now + pause, "updated_at": now},
                "$inc": {"tries": 1, "ver": 1},
            },
        )

    async def _send(self, refund: Refund) -> str:
        # Only the provider's own word ends a refund: an answer of 4xx may as well be a wrong key of ours.
        intent = await self._intents.get(refund.intent_id or "")
        answer = await self._ask(intent, refund)
        mark("payments.refund_answered")
        if answer.state is RefundState.PENDING:
            return "pending"
        await self._settle(refund, answer, intent.provider)
        return answer.state.value

    async def _ask(self, intent: PaymentIntent, refund: Refund) -> RefundAnswer:
        ref = intent.provider_ref or ""
        return await self._provider.refund(refund.id, ref, refund.amount.amount, refund.amount.currency)

    async def _settle(self, refund: Refund, answer: RefundAnswer, provider: str) -> None:
        done = answer.state is RefundState.DONE
        now = self._clock.now()
        words: dict[str, Any] = {
            "status": RefundStatus.DONE if done else RefundStatus.FAILED,
            "updated_at": now,
            **({"done_at": now, "provider_ref": answer.provider_ref} if done else {}),
            **({} if done else {"failure_reason": (answer.failure or "the provider refused it")[:500]}),
        }
        change = {"$set": words, "$unset": {"due_at": ""}, "$inc": {"ver": 1}}

        async def work(session: Session) -> None:
            guard = {"id": refund.id, "status": RefundStatus.SENT}
            settled = await self._refunds.change(guard, change, session=session)
            if settled is None:
                return
            if not done:
                await self._put_back(session, settled)
            await append_events(self._mongo, session, [refund_news(settled, provider)], clock=self._clock)
            await self._audit.record(
                session,
                JOB,
                f"refund.{settled.status.value}",
                "payment",
                settled.payment_id,
                after={"refund_id": settled.id, "provider_ref": settled.provider_ref},
                reason=settled.failure_reason,
            )

        await self._mongo.in_transaction(work)

    async def _put_back(self, session: Session, refund: Refund) -> None:
        """Not given back after all: whoever hears of `refund.failed` gives it back another way."""
        change = self._changed(refund.amount.amount, PaymentStatus.PARTIALLY_REFUNDED)
        payment = await self._payments.change({"id": refund.payment_id}, change, session=session)
        if payment is not None and payment.refundable.amount == payment.captured.amount:
            await self._payments.change({"id": payment.id}, self._changed(0, PaymentStatus.COMPLETED), session=session)


def _tell_of_silence(refund: Refund, error: DaraaError) -> None:
    level = logging.ERROR if refund.tries >= TRIES_WORTH_AN_ALERT else logging.WARNING
    _LOG.log(level, "refund %s could not be sent, try %d: %s", refund.id, refund.tries, error)
