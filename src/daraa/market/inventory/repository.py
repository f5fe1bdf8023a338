"""Stock in the database: what is available, what is held, why it changed; every change is guarded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from daraa.collections.inventories import INVENTORIES, Inventory
from daraa.collections.parts import Hold
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant
from daraa.collections.stock_movements import STOCK_MOVEMENTS, MovementKind, StockMovement
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.declare.names import to_db_name
from daraa.kernel.errors import DaraaError
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session

_ATTEMPT = to_db_name("attempt_id")
"""Inside an array's elements the driver takes names as they are stored."""
MOST_HOLDS = 200
"""As many as the declaration of `holds` allows in one row."""
STOCK_BY_ID = Query(INVENTORIES, "by_id", serves="by id", where=(eq("id"),))
STOCK_BY_IDS = Query(INVENTORIES, "by_ids", serves="by id", where=(one_of("id"),))
STOCK_OF_STORE = Query(
    INVENTORIES,
    "of_store",
    serves="a store's stock of a variant by place",
    where=(eq("store_id"),),
    sort=(asc("variant_id"), asc("place")),
)
STOCK_BY_PLACE = Query(
    INVENTORIES,
    "by_place",
    serves="a store's stock of a variant by place",
    where=(eq("store_id"), eq("variant_id")),
    sort=(asc("place"),),
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
MOVEMENTS_OF_LINES = Query(
    STOCK_MOVEMENTS,
    "of_order_lines",
    serves="the movements of an order line by kind",
    where=(one_of("order_line_id"),),
)
MOVEMENTS_OF_ATTEMPT = Query(
    STOCK_MOVEMENTS,
    "of_attempt",
    serves="the movements of a placement attempt",
    where=(eq("attempt_id"),),
    also=(eq("inventory_id"),),
)
MOVEMENTS_OF_STOCK = Query(
    STOCK_MOVEMENTS,
    "of_stock",
    serves="the movements of a stock row, newest first",
    where=(eq("inventory_id"),),
    also=(eq("store_id"),),
    sort=(desc("id"),),
)
VARIANT_BY_ID = Query(PRODUCT_VARIANTS, "stocked", serves="by id", where=(eq("id"),))


class InventoryRepository:
    """Stock and its movements."""

    def __init__(self, mongo: Mongo) -> None:
        self._stock = Table(INVENTORIES, mongo)
        self._movements = Table(STOCK_MOVEMENTS, mongo)
        self._variants = Table(PRODUCT_VARIANTS, mongo)

    async def hold_all(self, holds: Sequence[tuple[str, Hold]], now: datetime) -> int:
        """Set pieces aside in each of these rows (I1), in one command; how many rows did.

        A row does not when there are too few, the attempt holds some already, or the row is full.
        """
        return await self._stock.update_each([(_holdable(key, hold), _held(hold, now)) for key, hold in holds])

    async def give_back(self, inventory_id: str, hold: Hold, now: datetime) -> bool:
        """Release exactly this hold (I2); False when somebody did, or when it became an allocation."""
        return await self._stock.update_one(
            {"id": inventory_id, "holds": hold},
            {
                "$inc": {"available": hold.quantity, "held": -hold.quantity, "ver": 1},
                "$pull": {"holds": hold},
                "$set": {"updated_at": now},
            },
        )

    async def settle(
        self, inventory_id: str, attempt_id: str, quantity: int, now: datetime, session: Session
    ) -> Inventory | None:
        """A hold of exactly so many pieces becomes an allocation; None when there is no such hold."""
        hold = {_ATTEMPT: attempt_id, "quantity": quantity}
        return await self._stock.update_and_get(
            {"id": inventory_id, "holds": {"$elemMatch": hold}},
            {
                "$inc": {"held": -quantity, "allocated": quantity, "ver": 1},
                "$pull": {"holds": {_ATTEMPT: attempt_id}},
                "$set": {"updated_at": now},
            },
            session=session,
        )

    async def show_low(self, inventory_id: str, is_low: bool, session: Session) -> None:
        """Set the flag that lists of low stock go by, in the transaction that brought the row there."""
        await self._stock.update_one({"id": inventory_id}, {"$set": {"is_low": is_low}}, session=session)

    async def add_row(self, row: Inventory) -> None:
        """Add an empty stock row unless there is one."""
        try:
            await self._stock.insert(row)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise

    async def insert(self, row: Inventory, session: Session) -> None:
        """Add a stock row in a transaction that fills it."""
        await self._stock.insert(row, session=session)

    async def replace(self, before: Inventory, after: Inventory, now: datetime, session: Session) -> None:
        """Set the numbers of a row that was read in this transaction; a change in between ends the transaction."""
        numbers: dict[str, Any] = {
            name: getattr(after, name)
            for name in ("available", "held", "allocated", "on_hand", "holds", "low_at", "is_low")
        }
        mine = await self._stock.update_one(
            {"id": before.id, "ver": before.ver},
            {"$set": {**numbers, "updated_at": now}, "$inc": {"ver": 1}},
            session=session,
        )
        if not mine:
            raise DaraaError(CONFLICT, "The stock row was changed meanwhile.", hint="Read again and retry.")

    async def add_movements(self, movements: Sequence[StockMovement], session: Session) -> None:
        """Write why the rows changed; `stores.key.duplicate` when a line's movement of that kind exists."""
        await self._movements.insert_many(movements, session=session)

    async def find_variant(self, scope: StoreScope, variant_id: str) -> ProductVariant | None:
        """The store's variant, offered or not."""
        found = await self._variants.find_one(VARIANT_BY_ID, id=variant_id)
        return found if found is not None and found.store_id == scope.store_id else None

    async def find(self, inventory_id: str, *, session: Session | None = None) -> Inventory | None:
        """A stock row by its key: to see whether a hold that matched nothing is already there."""
        return await self._stock.find_one(STOCK_BY_ID, id=inventory_id, session=session)

    async def list_by_ids(self, ids: Sequence[str], *, session: Session | None = None) -> list[Inventory]:
        """The stock rows with these keys, in no order."""
        return await self._stock.find(STOCK_BY_IDS, limit=len(ids), ids=ids, session=session)

    async def list_of_store(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Inventory]:
        """All stock of a store, in order of variants."""
        return await self._stock.find(STOCK_OF_STORE, limit=limit, after=after, store_id=scope.store_id)

    async def list_places_of_variant(
        self, scope: StoreScope, variant_id: str, *, limit: int, after: After = None
    ) -> list[Inventory]:
        """A store's stock of a variant, in order of places."""
        return await self._stock.find(
            STOCK_BY_PLACE, limit=limit, after=after, store_id=scope.store_id, variant_id=variant_id
        )

    async def list_of_variants(
        self, variant_ids: Sequence[str], *, limit: int, session: Session | None = None
    ) -> list[Inventory]:
        """The stock of several variants in all places, in one command."""
        return await self._stock.find(STOCK_OF_VARIANTS, limit=limit, variant_ids=variant_ids, session=session)

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

    async def list_movements_of_lines(
        self, line_ids: Sequence[str], *, session: Session | None = None
    ) -> list[StockMovement]:
        """What was moved for these order lines so far."""
        most = len(line_ids) * len(MovementKind)
        return await self._movements.find(MOVEMENTS_OF_LINES, limit=most, order_line_ids=line_ids, session=session)

    async def find_settlement(self, attempt_id: str, inventory_id: str) -> StockMovement | None:
        """A movement by which the attempt's hold of that row was settled."""
        return await self._movements.find_one(MOVEMENTS_OF_ATTEMPT, attempt_id=attempt_id, inventory_id=inventory_id)

    async def list_movements(
        self, scope: StoreScope, inventory_id: str, *, limit: int, after: After = None
    ) -> list[StockMovement]:
        """The movements of one of the store's stock rows, newest first."""
        return await self._movements.find(
            MOVEMENTS_OF_STOCK, limit=limit, after=after, inventory_id=inventory_id, store_id=scope.store_id
        )


def _holdable(inventory_id: str, hold: Hold) -> dict[str, Any]:
    return {
        "id": inventory_id,
        "available": {"$gte": hold.quantity},
        "holds.attempt_id": {"$ne": hold.attempt_id},
        f"holds.{MOST_HOLDS - 1}": {"$exists": False},
    }


def _held(hold: Hold, now: datetime) -> dict[str, Any]:
    return {
        "$inc": {"available": -hold.quantity, "held": hold.quantity, "ver": 1},
        "$push": {"holds": hold},
        "$set": {"updated_at": now},
    }
