"""Delivery closes an order: one transaction for its state, its task, its payment, the ledger and the courier's load."""

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.delivery_tasks import DeliveryTask, Proof, TaskState
from daraa.collections.orders import Order, OrderStatus, PaymentState
from daraa.collections.payments import Payment
from daraa.collections.wallets import WalletKind
from daraa.kernel.crashpoints import mark
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.delivery.answers import task as show_task
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.errors import task_state
from daraa.market.delivery.task_service import Tasks
from daraa.market.fulfilment import errors
from daraa.market.fulfilment.closing import cash_due, closing_postings
from daraa.market.fulfilment.forms import HandOver
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.orders.machine import Party
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.service import Orders
from daraa.market.payments.service import Payments
from daraa.market.wallets.earnings_service import Earnings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.service import Wallets
from daraa.market.wallets.settling import shares_of
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session


class Closing:
    """The handing over of orders, once each (I10, I14)."""

    def __init__(
        self,
        mongo: Mongo,
        idempotency: Idempotency,
        orders: Orders,
        moves: OrderMoves,
        payments: Payments,
        wallets: Wallets,
        ledger: Ledger,
        earnings: Earnings,
        couriers: Couriers,
        tasks: Tasks,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo, self._idempotency, self._clock = mongo, idempotency, clock
        self._orders, self._moves, self._payments = orders, moves, payments
        self._wallets, self._ledger, self._earnings = wallets, ledger, earnings
        self._couriers, self._tasks = couriers, tasks

    async def deliver(self, actor: Actor, task_id: str, form: HandOver, claim: Claim) -> Answer:
        """The customer has the goods and the courier the cash that was due.

        404 for another courier's task, 409 `delivery.task.state` unless it was picked up (so also when it was delivered
        before), 422 `fulfilment.pin.wrong`, 409 `fulfilment.pin.locked`, 422 `fulfilment.cash.mismatch`.
        """
        courier = await self._couriers.get_of_actor(actor)
        task = await self._tasks.get_of_courier(courier, task_id)
        _need_picked_up(task)
        order = await self._orders.get(task.order_id)
        due = cash_due(await self._payments.get_of_order(order.id))
        collected = form.cash_collected.money() if form.cash_collected is not None else None
        if (collected or _nothing(order)) != (due or _nothing(order)):
            raise errors.cash_mismatch(due, collected)
        await self._check_pin(task, form)
        # Both exist from here on, whatever becomes of this try: an empty wallet does no harm.
        currency = order.totals.total.currency
        store_wallet = await self._wallets.get_or_open(order.store_id, WalletKind.STORE, currency)
        courier_wallet = await self._wallets.get_or_open(courier.id, WalletKind.COURIER, currency)
        mark("fulfilment.deliver.opened")

        async def work(session: Session) -> Answer:
            task = await self._tasks.get_of_courier(courier, task_id, session=session)
            _need_picked_up(task)
            order, payment = await self._deliver_order(session, actor, task, courier)
            await self._close(session, actor, order, payment, courier, store_wallet.id, courier_wallet.id)
            delivered = await self._deliver_task(session, task, form, due)
            await self._couriers.load(session, courier.id, tasks=-1, cash=due)
            done = Answer({"data": show_task(delivered)})
            await self._idempotency.keep(claim, done, session=session)
            return done

        done = await self._mongo.in_transaction(work)
        mark("fulfilment.deliver.committed")
        return done

    async def _check_pin(self, task: DeliveryTask, form: HandOver) -> None:
        if form.pin is None:
            return
        right = await self._tasks.try_pin(task, form.pin)
        if right is None:
            raise errors.pin_locked()
        if not right:
            raise errors.pin_wrong()

    async def _deliver_order(
        self, session: Session, actor: Actor, task: DeliveryTask, courier: CourierProfile
    ) -> tuple[Order, Payment]:
        order = await self._orders.get(task.order_id, session=session)
        moved = await self._moves.move(
            session,
            order,
            OrderStatus.DELIVERED,
            actor,
            by=Party.COURIER,
            words={"payment_state": PaymentState.PAID, "courier_id": courier.id},
        )
        payment = await self._payments.get_of_order(order.id, session=session)
        if cash_due(payment) is not None:
            await self._payments.cash_collected(session, payment.id, courier.id)
        return moved, await self._payments.ended(session, payment.id)

    async def _close(
        self,
        session: Session,
        actor: Actor,
        order: Order,
        payment: Payment,
        courier: CourierProfile,
        store_wallet: str,
        courier_wallet: str,
    ) -> None:
        now = self._clock.now()
        postings = closing_postings(
            order,
            payment,
            shares_of(order),
            courier_id=courier.id,
            store_wallet=store_wallet,
            courier_wallet=courier_wallet,
        )
        journals = await self._ledger.post(session, postings, actor=actor, now=now)
        await self._earnings.accrue(session, order, journal_id=journals[-1].id, delivered_at=now)

    async def _deliver_task(
        self, session: Session, task: DeliveryTask, form: HandOver, due: Money | None
    ) -> DeliveryTask:
        now = self._clock.now()
        proof = Proof(at=now)
        if form.proof is not None:
            proof = Proof(photo_key=form.proof.photo_key, location=form.proof.location.point(), at=now)
        words = {"state": TaskState.DELIVERED, "delivered_at": now, "proof": proof}
        return await self._tasks.change(session, task, words | ({} if due is None else {"cod_collected": due}))


def _need_picked_up(task: DeliveryTask) -> None:
    if task.state is not TaskState.PICKED_UP:
        raise task_state(task.state.value, "delivered")


def _nothing(order: Order) -> Money:
    """No cash said and no cash due are the same as zero of the order's currency."""
    return Money(amount=0, currency=order.totals.total.currency)
