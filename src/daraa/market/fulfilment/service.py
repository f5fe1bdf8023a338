"""From the store's shelf to the customer's door and, where that fails, back: order, task and money move together."""

from typing import Any

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.delivery_tasks import DeliveryTask, Failure, FailureReason, TaskState
from daraa.collections.orders import Order, OrderStatus
from daraa.kernel.crashpoints import mark
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.delivery.answers import task as show_task
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.errors import task_state
from daraa.market.delivery.task_service import NewTask, Tasks
from daraa.market.found import required
from daraa.market.fulfilment.closing import cash_due
from daraa.market.fulfilment.forms import Failed, HandedBack
from daraa.market.fulfilment.repository import FulfilmentRepository
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.orders.machine import Party
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.refunding_service import Refunding
from daraa.market.orders.service import Orders
from daraa.market.payments.service import Payments
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.session import Session

MOST_ATTEMPTS = 3
GIVE_UP_AT_ONCE = frozenset({FailureReason.REFUSED, FailureReason.DAMAGED})
"""Reasons after which another attempt makes no sense."""


class Fulfilment:
    """Everything between confirmation and delivery that needs order and task at once; closing is `Closing`'s."""

    def __init__(
        self,
        mongo: Mongo,
        audit: Audit,
        idempotency: Idempotency,
        orders: Orders,
        moves: OrderMoves,
        refunding: Refunding,
        payments: Payments,
        couriers: Couriers,
        tasks: Tasks,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo, self._audit, self._idempotency, self._clock = mongo, audit, idempotency, clock
        self._orders, self._moves, self._refunding, self._payments = orders, moves, refunding, payments
        self._couriers, self._tasks = couriers, tasks
        self._repository = FulfilmentRepository(mongo)

    def consumers(self) -> tuple[Consumer, ...]:
        """A confirmed order needs a courier."""
        return (Consumer("order.confirmed", "fulfilment.create_task", self._on_confirmed),)

    async def tracking(self, actor: Actor, order_id: str) -> dict[str, Any]:
        """How the customer's own order gets to them, with the PIN to tell the courier; 404 for another's."""
        order = await self._orders.get_of_customer(actor, order_id)
        task = await self._tasks.find_of_order(order_id)
        courier = None
        if task is not None and task.courier_id is not None and task.state is TaskState.PICKED_UP:
            courier = await self._couriers.find(task.courier_id)
        pin = self._tasks.pin_of(task) if task is not None and task.state in _UNDER_WAY else None
        return _tracking(order, task, courier, pin)

    async def pick_up(self, actor: Actor, task_id: str) -> DeliveryTask:
        """The courier has the goods; the order must be ready (`orders.state.forbidden`). Repeated: the same answer."""

        async def work(session: Session) -> DeliveryTask:
            courier, task = await self._own(session, actor, task_id)
            if task.state is TaskState.PICKED_UP:
                return task
            _need(task, TaskState.ACCEPTED, "picked up")
            order = await self._orders.get(task.order_id, session=session)
            words = {"courier_id": courier.id}
            await self._moves.move(session, order, OrderStatus.PICKED_UP, actor, by=Party.COURIER, words=words)
            picked = {"state": TaskState.PICKED_UP, "picked_up_at": self._clock.now()}
            return await self._tasks.change(session, task, picked)

        return await self._mongo.in_transaction(work)

    async def start(self, actor: Actor, task_id: str) -> DeliveryTask:
        """The courier is on the way to the customer. Repeated: the same answer."""

        async def work(session: Session) -> DeliveryTask:
            _, task = await self._own(session, actor, task_id)
            _need(task, TaskState.PICKED_UP, "started")
            order = await self._orders.get(task.order_id, session=session)
            if order.order_status is not OrderStatus.DELIVERING:
                await self._moves.move(session, order, OrderStatus.DELIVERING, actor, by=Party.COURIER)
            return task

        return await self._mongo.in_transaction(work)

    async def fail(self, actor: Actor, task_id: str, form: Failed, claim: Claim) -> Answer:
        """Nobody took the order: another attempt, or back to the store after three or when it was refused."""

        async def work(session: Session) -> Answer:
            _, task = await self._own(session, actor, task_id)
            _need(task, TaskState.PICKED_UP, "failed")
            attempts = task.failed_attempts + 1
            failure = Failure(at=self._clock.now(), reason=form.reason, note=form.note)
            words: dict[str, Any] = {"failed_attempts": attempts, "failures": (*task.failures, failure)[-10:]}
            if attempts >= MOST_ATTEMPTS or form.reason in GIVE_UP_AT_ONCE:
                order = await self._orders.get(task.order_id, session=session)
                note = form.note or form.reason.value
                await self._moves.move(session, order, OrderStatus.RETURNING, actor, by=Party.COURIER, note=note)
                words["state"] = TaskState.FAILED
            failed = await self._tasks.change(session, task, words)
            await self._audit.record(
                session,
                actor,
                "task.fail",
                "task",
                task.id,
                before={"state": task.state.value, "failed_attempts": task.failed_attempts},
                after={"state": failed.state.value, "failed_attempts": attempts, "reason": form.reason.value},
                reason=form.note,
            )
            return await self._kept(session, claim, failed)

        return await self._mongo.in_transaction(work)

    async def hand_back(self, actor: Actor, task_id: str, form: HandedBack, claim: Claim) -> Answer:
        """The goods are at the store again: whatever was paid goes back, cash that was due is waived.

        The store's shelf follows by the event `order.returned`.
        """

        async def work(session: Session) -> Answer:
            courier, task = await self._own(session, actor, task_id)
            _need(task, TaskState.FAILED, "handed back")
            order = await self._orders.get(task.order_id, session=session)
            payment = await self._payments.get_of_order(order.id, session=session)
            payment = await self._payments.cancelled(session, payment.id)
            reason = form.note or "not delivered, handed back to the store"
            refunds = await self._refunding.give_back(session, order, payment, actor, reason)
            words = {"payment_state": "refunded"} if refunds else {}
            await self._moves.move(
                session, order, OrderStatus.RETURNED, actor, by=Party.COURIER, note=form.note, words=words
            )
            back = await self._tasks.change(session, task, {"state": TaskState.RETURNED})
            await self._couriers.load(session, courier.id, tasks=-1)
            return await self._kept(session, claim, back)

        done = await self._mongo.in_transaction(work)
        mark("fulfilment.return.committed")
        return done

    async def _own(self, session: Session, actor: Actor, task_id: str) -> tuple[CourierProfile, DeliveryTask]:
        """A suspended courier still finishes what they carry, so trust is not asked here."""
        courier = await self._couriers.get_of_actor(actor)
        return courier, await self._tasks.get_of_courier(courier, task_id, session=session)

    async def _kept(self, session: Session, claim: Claim, task: DeliveryTask) -> Answer:
        done = Answer({"data": show_task(task)})
        await self._idempotency.keep(claim, done, session=session)
        return done

    async def _on_confirmed(self, event: Event, session: Session) -> None:
        order = await self._orders.get(event.payload["order_id"], session=session)
        if order.order_status in (OrderStatus.CANCELLED, OrderStatus.RETURNED):
            return
        payment = await self._payments.get_of_order(order.id, session=session)
        store = await self._repository.find_store(order.store_id, session=session)
        address = order.delivery_address
        await self._tasks.create(
            session,
            NewTask(
                order_id=order.id,
                order_number=order.order_number,
                customer_id=order.customer_id,
                store_id=order.store_id,
                store=order.store,
                zone_id=required(address.zone_id, "zone"),
                pickup=None if store is None else store.location,
                dropoff=address.location,
                address=address,
                cod_due=cash_due(payment),
            ),
        )


_UNDER_WAY = (TaskState.WAITING, TaskState.OFFERED, TaskState.ACCEPTED, TaskState.PICKED_UP)


def _need(task: DeliveryTask, state: TaskState, wanted: str) -> None:
    if task.state is not state:
        raise task_state(task.state.value, wanted)


def _tracking(
    order: Order, task: DeliveryTask | None, courier: CourierProfile | None, pin: str | None
) -> dict[str, Any]:
    place = None
    if courier is not None and courier.location is not None:
        longitude, latitude = courier.location.coordinates
        place = {"lat": latitude, "lng": longitude, "at": courier.located_at}
    return {
        "order_id": order.id,
        "order_number": order.order_number,
        "status": order.order_status.value,
        "history": [{"status": step.status.value, "at": step.at} for step in order.history],
        "delivery": None
        if task is None
        else {
            "state": task.state.value,
            "pin": pin,
            "cod_due": None if task.cod_due is None else task.cod_due.model_dump(),
            "failed_attempts": task.failed_attempts,
            "vehicle": None if courier is None else courier.vehicle.kind.value,
            "location": place,
            "picked_up_at": task.picked_up_at,
            "delivered_at": task.delivered_at,
        },
    }
