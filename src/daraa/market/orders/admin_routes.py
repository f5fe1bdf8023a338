"""Orders for admins: everything there is to see, and cancelling until the goods are on their way."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from daraa.market.http import AdminActor, IdPath, One, answer, provided
from daraa.market.orders import answers
from daraa.market.orders.keeping import OptionalKey, cancelled_once
from daraa.market.orders.schemas import ReasonIn
from daraa.market.orders.service import Orders

router = APIRouter(prefix="/v1/admin/orders", tags=["admin: orders"])
Service = Annotated[Orders, Depends(provided(Orders))]
Thing = dict[str, Any]


@router.get("/{order_id}", response_model=One[Thing], summary="One order with everything in it")
async def get_order(order_id: IdPath, actor: AdminActor, orders: Service) -> Response:
    """Needs the right order:read."""
    order = await orders.get_for_admin(actor, order_id)
    return answer({"data": answers.for_admin(order)}, version=order.ver)


@router.post("/{order_id}:cancel", response_model=One[Thing], summary="Cancel an order")
async def cancel_order(
    request: Request, order_id: IdPath, body: ReasonIn, actor: AdminActor, orders: Service, key: OptionalKey = None
) -> Response:
    """Until it is picked up; needs the right order:cancel."""
    return await cancelled_once(
        request,
        actor,
        key,
        body,
        lambda keep: orders.cancel_for_admin(actor, order_id, body.reason, keep),
        answers.for_admin,
    )
