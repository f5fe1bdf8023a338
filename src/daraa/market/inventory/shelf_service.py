"""Stock as its seller sees it: counted, received and looked up; on hand changes only with a movement that says why."""

from dataclasses import dataclass
from typing import Any

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import Inventory
from daraa.collections.stock_movements import MovementKind, StockMovement
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.inventory.errors import below_zero, stock_unknown, variant_unknown, wrong_kind
from daraa.market.inventory.events import crossed_news
from daraa.market.inventory.repository import InventoryRepository
from daraa.market.inventory.rows import adjusted, crossed_zero, warned_at
from daraa.market.inventory.shelf_view import adjustment_view
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.session import Session


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`delta` pieces more (or less) of a variant; `low_at` sets the warning level along with it."""

    variant_id: str
    place: str
    kind: MovementKind
    delta: int
    reason: str
    low_at: int | None = None


class Shelf:
    """Everything here is inside one store: `scope` is the proof that the caller works there."""

    def __init__(self, mongo: Mongo, audit: Audit, idempotency: Idempotency, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = InventoryRepository(mongo)
        self._audit, self._idempotency = audit, idempotency
        self._clock = clock

    async def adjust(self, scope: StoreScope, actor: Actor, wanted: Adjustment, claim: Claim) -> Answer:
        """Change stock on hand once for the claim; the first adjustment makes the row.

        Needs the scope `stock:write`. `inventory.variant.unknown` (404), `inventory.adjustment.below_zero` (409) when
        more is taken away than is available: what is held or allocated belongs to buyers.
        """
        scope.require("stock:write")
        if wanted.kind is MovementKind.RECEIVE and wanted.delta < 0:
            raise wrong_kind()
        variant = await self._repository.find_variant(scope, wanted.variant_id)
        if variant is None:
            raise variant_unknown()
        key = inventory_id(scope.store_id, wanted.variant_id, wanted.place)
        if wanted.delta > 0:
            # Outside of the transaction, so that first adjustments at the same time meet in one row.
            await self._repository.add_row(_new_row(key, scope.store_id, variant.product_id, wanted, self._clock))

        async def work(session: Session) -> Answer:
            before = await self._repository.find(key, session=session)
            if before is None:
                raise below_zero(0, wanted.delta)
            after = adjusted(before if wanted.low_at is None else warned_at(before, wanted.low_at), wanted.delta)
            movement = self._movement(after, wanted, actor)
            after = after.model_copy(update={"updated_at": movement.created_at})
            await self._repository.replace(before, after, movement.created_at, session)
            await self._repository.add_movements([movement], session)
            await self._record(session, actor, before, after, wanted)
            if crossed_zero(before, after):
                await append_events(self._mongo, session, [crossed_news(after, movement.id)], clock=self._clock)
            where = f"/v1/seller/stores/{scope.store_id}/inventory/{key}/movements"
            done = Answer(adjustment_view(after, movement), 201, location=where)
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work)

    def _movement(self, row: Inventory, wanted: Adjustment, actor: Actor) -> StockMovement:
        return StockMovement(
            id=new_id("smv"),
            inventory_id=row.id,
            store_id=row.store_id,
            variant_id=row.variant_id,
            kind=wanted.kind,
            quantity=wanted.delta,
            delta_on_hand=wanted.delta,
            actor_id=actor.account_id,
            reason=wanted.reason,
            **stamp(self._clock.now()),
        )

    async def _record(
        self, session: Session, actor: Actor, before: Inventory, after: Inventory, wanted: Adjustment
    ) -> None:
        await self._audit.record(
            session, actor, "stock.adjust", "inventory", after.id,
            before=_told(before), after=_told(after), reason=wanted.reason,
        )  # fmt: skip

    async def get(self, scope: StoreScope, key: str) -> Inventory:
        """One of the store's stock rows; `inventory.stock.unknown` (404) for any other."""
        row = await self._repository.find(key)
        if row is None or row.store_id != scope.store_id:
            raise stock_unknown()
        return row

    async def list_stock(
        self, scope: StoreScope, *, variant_id: str | None, limit: int, after: After = None
    ) -> list[Inventory]:
        """The store's stock in order of variants and places, or that of one variant; `after` holds both."""
        if variant_id is None:
            return await self._repository.list_of_store(scope, limit=limit, after=after)
        place = after[1:] if after is not None else None
        return await self._repository.list_places_of_variant(scope, variant_id, limit=limit, after=place)

    async def list_low(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Inventory]:
        """What is at or under its warning level."""
        return await self._repository.list_low(scope, limit=limit, after=after)

    async def list_movements(
        self, scope: StoreScope, key: str, *, limit: int, after: After = None
    ) -> list[StockMovement]:
        """Why a stock row is what it is, newest first; 404 for a row of another store."""
        await self.get(scope, key)
        return await self._repository.list_movements(scope, key, limit=limit, after=after)


def _told(row: Inventory) -> dict[str, Any]:
    return {"on_hand": row.on_hand, "available": row.available, "low_at": row.low_at}


def _new_row(key: str, store_id: str, product_id: str, wanted: Adjustment, clock: Clock) -> Inventory:
    return Inventory(
        id=key,
        store_id=store_id,
        product_id=product_id,
        variant_id=wanted.variant_id,
        place=wanted.place,
        is_low=True,
        **stamp(clock.now()),
    )
