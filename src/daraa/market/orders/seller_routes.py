"""Orders for the store that fulfils them; every route needs the scope order:fulfil of a member."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from daraa.collections.orders import Order, OrderStatus
from daraa.market.http import IdPath, InStore, ListOf, One, SignedIn, Spoken, answer, provided
from daraa.market.orders import answers
from daraa.market.orders.keeping import OptionalKey, cancelled_once
from daraa.market.orders.schemas import ReasonIn, StoreOrderParameters
from daraa.market.orders.service import Orders, place_in_list
from daraa.market.paging import Pages

router = APIRouter(prefix="/v1/seller/stores/{store_id}/orders", tags=["seller: orders"])
Service = Annotated[Orders, Depends(provided(Orders))]
Thing = dict[str, Any]


@router.get("", response_model=ListOf[Thing], summary="The store's orders of a state, newest first")
async def list_orders(
    wanted: Annotated[StoreOrderParameters, Query()],
    scope: InStore,
    orders: Service,
    pages: Annotated[Pages, Depends(provided(Pages))],
    language: Spoken,
) -> Response:
    """Those that wait to be confirmed, if no state is given."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Order]:
        return await orders.list_of_store(scope, wanted.status, limit=limit, after=after)

    identity = {"list": "store_orders", "store": scope.store_id, "status": wanted.status}
    page = await pages.cut(
        wanted,
        identity,
        read,
        lambda row: place_in_list(row, wanted.status),
        lambda row: answers.for_seller(row, language),
    )
    return answer(page)


@router.get("/{order_id}", response_model=One[Thing], summary="One of the store's orders")
async def get_order(order_id: IdPath, scope: InStore, orders: Service, language: Spoken) -> Response:
    """With the commission that was agreed when it was placed."""
    return _shown(await orders.get_of_store(scope, order_id), language)


@router.post("/{order_id}:confirm", response_model=One[Thing], summary="Accept an order")
async def confirm(order_id: IdPath, scope: InStore, actor: SignedIn, orders: Service, language: Spoken) -> Response:
    """Not before its card payment has come."""
    return _shown(await orders.advance(scope, actor, order_id, OrderStatus.CONFIRMED), language)


@router.post("/{order_id}:prepare", response_model=One[Thing], summary="Begin to prepare an order")
async def prepare(order_id: IdPath, scope: InStore, actor: SignedIn, orders: Service, language: Spoken) -> Response:
    """From here on only the platform can cancel it."""
    return _shown(await orders.advance(scope, actor, order_id, OrderStatus.PREPARING), language)


@router.post("/{order_id}:ready", response_model=One[Thing], summary="Say that an order can be picked up")
async def ready(order_id: IdPath, scope: InStore, actor: SignedIn, orders: Service, language: Spoken) -> Response:
    """The courier is expected."""
    return _shown(await orders.advance(scope, actor, order_id, OrderStatus.READY), language)


@router.post("/{order_id}:reject", response_model=One[Thing], summary="Refuse an order")
async def reject(
    request: Request,
    order_id: IdPath,
    body: ReasonIn,
    scope: InStore,
    actor: SignedIn,
    orders: Service,
    language: Spoken,
    key: OptionalKey = None,
) -> Response:
    """Possible until it is being prepared; the customer gets back what was paid, and reads the reason."""
    return await cancelled_once(
        request,
        actor,
        key,
        body,
        lambda keep: orders.reject(scope, actor, order_id, body.reason, keep),
        lambda order: answers.for_seller(order, language),
    )


def _shown(order: Order, language: Spoken) -> Response:
    return answer({"data": answers.for_seller(order, language)}, version=order.ver)
