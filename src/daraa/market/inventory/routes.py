"""A store's stock over HTTP, for the people who work in it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from daraa.collections.inventories import Inventory
from daraa.collections.stock_movements import StockMovement
from daraa.market.http import IdempotencyKey, InStore, ListOf, One, SignedIn, answer, once, provided
from daraa.market.idempotency.service import Answer, Claim
from daraa.market.inventory.schemas import AdjustmentOut, AdjustStock, ListStock, MovementOut, StockOut
from daraa.market.inventory.shelf_service import Shelf
from daraa.market.inventory.shelf_view import movement_view, stock_view
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1/seller/stores/{store_id}/inventory", tags=["seller: inventory"])
Service = Annotated[Shelf, Depends(provided(Shelf))]
Cutter = Annotated[Pages, Depends(provided(Pages))]
StockKey = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id of a stock row.")]
After = tuple[Any, ...] | None


@router.post("/adjustments", response_model=One[AdjustmentOut], status_code=201, summary="Change stock on hand")
async def adjust_stock(
    request: Request, body: AdjustStock, scope: InStore, actor: SignedIn, key: IdempotencyKey, shelf: Service
) -> Response:
    """By a difference with its reason, once for each Idempotency-Key; 409 when more is taken than is available."""
    scope.require("stock:write")

    async def work(claim: Claim) -> Answer:
        return await shelf.adjust(scope, actor, body.adjustment(), claim)

    return await once(request, actor, key, body, work, money=False)


@router.get("", response_model=ListOf[StockOut], summary="The store's stock")
async def list_stock(wanted: Annotated[ListStock, Query()], scope: InStore, shelf: Service, pages: Cutter) -> Response:
    """All of it, or that of one variant."""

    async def read(limit: int, after: After) -> Sequence[Inventory]:
        return await shelf.list_stock(scope, variant_id=wanted.variant_id, limit=limit, after=after)

    identity = {"list": "stock", "store": scope.store_id, "variant": wanted.variant_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.variant_id, row.place), stock_view))


@router.get("/low", response_model=ListOf[StockOut], summary="Stock that runs low")
async def list_low_stock(
    wanted: Annotated[PageParameters, Query()], scope: InStore, shelf: Service, pages: Cutter
) -> Response:
    """What is at or under its warning level."""

    async def read(limit: int, after: After) -> Sequence[Inventory]:
        return await shelf.list_low(scope, limit=limit, after=after)

    identity = {"list": "low stock", "store": scope.store_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), stock_view))


@router.get("/{inventory_id}", response_model=One[StockOut], summary="One stock row")
async def get_stock(inventory_id: StockKey, scope: InStore, shelf: Service) -> Response:
    """404 for a row of another store."""
    return answer({"data": stock_view(await shelf.get(scope, inventory_id))})


@router.get("/{inventory_id}/movements", response_model=ListOf[MovementOut], summary="Why a stock row changed")
async def list_movements(
    inventory_id: StockKey, wanted: Annotated[PageParameters, Query()], scope: InStore, shelf: Service, pages: Cutter
) -> Response:
    """Newest first."""

    async def read(limit: int, after: After) -> Sequence[StockMovement]:
        return await shelf.list_movements(scope, inventory_id, limit=limit, after=after)

    identity = {"list": "movements", "store": scope.store_id, "stock": inventory_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), movement_view))
