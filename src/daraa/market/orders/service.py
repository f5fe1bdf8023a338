"""The front door of orders: who may read which, and who may move them on."""

from typing import Any

from daraa.collections.order_groups import OrderGroup
from daraa.collections.orders import Order, OrderStatus
from daraa.market.actor import Actor
from daraa.market.found import After
from daraa.market.orders.cancelling_service import Cancelling, Keep
from daraa.market.orders.machine import Party
from daraa.market.orders.moves_service import OrderMoves
from daraa.market.orders.repository import OrderRepository
from daraa.market.orders.tied_pages import newest_first
from daraa.market.payments.service import Payments
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

READ, CANCEL, FULFIL = "order:read", "order:cancel", "order:fulfil"
"""The rights of admins, and of a store's staff."""
MOST_OF_A_GROUP = 50


class Orders:
    """Orders of customers, of stores, and for admins. Another's order is missing, like one that never was."""

    def __init__(self, mongo: Mongo, moves: OrderMoves, cancelling: Cancelling, payments: Payments) -> None:
        self._mongo = mongo
        self._repository = OrderRepository(mongo)
        self._moves, self._cancelling, self._payments = moves, cancelling, payments

    async def get(self, order_id: str, *, session: Session | None = None) -> Order:
        """Any order, for capabilities that have checked who asks; `market.thing.missing` when there is none."""
        return await self._repository.get(order_id, session=session)

    async def get_of_customer(self, actor: Actor, order_id: str) -> Order:
        """The actor's own order."""
        return await self._repository.get_of_customer(actor.id, order_id)

    async def list_of_customer(
        self, actor: Actor, status: OrderStatus | None, *, limit: int, after: After
    ) -> list[Order]:
        """The actor's orders, newest first; sorted by (created_at, id) when a state is asked for, else by id."""
        if status is None:
            return await self._repository.list_of_customer(actor.id, limit=limit, after=after)
        read = self._repository
        return await newest_first(
            lambda many, before: read.list_of_customer_by_state(actor.id, status, limit=many, after=before),
            lambda moment: read.list_of_customer_at(actor.id, status, moment),
            limit,
            after,
        )

    async def get_group(self, actor: Actor, group_id: str) -> tuple[OrderGroup, list[Order], str | None]:
        """The actor's own checkout, its orders, and the intent that its card part is paid by."""
        group = await self._repository.get_group_of_customer(actor.id, group_id)
        orders = await self._repository.list_of_group(group_id, limit=MOST_OF_A_GROUP)
        payments = await self._payments.list_of_group(group_id)
        return group, orders, next((each.intent_id for each in payments if each.intent_id), None)

    async def list_groups(self, actor: Actor, *, limit: int, after: After) -> list[OrderGroup]:
        """The actor's checkouts, newest first."""
        return await self._repository.list_groups_of_customer(actor.id, limit=limit, after=after)

    async def cancel_own(self, actor: Actor, order_id: str, reason: str, keep: Keep | None = None) -> Order:
        """The customer changes their mind, until the store has confirmed; `orders.state.forbidden` afterwards."""

        async def read(session: Session) -> Order:
            return await self._repository.get_of_customer(actor.id, order_id, session=session)

        return await self._cancelling.cancel(read, actor, Party.CUSTOMER, reason, keep)

    async def get_of_store(self, scope: StoreScope, order_id: str) -> Order:
        """An order of the store."""
        scope.require(FULFIL)
        return await self._repository.get_of_store(scope, order_id)

    async def list_of_store(self, scope: StoreScope, status: OrderStatus, *, limit: int, after: After) -> list[Order]:
        """The store's orders of a state, newest first by (created_at, id)."""
        scope.require(FULFIL)
        read = self._repository
        return await newest_first(
            lambda many, before: read.list_of_store(scope, status, limit=many, after=before),
            lambda moment: read.list_of_store_at(scope, status, moment),
            limit,
            after,
        )

    async def advance(self, scope: StoreScope, actor: Actor, order_id: str, to: OrderStatus) -> Order:
        """A member of the store confirms, prepares or has an order ready.

        `orders.state.forbidden` out of turn, `orders.payment.awaited` before the card has paid.
        """
        scope.require(FULFIL)

        async def work(session: Session) -> Order:
            order = await self._repository.get_of_store(scope, order_id, session=session)
            return await self._moves.move(session, order, to, actor, by=Party.SELLER)

        return await self._mongo.in_transaction(work)

    async def reject(
        self, scope: StoreScope, actor: Actor, order_id: str, reason: str, keep: Keep | None = None
    ) -> Order:
        """The store cannot deliver what it sold; possible until it prepares it."""
        scope.require(FULFIL)

        async def read(session: Session) -> Order:
            return await self._repository.get_of_store(scope, order_id, session=session)

        return await self._cancelling.cancel(read, actor, Party.SELLER, reason, keep)

    async def get_for_admin(self, actor: Actor, order_id: str) -> Order:
        """Any order; needs the right order:read."""
        actor.require(READ)
        return await self._repository.get(order_id)

    async def cancel_for_admin(self, actor: Actor, order_id: str, reason: str, keep: Keep | None = None) -> Order:
        """Any order until it is picked up; needs the right order:cancel."""
        actor.require(CANCEL)

        async def read(session: Session) -> Order:
            return await self._repository.get(order_id, session=session)

        return await self._cancelling.cancel(read, actor, Party.ADMIN, reason, keep)


def place_in_list(order: Order, status: OrderStatus | None) -> tuple[Any, ...]:
    """The sort values by which a list goes on behind this order."""
    return (order.id,) if status is None else (order.created_at, order.id)
