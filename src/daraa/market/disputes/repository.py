"""Reads of disputes."""

from daraa.collections.disputes import DISPUTES, Dispute, DisputeState
from daraa.declare import Is, Query, asc, desc, eq
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table

BY_ID = Query(DISPUTES, "by_id", serves="by id", where=(eq("id"),))
OF_STORE_BY_ID = Query(DISPUTES, "by_id_of_store", serves="by id", where=(eq("id"),), also=(eq("store_id"),))
OPEN_OF_LINE = Query(
    DISPUTES,
    "open_of_line",
    serves="the open dispute of an order line",
    where=(eq("lines.line_id"), Is("is_open", True)),
)
OF_ORDER = Query(DISPUTES, "of_order", serves="the disputes of an order", where=(eq("order_id"),))
OF_STORE = Query(
    DISPUTES,
    "of_store",
    serves="a store's disputes, newest first",
    where=(eq("store_id"),),
    sort=(desc("id"),),
)
OPENED_BY = Query(
    DISPUTES,
    "opened_by",
    serves="the disputes an account opened, newest first",
    where=(eq("opened_by"),),
    sort=(desc("id"),),
)
QUEUE = Query(
    DISPUTES,
    "queue",
    serves="the queue of disputes by state, most urgent first",
    where=(eq("state"),),
    sort=(desc("priority"), asc("due_at")),
)


class DisputeRepository:
    """Disputes."""

    def __init__(self, mongo: Mongo) -> None:
        self._disputes = Table(DISPUTES, mongo)

    async def get(self, dispute_id: str) -> Dispute:
        """The dispute; DaraaError `market.thing.missing` when there is none."""
        return required(await self._disputes.find_one(BY_ID, id=dispute_id), "dispute")

    async def get_of_store(self, scope: StoreScope, dispute_id: str) -> Dispute:
        """The dispute, if it is this store's; `market.thing.missing` otherwise, so that others' stay unseen."""
        found = await self._disputes.find_one(OF_STORE_BY_ID, id=dispute_id, store_id=scope.store_id)
        return required(found, "dispute")

    async def find_open_of_line(self, line_id: str) -> Dispute | None:
        """The open dispute about an order line: there is at most one."""
        return await self._disputes.find_one(OPEN_OF_LINE, line_id=line_id)

    async def list_of_order(self, order_id: str, *, limit: int) -> list[Dispute]:
        """Every dispute about an order; an open one pauses its payout."""
        return await self._disputes.find(OF_ORDER, limit=limit, order_id=order_id)

    async def list_of_store(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Dispute]:
        """A store's disputes, newest first."""
        return await self._disputes.find(OF_STORE, limit=limit, after=after, store_id=scope.store_id)

    async def list_opened_by(self, account_id: str, *, limit: int, after: After = None) -> list[Dispute]:
        """The disputes that a person opened, newest first."""
        return await self._disputes.find(OPENED_BY, limit=limit, after=after, opened_by=account_id)

    async def list_queue(self, state: DisputeState, *, limit: int, after: After = None) -> list[Dispute]:
        """The mediators' queue: the most urgent first, then the first due."""
        return await self._disputes.find(QUEUE, limit=limit, after=after, state=state)
