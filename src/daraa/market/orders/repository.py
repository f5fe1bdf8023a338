"""Reads of orders, their groups, and returns."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.order_groups import ORDER_GROUPS, OrderGroup
from daraa.collections.orders import FINISHED, OPEN, ORDERS, Order, OrderStatus
from daraa.collections.returns import RETURNS, Return, ReturnStatus
from daraa.declare import Query, asc, beyond, desc, eq, near, one_of
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Near, Table
from daraa.stores.mongo.session import Session

ORDER_BY_ID = Query(ORDERS, "by_id", serves="by id", where=(eq("id"),))
ALL_ORDERS = Query(ORDERS, "all", serves="by id", sort=(asc("id"),))
ORDER_OF_STORE = Query(ORDERS, "by_id_of_store", serves="by id", where=(eq("id"),), also=(eq("store_id"),))
ORDER_OF_CUSTOMER = Query(ORDERS, "by_id_of_customer", serves="by id", where=(eq("id"),), also=(eq("customer_id"),))
ORDER_BY_NUMBER = Query(ORDERS, "by_number", serves="an order by its number", where=(eq("order_number"),))
OF_CUSTOMER = Query(
    ORDERS,
    "of_customer",
    serves="a customer's orders, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)
OF_CUSTOMER_BY_STATE = Query(
    ORDERS,
    "of_customer_by_state",
    serves="a customer's orders by state, newest first",
    where=(eq("customer_id"), eq("order_status")),
    sort=(desc("created_at"),),
)
OPEN_OF_CUSTOMER = Query(ORDERS, "open_of_customer", serves="a customer's open orders", where=(eq("customer_id"), OPEN))
OF_STORE_BY_STATE = Query(
    ORDERS,
    "of_store_by_state",
    serves="a store's orders by state, newest first",
    where=(eq("store_id"), eq("order_status")),
    sort=(desc("created_at"),),
)
OF_COURIER = Query(
    ORDERS,
    "of_courier",
    serves="a courier's orders by state",
    where=(eq("courier_id"), one_of("order_status", "states")),
)
OF_GROUP = Query(ORDERS, "of_group", serves="the orders of a group", where=(eq("group_id"),))
OF_CUSTOMER_AT = Query(
    ORDERS,
    "of_customer_by_state_at",
    serves="a customer's orders by state, newest first",
    where=(eq("customer_id"), eq("order_status"), eq("created_at")),
)
OF_STORE_AT = Query(
    ORDERS,
    "of_store_by_state_at",
    serves="a store's orders by state, newest first",
    where=(eq("store_id"), eq("order_status"), eq("created_at")),
)
OVERDUE = Query(
    ORDERS,
    "overdue",
    serves="open orders by the time they are due",
    where=(OPEN, beyond("due_at", "lte", "before")),
    sort=(asc("due_at"),),
)
FINISHED_ORDERS = Query(
    ORDERS,
    "finished",
    serves="finished orders by completion",
    where=(FINISHED, beyond("completed_at", "lt", "before")),
    sort=(asc("completed_at"), asc("id")),
)
DELIVERIES_NEAR = Query(
    ORDERS,
    "deliveries_near",
    serves="deliveries near a point",
    where=(near("delivery_address.location"),),
    also=(one_of("order_status", "states"),),
)
GROUP_BY_ID = Query(ORDER_GROUPS, "by_id", serves="by id", where=(eq("id"),))
GROUP_OF_CUSTOMER = Query(
    ORDER_GROUPS, "by_id_of_customer", serves="by id", where=(eq("id"),), also=(eq("customer_id"),)
)
GROUP_OF_CART = Query(ORDER_GROUPS, "of_cart", serves="the order group of a cart", where=(eq("cart_id"),))
GROUP_BY_NUMBER = Query(ORDER_GROUPS, "by_number", serves="an order group by its number", where=(eq("number"),))
GROUPS_OF_CUSTOMER = Query(
    ORDER_GROUPS,
    "of_customer",
    serves="a customer's order groups, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)
CURRENCY_BY_ID = Query(CURRENCIES, "by_id", serves="by id", where=(eq("id"),))
RETURNS_OF_ORDER = Query(RETURNS, "of_order", serves="the returns of an order", where=(eq("order_id"),))
RETURNS_OF_CUSTOMER = Query(
    RETURNS,
    "of_customer",
    serves="a customer's returns, newest first",
    where=(eq("customer_id"),),
    sort=(desc("id"),),
)
RETURNS_OF_STORE = Query(
    RETURNS,
    "of_store",
    serves="a store's returns by state, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("id"),),
)
RETURNS_OVERDUE = Query(
    RETURNS,
    "overdue",
    serves="returns of a state by the time they are due",
    where=(eq("status"), beyond("due_at", "lte", "before")),
    sort=(asc("due_at"),),
)

MOST_AT_ONCE = 1000
"""More orders than one store or customer gets in one millisecond."""


class OrderRepository:
    """Orders and their groups."""

    def __init__(self, mongo: Mongo) -> None:
        self._orders = Table(ORDERS, mongo)
        self._groups = Table(ORDER_GROUPS, mongo)

    async def get(self, order_id: str, *, session: Session | None = None) -> Order:
        """The order; DaraaError `market.thing.missing` when there is none."""
        return required(await self._orders.find_one(ORDER_BY_ID, session=session, id=order_id), "order")

    async def list_all(self, *, limit: int, after: After = None) -> list[Order]:
        """Every order that is not archived, oldest first."""
        return await self._orders.find(ALL_ORDERS, limit=limit, after=after)

    async def get_of_customer(self, customer_id: str, order_id: str, *, session: Session | None = None) -> Order:
        """The order, if it is this customer's; `market.thing.missing` otherwise."""
        order = await self._orders.find_one(ORDER_OF_CUSTOMER, session=session, id=order_id, customer_id=customer_id)
        return required(order, "order")

    async def insert_all(self, group: OrderGroup, orders: Sequence[Order], *, session: Session) -> None:
        """Add a checkout; `stores.key.duplicate` when its cart was placed before or a number is taken."""
        await self._groups.insert(group, session=session)
        await self._orders.insert_many(orders, session=session)

    async def move(self, order: Order, changed: Mapping[str, Any], *, session: Session) -> Order | None:
        """Change the order as it was read; None when somebody else changed it since. Money never changes (I7)."""
        if sealed := {"items", "totals", "totals_hash"} & {path.partition(".")[0] for path in changed}:
            raise TypeError(f"sealed at placement: {sorted(sealed)}")
        return await self._orders.update_and_get(
            {"id": order.id, "order_status": order.order_status, "ver": order.ver},
            {"$set": dict(changed), "$inc": {"ver": 1}},
            session=session,
        )

    async def get_of_store(self, scope: StoreScope, order_id: str, *, session: Session | None = None) -> Order:
        """The order, if it is this store's; `market.thing.missing` otherwise, so that others' orders stay unseen."""
        order = await self._orders.find_one(ORDER_OF_STORE, session=session, id=order_id, store_id=scope.store_id)
        return required(order, "order")

    async def find_by_number(self, order_number: str) -> Order | None:
        """The order that a person names on the telephone."""
        return await self._orders.find_one(ORDER_BY_NUMBER, order_number=order_number)

    async def list_of_customer(self, customer_id: str, *, limit: int, after: After = None) -> list[Order]:
        """A customer's orders, newest first."""
        return await self._orders.find(OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)

    async def list_of_customer_by_state(
        self, customer_id: str, status: OrderStatus, *, limit: int, after: After = None
    ) -> list[Order]:
        """A customer's orders of a state, newest first; `after` is a time, whose own millisecond is left out."""
        return await self._orders.find(
            OF_CUSTOMER_BY_STATE, limit=limit, after=after, customer_id=customer_id, order_status=status
        )

    async def list_of_customer_at(self, customer_id: str, status: OrderStatus, created_at: datetime) -> list[Order]:
        """A customer's orders of a state that were placed in one millisecond, in no order."""
        return await self._orders.find(
            OF_CUSTOMER_AT, limit=MOST_AT_ONCE, customer_id=customer_id, order_status=status, created_at=created_at
        )

    async def list_open_of_customer(self, customer_id: str, *, limit: int) -> list[Order]:
        """A customer's orders that no courier has picked up yet."""
        return await self._orders.find(OPEN_OF_CUSTOMER, limit=limit, customer_id=customer_id)

    async def list_of_store(
        self, scope: StoreScope, status: OrderStatus, *, limit: int, after: After = None
    ) -> list[Order]:
        """A store's orders of a state, newest first; `after` is a time, whose own millisecond is left out."""
        return await self._orders.find(
            OF_STORE_BY_STATE, limit=limit, after=after, store_id=scope.store_id, order_status=status
        )

    async def list_of_store_at(self, scope: StoreScope, status: OrderStatus, created_at: datetime) -> list[Order]:
        """A store's orders of a state that were placed in one millisecond, in no order."""
        return await self._orders.find(
            OF_STORE_AT, limit=MOST_AT_ONCE, store_id=scope.store_id, order_status=status, created_at=created_at
        )

    async def list_of_courier(self, courier_id: str, states: tuple[OrderStatus, ...], *, limit: int) -> list[Order]:
        """A courier's orders in any of the states."""
        return await self._orders.find(OF_COURIER, limit=limit, courier_id=courier_id, states=states)

    async def list_of_group(self, group_id: str, *, limit: int) -> list[Order]:
        """The orders into which one checkout was split."""
        return await self._orders.find(OF_GROUP, limit=limit, group_id=group_id)

    async def list_overdue(self, before: datetime, *, limit: int) -> list[Order]:
        """Open orders that should have moved on by then, the longest overdue first."""
        return await self._orders.find(OVERDUE, limit=limit, before=before)

    async def list_finished(self, before: datetime, *, limit: int, after: After = None) -> list[Order]:
        """Orders that ended before that time, the oldest first."""
        return await self._orders.find(FINISHED_ORDERS, limit=limit, after=after, before=before)

    async def list_deliveries_near(self, point: Near, states: tuple[OrderStatus, ...], *, limit: int) -> list[Order]:
        """Orders in any of the states that go to a place near a point, nearest first."""
        return await self._orders.find(DELIVERIES_NEAR, limit=limit, near=point, states=states)

    async def get_group(self, group_id: str) -> OrderGroup:
        """The order group; DaraaError `market.thing.missing` when there is none."""
        return required(await self._groups.find_one(GROUP_BY_ID, id=group_id), "order group")

    async def get_group_of_customer(self, customer_id: str, group_id: str) -> OrderGroup:
        """The order group, if it is this customer's; `market.thing.missing` otherwise."""
        group = await self._groups.find_one(GROUP_OF_CUSTOMER, id=group_id, customer_id=customer_id)
        return required(group, "order group")

    async def find_group_of_cart(self, cart_id: str) -> OrderGroup | None:
        """What a cart became: the answer when a placement is asked for twice."""
        return await self._groups.find_one(GROUP_OF_CART, cart_id=cart_id)

    async def find_group_by_number(self, number: str) -> OrderGroup | None:
        """The order group that a person names."""
        return await self._groups.find_one(GROUP_BY_NUMBER, number=number)

    async def list_groups_of_customer(self, customer_id: str, *, limit: int, after: After = None) -> list[OrderGroup]:
        """A customer's checkouts, newest first."""
        return await self._groups.find(GROUPS_OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)


class CurrencyRepository:
    """Which notes exist."""

    def __init__(self, mongo: Mongo) -> None:
        self._currencies = Table(CURRENCIES, mongo)

    async def get(self, code: str) -> Currency:
        """The currency; DaraaError `market.thing.missing` when the platform does not know it."""
        return required(await self._currencies.find_one(CURRENCY_BY_ID, id=code), "currency")


class ReturnRepository:
    """Goods that come back."""

    def __init__(self, mongo: Mongo) -> None:
        self._returns = Table(RETURNS, mongo)

    async def list_of_order(self, order_id: str, *, limit: int) -> list[Return]:
        """The returns of an order: their quantities cannot exceed what was delivered."""
        return await self._returns.find(RETURNS_OF_ORDER, limit=limit, order_id=order_id)

    async def list_of_customer(self, customer_id: str, *, limit: int, after: After = None) -> list[Return]:
        """A customer's returns, newest first."""
        return await self._returns.find(RETURNS_OF_CUSTOMER, limit=limit, after=after, customer_id=customer_id)

    async def list_of_store(
        self, scope: StoreScope, status: ReturnStatus, *, limit: int, after: After = None
    ) -> list[Return]:
        """A store's returns of a state, newest first."""
        return await self._returns.find(
            RETURNS_OF_STORE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def list_overdue(self, status: ReturnStatus, before: datetime, *, limit: int) -> list[Return]:
        """Returns of a state that should have moved on by then, the longest overdue first."""
        return await self._returns.find(RETURNS_OVERDUE, limit=limit, status=status, before=before)
