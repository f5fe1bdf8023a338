"""Fulfilment over HTTP: the customer follows an order, the courier carries it and its cash, the hub takes the cash."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from daraa.collections.remittances import Remittance, RemittanceState
from daraa.market.delivery.answers import task as show_task
from daraa.market.fulfilment import answers
from daraa.market.fulfilment.closing_service import Closing
from daraa.market.fulfilment.forms import Counted, Declare, Failed, HandedBack, HandOver
from daraa.market.fulfilment.remittance_service import Remittances
from daraa.market.fulfilment.service import Fulfilment
from daraa.market.http import (
    AdminActor,
    CourierActor,
    Customer,
    IdempotencyKey,
    IdPath,
    ListOf,
    One,
    answer,
    once,
    provided,
)
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1")
Service = Annotated[Fulfilment, Depends(provided(Fulfilment))]
ClosingService = Annotated[Closing, Depends(provided(Closing))]
RemittanceService = Annotated[Remittances, Depends(provided(Remittances))]
Cutter = Annotated[Pages, Depends(provided(Pages))]
Shown = One[dict[str, Any]]


class ListRemittances(PageParameters):
    """Which remittances, the longest waiting first."""

    state: Annotated[RemittanceState, Field(description="Those in this state.")] = RemittanceState.DECLARED


@router.get("/orders/{order_id}/tracking", response_model=Shown, summary="How my order gets to me", tags=["orders"])
async def track(order_id: IdPath, actor: Customer, fulfilment: Service) -> Response:
    """State and history, where the courier is, and the PIN to tell at the door; 404 for another's order."""
    return answer({"data": await fulfilment.tracking(actor, order_id)})


@router.post("/courier/tasks/{task_id}:pickup", response_model=Shown, summary="I have the goods", tags=["courier"])
async def pick_up(task_id: IdPath, actor: CourierActor, fulfilment: Service) -> Response:
    """The order must be ready. Repeated, the answer is the same."""
    task = await fulfilment.pick_up(actor, task_id)
    return answer({"data": show_task(task)}, version=task.ver)


@router.post(
    "/courier/tasks/{task_id}:start", response_model=Shown, summary="I am on the way to the customer", tags=["courier"]
)
async def start(task_id: IdPath, actor: CourierActor, fulfilment: Service) -> Response:
    """May be left out. Repeated, the answer is the same."""
    task = await fulfilment.start(actor, task_id)
    return answer({"data": show_task(task)}, version=task.ver)


@router.post("/courier/tasks/{task_id}:deliver", response_model=Shown, summary="It is handed over", tags=["courier"])
async def deliver(
    request: Request, task_id: IdPath, body: HandOver, actor: CourierActor, closing: ClosingService, key: IdempotencyKey
) -> Response:
    """By the customer's PIN or with a proof, and with exactly the cash that was due. Closes the order's money."""
    return await once(request, actor, key, body, lambda claim: closing.deliver(actor, task_id, body, claim))


@router.post(
    "/courier/tasks/{task_id}:fail", response_model=Shown, summary="It could not be handed over", tags=["courier"]
)
async def fail(
    request: Request, task_id: IdPath, body: Failed, actor: CourierActor, fulfilment: Service, key: IdempotencyKey
) -> Response:
    """Another attempt follows; after three, or when it was refused or is damaged, it goes back to the store."""
    return await once(request, actor, key, body, lambda claim: fulfilment.fail(actor, task_id, body, claim))


@router.post(
    "/courier/tasks/{task_id}:return", response_model=Shown, summary="It is at the store again", tags=["courier"]
)
async def hand_back(
    request: Request, task_id: IdPath, body: HandedBack, actor: CourierActor, fulfilment: Service, key: IdempotencyKey
) -> Response:
    """What was paid goes back to the customer; cash that was due is waived."""
    return await once(request, actor, key, body, lambda claim: fulfilment.hand_back(actor, task_id, body, claim))


@router.get("/courier/cash", response_model=Shown, summary="The cash I carry", tags=["courier"])
async def get_cash(actor: CourierActor, remittances: RemittanceService) -> Response:
    """Order by order; `remittance_id` says in which declaration it is."""
    courier, carried = await remittances.cash_of(actor)
    return answer({"data": answers.cash(courier, carried)})


@router.get(
    "/courier/remittances",
    response_model=ListOf[dict[str, Any]],
    summary="My remittances, newest first",
    tags=["courier"],
)
async def list_own(
    wanted: Annotated[PageParameters, Query()], actor: CourierActor, remittances: RemittanceService, pages: Cutter
) -> Response:
    """With what was counted."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Remittance]:
        return await remittances.list_of_courier(actor, limit=limit, after=after)

    identity = {"list": "courier remittances", "of": actor.id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.remittance))


@router.post(
    "/courier/remittances", status_code=201, response_model=Shown, summary="I bring cash to a hub", tags=["courier"]
)
async def declare(
    request: Request, body: Declare, actor: CourierActor, remittances: RemittanceService, key: IdempotencyKey
) -> Response:
    """That of the tasks named, or all of it; the hub counts it."""
    return await once(request, actor, key, body, lambda claim: remittances.declare(actor, body, claim))


@router.post(
    "/courier/remittances/{remittance_id}:withdraw",
    response_model=Shown,
    summary="I do not bring it after all",
    tags=["courier"],
)
async def withdraw(remittance_id: IdPath, actor: CourierActor, remittances: RemittanceService) -> Response:
    """Until it is received; its cash may be declared anew. Repeated, the answer is the same."""
    return answer({"data": answers.remittance(await remittances.withdraw(actor, remittance_id))})


@router.get(
    "/admin/remittances",
    response_model=ListOf[dict[str, Any]],
    summary="Remittances of a state, longest waiting first",
    tags=["admin: delivery"],
)
async def list_all(
    wanted: Annotated[ListRemittances, Query()], actor: AdminActor, remittances: RemittanceService, pages: Cutter
) -> Response:
    """Needs the right cash:receive."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Remittance]:
        return await remittances.list_of_state(actor, wanted.state, limit=limit, after=after)

    identity = {"list": "remittances", "state": wanted.state.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.remittance))


@router.post(
    "/admin/remittances/{remittance_id}:receive",
    response_model=Shown,
    summary="The hub has counted the cash",
    tags=["admin: delivery"],
)
async def receive(
    request: Request,
    remittance_id: IdPath,
    body: Counted,
    actor: AdminActor,
    remittances: RemittanceService,
    key: IdempotencyKey,
) -> Response:
    """Books it if the count is what was declared; needs the right cash:receive. 409 and nothing booked otherwise."""
    return await once(request, actor, key, body, lambda claim: remittances.receive(actor, remittance_id, body, claim))
