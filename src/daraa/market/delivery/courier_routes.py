"""The courier's own surface: applying, shifts, places, and the tasks that are offered."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from daraa.collections.delivery_tasks import DeliveryTask, TaskState
from daraa.market.delivery import answers
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.forms import Application, LatLng, Shift
from daraa.market.delivery.task_service import Tasks
from daraa.market.http import CourierActor, IdPath, ListOf, One, SignedIn, answer, provided
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1/courier", tags=["courier"])
CourierService = Annotated[Couriers, Depends(provided(Couriers))]
TaskService = Annotated[Tasks, Depends(provided(Tasks))]


class ListTasks(PageParameters):
    """Which of the courier's tasks, newest first."""

    state: Annotated[TaskState, Field(description="Tasks in this state.")] = TaskState.ACCEPTED


@router.post("/apply", status_code=201, response_model=One[dict[str, Any]], summary="Apply to deliver")
async def apply(body: Application, actor: SignedIn, couriers: CourierService) -> Response:
    """Any account may; an admin decides. 409 for a second application unless the first was rejected."""
    courier = await couriers.apply(actor, body)
    return answer({"data": answers.courier(courier)}, 201, version=courier.ver, location="/v1/courier/me")


@router.get("/me", response_model=One[dict[str, Any]], summary="Where I stand as a courier")
async def get_me(actor: SignedIn, couriers: CourierService) -> Response:
    """Trust, shift, load and the cash carried; 404 for who never applied."""
    courier = await couriers.get_of_actor(actor)
    return answer({"data": answers.courier(courier)}, version=courier.ver)


@router.post("/shift", response_model=One[dict[str, Any]], summary="Start, pause or end the shift")
async def set_shift(body: Shift, actor: CourierActor, couriers: CourierService) -> Response:
    """Only available couriers are offered tasks; `busy` follows from the tasks carried."""
    courier = await couriers.shift(actor, body.status)
    return answer({"data": answers.courier(courier)}, version=courier.ver)


@router.put("/location", status_code=204, summary="Say where I am")
async def put_location(body: LatLng, actor: CourierActor, couriers: CourierService) -> Response:
    """The last word wins; about once a minute is enough."""
    await couriers.place(actor, body.point())
    return Response(status_code=204)


@router.get("/tasks", response_model=ListOf[dict[str, Any]], summary="My tasks of a state")
async def list_tasks(
    wanted: Annotated[ListTasks, Query()],
    actor: CourierActor,
    tasks: TaskService,
    pages: Annotated[Pages, Depends(provided(Pages))],
) -> Response:
    """`state=offered` are the offers that wait for an answer. The address is shown once a task is accepted."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[DeliveryTask]:
        return await tasks.list_of_courier(actor, wanted.state, limit=limit, after=after)

    identity = {"list": "courier tasks", "of": actor.id, "state": wanted.state.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.task))


@router.get("/tasks/{task_id}", response_model=One[dict[str, Any]], summary="One of my tasks")
async def get_task(task_id: IdPath, actor: CourierActor, couriers: CourierService, tasks: TaskService) -> Response:
    """404 unless it is offered to me or mine."""
    task = await tasks.get_of_courier(await couriers.get_of_actor(actor), task_id)
    return answer({"data": answers.task(task)}, version=task.ver)


@router.post("/tasks/{task_id}:accept", response_model=One[dict[str, Any]], summary="Take a task")
async def accept_task(task_id: IdPath, actor: CourierActor, tasks: TaskService) -> Response:
    """409 when the offer is over, or when I carry as much as I may. Repeated, the answer is the same."""
    task = await tasks.accept(actor, task_id)
    return answer({"data": answers.task(task)}, version=task.ver)


@router.post("/tasks/{task_id}:decline", status_code=204, summary="Refuse a task")
async def decline_task(task_id: IdPath, actor: CourierActor, tasks: TaskService) -> Response:
    """The next courier is asked."""
    await tasks.decline(actor, task_id)
    return Response(status_code=204)
