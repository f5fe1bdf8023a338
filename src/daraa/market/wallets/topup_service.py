"""Top-ups: a payment intent is opened for the wallet, and the money arrives when its capture is told."""

from daraa.collections.payment_intents import IntentPurpose, PaymentIntent
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB, Actor
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.payments.service import Payments, new_intent_id
from daraa.market.wallets import answers, errors, postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.repository import JournalRepository
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.session import Session


class TopUps:
    """Fills customers' wallets from cards."""

    def __init__(
        self,
        mongo: Mongo,
        wallets: Wallets,
        ledger: Ledger,
        payments: Payments,
        idempotency: Idempotency,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo = mongo
        self._wallets = wallets
        self._ledger = ledger
        self._payments = payments
        self._idempotency = idempotency
        self._journals = JournalRepository(mongo)
        self._clock = clock

    async def open(self, actor: Actor, wallet_id: str, amount: Money, claim: Claim) -> Answer:
        """Open the intent that the customer confirms with the payment provider; nothing moves before it is captured."""
        wallet = await self._wallets.get_mine(actor, wallet_id)
        if wallet.currency != amount.currency:
            raise errors.currency_other(amount.currency, wallet.currency)
        intent_id = new_intent_id()

        async def work(session: Session) -> Answer:
            intent = await self._payments.open_intent(
                session,
                intent_id=intent_id,
                purpose=IntentPurpose.TOPUP,
                target_id=wallet.id,
                customer_id=actor.id,
                amount=amount,
            )
            done = Answer({"data": _shown(intent)}, 201, location=f"/v1/payment-intents/{intent_id}")
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work)

    def consumers(self) -> tuple[Consumer, ...]:
        """Who waits for captured money."""
        return (Consumer("intent.captured", "wallets.topup", self.captured),)

    async def captured(self, event: Event, session: Session) -> None:
        """Put captured money into the wallet, once for its provider's reference (I12); other purposes are not ours."""
        told = event.payload
        if told["purpose"] != IntentPurpose.TOPUP.value:
            return
        amount = Money(amount=told["amount"]["amount"], currency=told["amount"]["currency"])
        posting = postings.topped_up(told["provider"], told["provider_ref"], told["target_id"], amount)
        if await self._journals.find_by_business_key(posting.business_key, session=session) is None:
            await self._ledger.post(session, [posting], actor=JOB, now=self._clock.now())


def _shown(intent: PaymentIntent) -> dict[str, object]:
    return {
        "intent_id": intent.id,
        "wallet_id": intent.target_id,
        "amount": answers.money(intent.amount),
        "status": intent.status.value,
        "expires_at": intent.expires_at.isoformat(),
    }
