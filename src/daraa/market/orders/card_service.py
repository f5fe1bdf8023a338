"""What a card payment's end means to the orders it was for: paid, refunded because they are gone, or cancelled."""

from typing import Any

from daraa.collections.orders import OrderStatus, PaymentState
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB
from daraa.market.orders.cancelling_service import Cancelling
from daraa.market.orders.machine import Party
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.refunding_service import Refunding
from daraa.market.orders.repository import OrderRepository
from daraa.market.payments.service import Payments
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import captured
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.session import Session

PURPOSE = "order_group"
LATE = "Paid after the order was cancelled"
UNPAID = {"intent.failed": "The card payment failed", "intent.expired": "The card payment did not come in time"}


class CardOutcomes:
    """Consumers of the intents of checkouts; each makes its effects in the relay's transaction, exactly once."""

    def __init__(
        self,
        mongo: Mongo,
        moves: OrderMoves,
        cancelling: Cancelling,
        refunding: Refunding,
        payments: Payments,
        ledger: Ledger,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._repository = OrderRepository(mongo)
        self._moves, self._cancelling, self._refunding = moves, cancelling, refunding
        self._payments, self._ledger, self._clock = payments, ledger, clock

    def consumers(self) -> tuple[Consumer, ...]:
        """Who takes `intent.*` for the orders."""
        return (
            Consumer("intent.captured", "orders.card_captured", self.on_captured),
            Consumer("intent.failed", "orders.card_failed", self.on_unpaid),
            Consumer("intent.expired", "orders.card_expired", self.on_unpaid),
        )

    async def on_captured(self, event: Event, session: Session) -> None:
        """The money is in the orders' escrow; that of an order cancelled meanwhile goes straight back."""
        if event.payload["purpose"] != PURPOSE:
            return
        for share in event.payload["allocations"]:
            order = await self._repository.get(share["order_id"], session=session)
            gone = order.order_status is OrderStatus.CANCELLED
            amount = Money.model_validate(share["amount"])
            payment = await self._payments.captured(session, share["payment_id"], amount, late=gone)
            posting = captured(order.id, payment.id, event.payload["provider"], share["ref"], amount)
            await self._ledger.post(session, [posting], actor=JOB, now=self._clock.now())
            if gone:
                await self._refunding.give_back(session, order, payment, JOB, LATE)
                await self._moves.settle(session, order, {"payment_state": PaymentState.REFUNDED})
            else:
                await self._moves.pay(session, order)

    async def on_unpaid(self, event: Event, session: Session) -> None:
        """No money will come: what still waits for it is cancelled, and what the wallet paid of it goes back."""
        if event.payload["purpose"] != PURPOSE:
            return
        reason = _reason(event)
        for share in event.payload["allocations"]:
            order = await self._repository.get(share["order_id"], session=session)
            if order.awaits_payment and order.order_status is OrderStatus.PENDING:
                await self._cancelling.cancel_within(session, order, JOB, Party.SYSTEM, reason, unpaid=True)


def _reason(event: Event) -> str:
    told: Any = event.payload.get("reason")
    return f"{UNPAID[event.type]}: {told}"[:500] if told else UNPAID[event.type]
