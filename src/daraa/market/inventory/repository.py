"""Reads of stock: what is available, what is held, and why it changed."""

from datetime import datetime

from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind, StockMovement
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table

STOCK_BY_ID = Query(INVENTORIES, "by_id", serves="by id", where=(eq("id"),))
STOCK_BY_PLACE = Query(
    INVENTORIES,
    "by_place",
    serves="a store's stock of a variant by place",
    where=(eq("store_id"), eq("variant_id"), eq("place")),
)
STOCK_OF_VARIANTS = Query(INVENTORIES, "of_variants", serves="the stock of variants", where=(one_of("variant_id"),))
LOW_STOCK = Query(
    INVENTORIES,
    "low_of_store",
    serves="a store's stock that runs low",
    where=(eq("store_id"), Is("is_low", True)),
    sort=(asc("id"),),
)
EXPIRED_HOLDS = Query(
    INVENTORIES,
    "with_expired_holds",
    serves="stock whose holds expired",
    where=(beyond("holds.expires_at", "lte", "before"),),
)
HELD_BY_ATTEMPT = Query(
    INVENTORIES,
    "held_by_attempt",
    serves="stock held by an attempt",
    where=(eq("holds.attempt_id"),),
)
MOVEMENTS_OF_LINE = Query(
    STOCK_MOVEMENTS,
    "of_order_line",
    serves="the movements of an order line by kind",
    where=(eq("order_line_id"), eq("kind")),
)
MOVEMENTS_OF_STOCK = Query(
    STOCK_MOVEMENTS,
    "of_stock",
    serves="the movements of a stock row, newest first",
    where=(eq("inventory_id"),),
    also=(eq("store_id"),),
    sort=(desc("id"),),
)


class InventoryRepository:
    """Stock and its movements; writes are guarded updates in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._stock = Table(INVENTORIES, mongo)
        self._movements = Table(STOCK_MOVEMENTS, mongo)

    async def find(self, inventory_id: str) -> Inventory | None:
        """A stock row by its key: to see whether a hold that matched nothing is already there."""
        return await self._stock.find_one(STOCK_BY_ID, id=inventory_id)

    async def find_of_store(self, scope: StoreScope, variant_id: str, place: str) -> Inventory | None:
        """A store's stock of a variant in one place."""
        return await self._stock.find_one(STOCK_BY_PLACE, store_id=scope.store_id, variant_id=variant_id, place=place)

    async def list_of_variants(self, variant_ids: tuple[str, ...], *, limit: int) -> list[Inventory]:
        """The stock of several variants in all places, in one command."""
        return await self._stock.find(STOCK_OF_VARIANTS, limit=limit, variant_ids=variant_ids)

    async def list_low(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Inventory]:
        """A store's stock at or under its warning level."""
        return await self._stock.find(LOW_STOCK, limit=limit, after=after, store_id=scope.store_id)

    async def list_with_expired_holds(self, before: datetime, *, limit: int) -> list[Inventory]:
        """Stock with a hold that ended by then; whether it may go is the cart's to say."""
        return await self._stock.find(EXPIRED_HOLDS, limit=limit, before=before)

    async def list_held_by(self, attempt_id: str, *, limit: int) -> list[Inventory]:
        """Everything that a placement attempt holds."""
        return await self._stock.find(HELD_BY_ATTEMPT, limit=limit, attempt_id=attempt_id)

    async def find_movement(self, order_line_id: str, kind: MovementKind) -> StockMovement | None:
        """The movement of that kind that an order line caused; there is one at most."""
        return await self._movements.find_one(MOVEMENTS_OF_LINE, order_line_id=order_line_id, kind=kind)

    async def list_movements(
        self, scope: StoreScope, inventory_id: str, *, limit: int, after: After = None
    ) -> list[StockMovement]:
        """The movements of one of the store's stock rows, newest first."""
        return await self._movements.find(
            MOVEMENTS_OF_STOCK, limit=limit, after=after, inventory_id=inventory_id, store_id=scope.store_id
        )
