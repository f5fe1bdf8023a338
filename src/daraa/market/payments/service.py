"""Payments: how a checkout is paid, and every step that the money of one order takes afterwards."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.payment_intents import IntentAllocation, IntentPurpose, PaymentIntent
from daraa.collections.payments import CashState, Payment, PaymentStatus
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.settings import PaymentsSettings
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.found import required
from daraa.market.payments.errors import payment_state
from daraa.market.payments.plan import OrderDue, Tender, card_allocations, cash_part, plan
from daraa.market.payments.repository import IntentRepository, PaymentRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

UNPAID = (PaymentStatus.PENDING, PaymentStatus.PROCESSING)


class Payments:
    """One payment an order. Every change is guarded by the state it begins from, inside the caller's transaction."""

    def __init__(self, mongo: Mongo, settings: PaymentsSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._payments = PaymentRepository(mongo)
        self._intents = IntentRepository(mongo)
        self._settings = settings
        self._clock = clock

    def plan(
        self,
        orders: Sequence[OrderDue],
        how: Sequence[Tender],
        method: PaymentMethod,
        *,
        intent_id: str | None = None,
    ) -> list[Payment]:
        """The payments of a checkout, not stored yet; `how` comes from `payments.plan.tenders`.

        With card parts, make `intent_id = new_id("pin")` first and open that intent in the same transaction.
        """
        now = self._clock.now()
        return plan(orders, how, method, now=now, provider=self._settings.provider, intent_id=intent_id)

    async def add(self, session: Session, payments: Sequence[Payment]) -> None:
        """Store the payments of a checkout; `stores.key.duplicate` when one of its orders has one already."""
        await self._payments.insert_all(payments, session=session)

    async def open_intent(
        self,
        session: Session,
        *,
        intent_id: str,
        purpose: IntentPurpose,
        target_id: str,
        customer_id: str,
        amount: Money,
        allocations: Sequence[IntentAllocation] = (),
    ) -> PaymentIntent:
        """Add an intent that the customer is to confirm within the settings' minutes.

        `target_id` is the order group or the wallet; the allocations of a checkout come from `card_allocations`
        and sum to the amount (anything else is a programming error).
        """
        if allocations and sum(each.amount.amount for each in allocations) != amount.amount:
            raise ValueError("the allocations of an intent sum to its amount")
        if amount.amount <= 0:
            raise ValueError("an intent takes something")
        now = self._clock.now()
        until = now + timedelta(minutes=self._settings.intent_minutes)
        intent = PaymentIntent(
            id=intent_id,
            purpose=purpose,
            target_id=target_id,
            customer_id=customer_id,
            amount=amount,
            allocations=tuple(allocations),
            provider=self._settings.provider,
            look_at=until,
            expires_at=until,
            **stamp(now),
        )
        await self._intents.insert(intent, session=session)
        return intent

    async def open_checkout_intent(
        self, session: Session, intent_id: str, group_id: str, payments: Sequence[Payment]
    ) -> PaymentIntent:
        """The intent for the card parts of a checkout's payments."""
        shares = card_allocations(payments)
        currency = payments[0].amount.currency
        return await self.open_intent(
            session,
            intent_id=intent_id,
            purpose=IntentPurpose.ORDER_GROUP,
            target_id=group_id,
            customer_id=payments[0].customer_id,
            amount=Money(amount=sum(each.amount.amount for each in shares), currency=currency),
            allocations=shares,
        )

    async def get(self, payment_id: str) -> Payment:
        """The payment; `market.thing.missing` when there is none."""
        return await self._payments.get(payment_id)

    async def get_of_order(self, order_id: str, *, session: Session | None = None) -> Payment:
        """How an order is paid; `market.thing.missing` when there is no such payment."""
        return required(await self._payments.find_of_order(order_id, session=session), "payment")

    async def list_of_group(self, group_id: str) -> list[Payment]:
        """The payments of one checkout; it has at most 50 orders."""
        return await self._payments.list_of_group(group_id, limit=50)

    async def list_cash_of_courier(self, courier_id: str, state: CashState, *, limit: int) -> list[Payment]:
        """The cash that a courier is to collect, carries or has remitted."""
        return await self._payments.list_cash_of_courier(courier_id, state, limit=limit)

    async def captured(self, session: Session, payment_id: str, amount: Money, *, late: bool = False) -> Payment:
        """The card part has come: it may be refunded from now on.

        With `late` a payment that was given up takes it too, because it has come; the caller gives it back.
        DaraaError `payments.payment.state` when it is captured already, or was given up.
        """
        payment = await self._payments.get(payment_id, session=session)
        guard: dict[str, Any] = {"captured.amount": {"$lte": payment.amount.amount - amount.amount}}
        if not late:
            guard["status"] = {"$in": UNPAID}
        whole = payment.captured.amount + amount.amount == payment.amount.amount
        words = {"status": PaymentStatus.COMPLETED, "paid_at": self._clock.now()} if whole else {}
        return await self._move(session, payment, guard, words, money=amount.amount, wanted="captured")

    async def failed(self, session: Session, payment_id: str, reason: str) -> Payment:
        """The card part will not come. What a wallet paid of it is refunded by the caller."""
        payment = await self._payments.get(payment_id, session=session)
        words = {"status": PaymentStatus.FAILED, "failure_reason": reason[:500]}
        return await self._move(session, payment, {"status": {"$in": UNPAID}}, words, wanted="failed")

    async def cancelled(self, session: Session, payment_id: str) -> Payment:
        """Its order was cancelled: cash that was due is waived, and nothing more is taken.

        A payment that was captured in part or whole keeps its state: refunds say what becomes of it.
        """
        payment = await self._payments.get(payment_id, session=session)
        words: dict[str, Any] = {"completed_at": self._clock.now()}
        if payment.cash_state is CashState.DUE:
            words["cash_state"] = CashState.WAIVED
        if payment.status in UNPAID and payment.captured.amount == 0:
            words["status"] = PaymentStatus.CANCELLED
        return await self._move(session, payment, {"ver": payment.ver}, words, wanted="cancelled")

    async def cash_collected(self, session: Session, payment_id: str, courier_id: str) -> Payment:
        """The courier has taken the cash at the door, all that was due."""
        payment = await self._payments.get(payment_id, session=session)
        now = self._clock.now()
        words = {
            "cash_state": CashState.COLLECTED,
            "courier_id": courier_id,
            "status": PaymentStatus.COMPLETED,
            "paid_at": now,
        }
        guard = {"cash_state": CashState.DUE, "status": {"$in": UNPAID}}
        return await self._move(session, payment, guard, words, money=cash_part(payment), wanted="collected")

    async def cash_remitted(self, session: Session, payment_ids: Sequence[str], courier_id: str) -> None:
        """The hub has received the cash of these payments from this courier, all of them or none.

        DaraaError `payments.payment.state` when one of them is not in the courier's hands.
        """
        change = {
            "$set": {"cash_state": CashState.REMITTED, "updated_at": self._clock.now()},
            "$inc": {"ver": 1},
        }
        guard = {"id": {"$in": list(payment_ids)}, "courier_id": courier_id, "cash_state": CashState.COLLECTED}
        if await self._payments.change_many(guard, change, session=session) != len(set(payment_ids)):
            raise payment_state(payment_ids[0] if payment_ids else "", "remitted")

    async def ended(self, session: Session, payment_id: str) -> Payment:
        """Its order has ended (delivered or returned): half a year later both go to the archive."""
        payment = await self._payments.get(payment_id, session=session)
        return await self._move(session, payment, {}, {"completed_at": self._clock.now()}, wanted="ended")

    async def _move(
        self,
        session: Session,
        payment: Payment,
        guard: Mapping[str, Any],
        words: Mapping[str, Any],
        *,
        wanted: str,
        money: int = 0,
    ) -> Payment:
        change: dict[str, Any] = {"$set": {**words, "updated_at": self._clock.now()}, "$inc": {"ver": 1}}
        if money:
            change["$inc"] |= {"captured.amount": money, "refundable.amount": money}
        moved = await self._payments.change({"id": payment.id, **guard}, change, session=session)
        if moved is None:
            raise payment_state(payment.id, wanted)
        return moved


def new_intent_id() -> str:
    """The id of an intent before it is stored, so that payments can name it."""
    return new_id("pin")
