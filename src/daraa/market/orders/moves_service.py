"""Moves orders: the one place that changes an order's state, with its history, its audit row and its event (I16)."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.orders import Order, OrderStatus, OrderStep, PaymentState
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB, Actor
from daraa.market.audit.service import Audit
from daraa.market.orders import errors
from daraa.market.orders.events import PAID, order_news
from daraa.market.orders.machine import LAST, NEEDS_PAYMENT, Party, is_allowed, parties_of
from daraa.market.orders.repository import OrderRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.session import Session


class OrderMoves:
    """Takes orders from state to state inside the caller's transaction."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = OrderRepository(mongo)
        self._audit = audit
        self._clock = clock

    async def move(
        self,
        session: Session,
        order: Order,
        to: OrderStatus,
        actor: Actor,
        *,
        by: Party | None = None,
        note: str | None = None,
        words: Mapping[str, Any] | None = None,
    ) -> Order:
        """Take the order on; returns it as it is then.

        `by` is the part in which the actor acts, where the caller has checked it (a member of the store need not have
        the role of an owner); without it the actor's roles decide. `words` are further fields to set
        (`{"courier_id": …}`). Writes history, audit row and the event `order.<to>`.

        DaraaError `orders.state.forbidden` for a step that the table has not, that is not this party's, or that
        somebody else took first; `orders.payment.awaited` when its card part is not captured.
        """
        refuse_step(order, to, actor, by)
        now = self._clock.now()
        step = OrderStep(status=to, at=now, by=actor.account_id, note=note)
        changed = {"order_status": to, "updated_at": now, "history": (*order.history, step)[-40:], **(words or {})}
        if to in LAST:
            changed["completed_at"] = now
        moved = await self._repository.move(order, changed, session=session)
        if moved is None:
            raise forbidden(order, to)
        await self._audit.record(
            session,
            actor,
            f"order.{to.value}",
            "order",
            order.id,
            before={"order_status": order.order_status.value},
            after={"order_status": to.value},
            reason=note,
        )
        await append_events(self._mongo, session, [order_news(moved, f"order.{to.value}")], clock=self._clock)
        return moved

    async def pay(self, session: Session, order: Order) -> Order:
        """The card part has come: the store may confirm from now on. Writes an audit row and `order.paid`."""
        before = {"payment_state": order.payment_state.value, "awaits_payment": order.awaits_payment}
        words = {"payment_state": PaymentState.PAID, "awaits_payment": False}
        paid = await self.settle(session, order, words)
        after = {"payment_state": PaymentState.PAID.value, "awaits_payment": False}
        await self._audit.record(session, JOB, PAID, "order", order.id, before=before, after=after)
        await append_events(self._mongo, session, [order_news(paid, PAID)], clock=self._clock)
        return paid

    async def settle(self, session: Session, order: Order, words: Mapping[str, Any]) -> Order:
        """Set what became of the order's payment, without moving it; the order as it is then.

        `stores.write.conflict` when somebody changed it since it was read: run the transaction again.
        """
        settled = await self._repository.move(order, {**words, "updated_at": self._clock.now()}, session=session)
        if settled is None:
            raise DaraaError(CONFLICT, "The order has changed meanwhile.", hint="Read it again and retry.")
        return settled


def refuse_step(order: Order, to: OrderStatus, actor: Actor, by: Party | None = None) -> None:
    """Raise unless the actor may take this step from the state that the order was read in."""
    parties = parties_of(actor) if by is None else frozenset({by})
    if not is_allowed(order.order_status, to, parties):
        raise forbidden(order, to)
    if order.awaits_payment and to in NEEDS_PAYMENT:
        raise DaraaError(
            errors.UNPAID,
            "The order's card payment has not arrived yet.",
            hint="Wait for it; an order that stays unpaid is cancelled by itself.",
            ar="لم تصل دفعة البطاقة بعد؛ يلغى الطلب تلقائيا إن لم تصل.",
            order_id=order.id,
        )


def forbidden(order: Order, to: OrderStatus) -> DaraaError:
    """The one answer for a step that cannot be taken: it names where the order stood when it was looked at."""
    return DaraaError(
        errors.FORBIDDEN,
        f"The order is {order.order_status.value} or has just changed: it cannot become {to.value} like this.",
        hint="Read the order again; its state says what is possible.",
        ar="اقرأ الطلب من جديد؛ حالته تحدد ما هو ممكن.",
        order_status=order.order_status.value,
        wanted_status=to.value,
    )
