"""Tasks: the transport of orders, offered to one courier after another until one accepts, then carried by that one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.delivery_tasks import DELIVERY_TASKS, DeliveryTask, OfferAnswer, TaskState
from daraa.collections.order_parts import StoreName
from daraa.collections.parts import AddressCopy
from daraa.declare import Point
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB, Actor
from daraa.market.audit.service import Audit
from daraa.market.delivery import errors
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.forms import Assignment
from daraa.market.delivery.offering import ASK_AGAIN, OFFER_LASTS, answered, choose, may_hold, with_offer
from daraa.market.delivery.pin import MOST_WRONG_PINS, Pins
from daraa.market.delivery.repository import DeliveryTaskRepository
from daraa.market.delivery.service import Delivery
from daraa.market.found import After, required
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT
from daraa.stores.mongo.outbox import Consumer, Event, News, append_events
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

BATCH = 200
"""How many expired offers and how many waiting tasks one sweep looks at."""
ASKED_AT_ONCE = 50
OPEN_STATES = (TaskState.WAITING, TaskState.OFFERED, TaskState.ACCEPTED)
"""The states in which the goods are still at the store."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """One confirmed order that needs a courier; `cod_due` is what the courier takes in cash at the door."""

    order_id: str
    order_number: str
    customer_id: str
    store_id: str
    store: StoreName
    zone_id: str
    pickup: Point | None
    dropoff: Point | None
    address: AddressCopy
    cod_due: Money | None


class Tasks:
    """Everything that happens to a task but what moves its order as well: that is fulfilment's."""

    def __init__(
        self,
        mongo: Mongo,
        audit: Audit,
        couriers: Couriers,
        delivery: Delivery,
        pins: Pins,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo = mongo
        self._repository = DeliveryTaskRepository(mongo)
        self._audit, self._couriers, self._delivery = audit, couriers, delivery
        self._pins, self._clock = pins, clock

    def consumers(self) -> tuple[Consumer, ...]:
        """A cancelled order needs no courier any more."""
        return (Consumer("order.cancelled", "delivery.cancel_task", self._on_cancelled),)

    async def create(self, session: Session, new: NewTask) -> DeliveryTask:
        """Add the task of an order, waiting for its first offer; the same task when the order has one."""
        known = await self._repository.find_of_order(new.order_id, session=session)
        if known is not None:
            return known
        now = self._clock.now()
        words = {name: getattr(new, name) for name in new.__slots__}
        task = DeliveryTask(id=new_id(DELIVERY_TASKS.prefix), due_at=now, **words, **stamp(now))
        await self._repository.insert(task, session=session)
        return task

    async def get_of_courier(
        self, courier: CourierProfile, task_id: str, *, session: Session | None = None
    ) -> DeliveryTask:
        """The courier's own task, offered or accepted; 404 for any other."""
        task = await self._repository.find(task_id, session=session)
        return required(task if task is not None and task.courier_id == courier.id else None, "task")

    async def find_of_order(self, order_id: str, *, session: Session | None = None) -> DeliveryTask | None:
        """How an order gets to its customer; None before it is confirmed."""
        return await self._repository.find_of_order(order_id, session=session)

    async def list_of_courier(self, actor: Actor, state: TaskState, *, limit: int, after: After) -> list[DeliveryTask]:
        """The signed-in courier's tasks of a state, newest first."""
        courier = await self._couriers.get_of_actor(actor)
        return await self._repository.list_of_courier(courier.id, state, limit=limit, after=after)

    async def list_waiting(self, actor: Actor, zone_id: str, *, limit: int, after: After) -> list[DeliveryTask]:
        """Tasks of a zone that nobody was found for yet, for an admin who may assign them."""
        actor.require("task:assign")
        return await self._repository.list_waiting(zone_id, limit=limit, after=after)

    def pin_of(self, task: DeliveryTask) -> str:
        """What the customer tells the courier at the door. For the customer's eyes alone."""
        return self._pins.of(task.id)

    async def accept(self, actor: Actor, task_id: str) -> DeliveryTask:
        """Take the task that is on offer to the signed-in courier (I15); repeated, it is the same task.

        409 `delivery.task.taken` when the offer is over, `delivery.courier.full`, `delivery.courier.cash`.
        """
        now = await server_now(self._mongo)

        async def work(session: Session) -> DeliveryTask:
            courier = await self._couriers.get_working(actor, session=session)
            task = await self.get_of_courier(courier, task_id, session=session)
            if task.state is TaskState.ACCEPTED:
                return task
            if task.state is not TaskState.OFFERED or task.offer_expires_at is None or task.offer_expires_at <= now:
                raise errors.task_taken()
            accepted = answered(task.offers, OfferAnswer.ACCEPTED)
            taken = await self.change(
                session, task, {"state": TaskState.ACCEPTED, "offers": accepted, "offer_expires_at": None}
            )
            await self._couriers.load(session, courier.id, tasks=1)
            await self._record(session, actor, "accept", task, taken)
            return taken

        return await self._mongo.in_transaction(work)

    async def decline(self, actor: Actor, task_id: str) -> None:
        """Refuse the task that is on offer; it is not offered to this courier again. Repeated: nothing happens."""
        courier = await self._couriers.get_of_actor(actor)

        async def work(session: Session) -> None:
            task = required(await self._repository.find(task_id, session=session), "task")
            if task.courier_id == courier.id and task.state is TaskState.OFFERED:
                await self._back_to_waiting(task, OfferAnswer.DECLINED, session=session)
            elif task.courier_id == courier.id:
                raise errors.task_state(task.state.value, "declined")
            elif not any(each.courier_id == courier.id for each in task.offers):
                required(None, "task")

        await self._mongo.in_transaction(work)

    async def assign(self, actor: Actor, task_id: str, form: Assignment) -> DeliveryTask:
        """Give a task to a courier without asking, or to another one while the goods are still at the store."""
        actor.require("task:assign")

        async def work(session: Session) -> DeliveryTask:
            task = required(await self._repository.find(task_id, session=session), "task")
            if task.state not in OPEN_STATES:
                raise errors.task_state(task.state.value, "assigned")
            if task.state is TaskState.ACCEPTED and task.courier_id == form.courier_id:
                return task
            courier = required(await self._couriers.find(form.courier_id, session=session), "courier")
            if not may_hold(courier, task.cod_due):
                raise errors.courier_cash()
            now = self._clock.now()
            offers = with_offer(answered(task.offers, OfferAnswer.EXPIRED), courier.id, now)
            given = {
                "state": TaskState.ACCEPTED,
                "courier_id": courier.id,
                "offers": answered(offers, OfferAnswer.ACCEPTED),
                "offer_expires_at": None,
                "due_at": None,
            }
            assigned = await self.change(session, task, given)
            if task.state is TaskState.ACCEPTED and task.courier_id is not None:
                await self._couriers.load(session, task.courier_id, tasks=-1)
            await self._couriers.load(session, courier.id, tasks=1)
            await self._record(session, actor, "assign", task, assigned, reason=form.reason)
            return assigned

        return await self._mongo.in_transaction(work)

    async def change(self, session: Session, task: DeliveryTask, changed: Mapping[str, Any]) -> DeliveryTask:
        """Change a task as it was read, in the caller's transaction, which is run again when somebody was faster."""
        done = await self._repository.change(task, {**changed, "updated_at": self._clock.now()}, session=session)
        if done is None:
            raise errors.try_again("task")
        return done

    async def try_pin(self, task: DeliveryTask, pin: str) -> bool | None:
        """Compare a PIN, counted before it is looked at: None when too many were wrong already (I18)."""
        now = self._clock.now()
        if not await self._repository.spend_pin_try(task.id, now, at_most=MOST_WRONG_PINS):
            return None
        if not self._pins.agrees(task.id, pin):
            return False
        await self._repository.return_pin_try(task.id, now)
        return True

    async def sweep_offers(self) -> Mapping[str, int]:
        """Take expired offers back and offer every waiting task to the next courier."""
        now = await server_now(self._mongo)
        expired = offered = lonely = 0
        for task in await self._repository.list_expired_offers(now, limit=BATCH):
            expired += await self._back_to_waiting(task, OfferAnswer.EXPIRED)
        for task in await self._repository.list_due(await server_now(self._mongo), limit=BATCH):
            if await self._offer(task, now):
                offered += 1
            else:
                lonely += 1
        return {"expired": expired, "offered": offered, "without_courier": lonely}

    async def _offer(self, task: DeliveryTask, now: datetime) -> bool:
        chain = await self._delivery.chain_of(task.zone_id)
        zones = tuple(zone.id for zone in chain) or (task.zone_id,)
        courier = choose(task, await self._couriers.list_ready(zones, limit=ASKED_AT_ONCE))
        if courier is None:
            await self._repository.change(task, {"due_at": now + ASK_AGAIN, "updated_at": self._clock.now()})
            return False

        async def work(session: Session) -> None:
            expires = now + OFFER_LASTS
            offered = await self.change(
                session,
                task,
                {
                    "state": TaskState.OFFERED,
                    "courier_id": courier.id,
                    "offers": with_offer(task.offers, courier.id, now),
                    "offer_expires_at": expires,
                    "due_at": None,
                },
            )
            asked = await self._couriers.offered(session, courier)
            payload = _offer_payload(offered, asked, expires)
            news = News("task.offered", "task", task.id, offered.ver, payload)
            await append_events(self._mongo, session, [news], clock=self._clock)

        try:
            # Not run again: somebody changed the task or the courier since they were read; the next sweep sees that.
            async with self._mongo.transaction() as session:
                await work(session)
        except DaraaError as error:
            if error.code != CONFLICT:
                raise
            return False
        return True

    async def _back_to_waiting(
        self, task: DeliveryTask, answer: OfferAnswer, *, session: Session | None = None
    ) -> bool:
        now = self._clock.now()
        words = {
            "state": TaskState.WAITING,
            "offers": answered(task.offers, answer),
            "courier_id": None,
            "offer_expires_at": None,
            "due_at": now,
            "updated_at": now,
        }
        done = await self._repository.change(task, words, session=session)
        if done is None and session is not None:
            raise errors.try_again("task")
        return done is not None

    async def _on_cancelled(self, event: Event, session: Session) -> None:
        """The order is the arbiter: it cannot be cancelled once its goods are picked up."""
        task = await self._repository.find_of_order(event.payload["order_id"], session=session)
        if task is None or task.state not in OPEN_STATES:
            return
        words = {"state": TaskState.CANCELLED, "offer_expires_at": None, "due_at": None}
        cancelled = await self.change(session, task, words)
        if task.state is TaskState.ACCEPTED and task.courier_id is not None:
            await self._couriers.load(session, task.courier_id, tasks=-1)
        await self._record(session, JOB, "cancel", task, cancelled)

    async def _record(
        self,
        session: Session,
        actor: Actor,
        verb: str,
        before: DeliveryTask,
        after: DeliveryTask,
        *,
        reason: str | None = None,
    ) -> None:
        was, is_ = ({"state": each.state.value, "courier_id": each.courier_id} for each in (before, after))
        await self._audit.record(session, actor, f"task.{verb}", "task", after.id, before=was, after=is_, reason=reason)


def _offer_payload(task: DeliveryTask, courier: CourierProfile, expires: datetime) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "order_id": task.order_id,
        "order_number": task.order_number,
        "store_id": task.store_id,
        "zone_id": task.zone_id,
        "courier_id": courier.id,
        "account_id": courier.account_id,
        "expires_at": expires.isoformat(),
        "cod_due": task.cod_due.model_dump() if task.cod_due else None,
    }
