"""Checkout and orders for the customer who places them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from daraa.collections.order_groups import OrderGroup
from daraa.collections.orders import Order
from daraa.market.http import Customer, IdempotencyKey, IdPath, ListOf, One, Spoken, answer, once, provided
from daraa.market.idempotency.service import Answer, Claim
from daraa.market.orders import answers
from daraa.market.orders.checkout_service import Checkout
from daraa.market.orders.keeping import OptionalKey, cancelled_once
from daraa.market.orders.schemas import CheckoutIn, OrderParameters, QuoteParameters, ReasonIn
from daraa.market.orders.service import Orders, place_in_list
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1", tags=["orders"])
Placing = Annotated[Checkout, Depends(provided(Checkout))]
Service = Annotated[Orders, Depends(provided(Orders))]
Paged = Annotated[Pages, Depends(provided(Pages))]
Thing = dict[str, Any]


@router.get("/cart/quote", response_model=One[Thing], summary="What the open cart would cost")
async def get_quote(
    wanted: Annotated[QuoteParameters, Query()], actor: Customer, checkout: Placing, language: Spoken
) -> Response:
    """With delivery, cash rounding and every line explained. It reserves nothing: checkout decides by its own quote."""
    return answer({"data": await checkout.quote(actor, wanted, language)})


@router.post("/cart/checkout", response_model=One[Thing], status_code=201, summary="Order what is in the cart")
async def check_out(
    request: Request, body: CheckoutIn, actor: Customer, checkout: Placing, language: Spoken, key: IdempotencyKey
) -> Response:
    """Places the open cart: one order per store. `expected_total` is the total that the customer agreed to.

    The same key and body give the same answer, however often they are sent. 409 `orders.price.changed` tells the new
    total, `inventory.stock.short` and `orders.line.unsellable` name the lines.
    """

    async def work(claim: Claim) -> Answer:
        return await checkout.place(actor, claim, body, language)

    return await once(request, actor, key, body, work)


@router.get("/order-groups", response_model=ListOf[Thing], summary="My checkouts, newest first")
async def list_groups(
    wanted: Annotated[PageParameters, Query()], actor: Customer, orders: Service, pages: Paged
) -> Response:
    """Each with the ids of its orders."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[OrderGroup]:
        return await orders.list_groups(actor, limit=limit, after=after)

    identity = {"list": "order_groups", "customer": actor.id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.group_card))


@router.get("/order-groups/{group_id}", response_model=One[Thing], summary="One of my checkouts with its orders")
async def get_group(group_id: IdPath, actor: Customer, orders: Service, language: Spoken) -> Response:
    """Its state follows from its orders. `payment_intent_id` is what a card payment is confirmed by."""
    group, rows, intent_id = await orders.get_group(actor, group_id)
    return answer({"data": answers.group(group, rows, intent_id, language)}, version=group.ver)


@router.get("/orders", response_model=ListOf[Thing], summary="My orders, newest first")
async def list_orders(
    wanted: Annotated[OrderParameters, Query()], actor: Customer, orders: Service, pages: Paged, language: Spoken
) -> Response:
    """All, or those of a state."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Order]:
        return await orders.list_of_customer(actor, wanted.status, limit=limit, after=after)

    identity = {"list": "orders", "customer": actor.id, "status": wanted.status}
    page = await pages.cut(
        wanted,
        identity,
        read,
        lambda row: place_in_list(row, wanted.status),
        lambda row: answers.for_customer(row, language),
    )
    return answer(page)


@router.get("/orders/{order_id}", response_model=One[Thing], summary="One of my orders")
async def get_order(order_id: IdPath, actor: Customer, orders: Service, language: Spoken) -> Response:
    """Its lines as they were bought, its totals, and how far it is."""
    order = await orders.get_of_customer(actor, order_id)
    return answer({"data": answers.for_customer(order, language)}, version=order.ver)


@router.post("/orders/{order_id}:cancel", response_model=One[Thing], summary="Cancel one of my orders")
async def cancel_order(
    request: Request,
    order_id: IdPath,
    body: ReasonIn,
    actor: Customer,
    orders: Service,
    language: Spoken,
    key: OptionalKey = None,
) -> Response:
    """Possible until the store has confirmed it. What was paid goes back to where it came from."""
    return await cancelled_once(
        request,
        actor,
        key,
        body,
        lambda keep: orders.cancel_own(actor, order_id, body.reason, keep),
        lambda order: answers.for_customer(order, language),
    )
