"""Cancels orders: state, payment, refund, event and audit row in one transaction, so that exactly one party wins."""

from collections.abc import Awaitable, Callable
from typing import Any

from daraa.collections.orders import Order, OrderStatus, PaymentState
from daraa.market.actor import Actor
from daraa.market.orders.machine import Party
from daraa.market.orders.moves_service import OrderMoves, refuse_step
from daraa.market.orders.refunding_service import Refunding
from daraa.market.payments.service import Payments
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

Read = Callable[[Session], Awaitable[Order]]
"""Reads the order in the transaction, as its reader may see it: another's is missing."""
Keep = Callable[[Session, Order], Awaitable[None]]
"""What else belongs into the transaction: the answer of an idempotent request."""


class Cancelling:
    """The way from an open order to a cancelled one."""

    def __init__(self, mongo: Mongo, moves: OrderMoves, payments: Payments, refunding: Refunding) -> None:
        self._mongo, self._moves, self._payments, self._refunding = mongo, moves, payments, refunding

    async def cancel(self, read: Read, actor: Actor, by: Party, reason: str, keep: Keep | None = None) -> Order:
        """Cancel the order that `read` gives; the order as it is then.

        DaraaError `orders.state.forbidden` when this party may not (any more), or another change was faster.
        """

        async def work(session: Session) -> Order:
            order = await self.cancel_within(session, await read(session), actor, by, reason)
            if keep is not None:
                await keep(session, order)
            return order

        return await self._mongo.in_transaction(work)

    async def cancel_within(
        self, session: Session, order: Order, actor: Actor, by: Party, reason: str, *, unpaid: bool = False
    ) -> Order:
        """The same in a transaction that somebody else began; `unpaid`: the card payment failed or did not come."""
        refuse_step(order, OrderStatus.CANCELLED, actor, by)
        payment = await self._payments.get_of_order(order.id, session=session)
        if unpaid:
            await self._payments.failed(session, payment.id, reason)
        payment = await self._payments.cancelled(session, payment.id)
        refunds = await self._refunding.give_back(session, order, payment, actor, reason)
        words: dict[str, Any] = {"cancel_reason": reason, "awaits_payment": False}
        if unpaid:
            words["payment_state"] = PaymentState.FAILED
        elif refunds:
            words["payment_state"] = PaymentState.REFUNDED
        return await self._moves.move(session, order, OrderStatus.CANCELLED, actor, by=by, note=reason, words=words)
