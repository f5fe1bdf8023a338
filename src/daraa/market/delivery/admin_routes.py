"""Delivery for admins: the map, who may deliver, and tasks that nobody took."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from daraa.collections.courier_profiles import CourierProfile, Verification
from daraa.collections.delivery_tasks import DeliveryTask
from daraa.collections.delivery_zones import DeliveryZone, ZoneStatus
from daraa.declare import Id
from daraa.market.delivery import answers
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.forms import Approval, Assignment, NewZone, Why, ZoneChange
from daraa.market.delivery.task_service import Tasks
from daraa.market.delivery.zone_service import Zones
from daraa.market.http import AdminActor, IdPath, IfMatch, ListOf, One, Parameters, answer, provided, version_of
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1/admin", tags=["admin: delivery"])
ZoneService = Annotated[Zones, Depends(provided(Zones))]
CourierService = Annotated[Couriers, Depends(provided(Couriers))]
TaskService = Annotated[Tasks, Depends(provided(Tasks))]
Cutter = Annotated[Pages, Depends(provided(Pages))]
Shown = One[dict[str, Any]]


class ListZones(Parameters):
    """Which zones: of a status, or all directly inside one."""

    status: Annotated[ZoneStatus, Field(description="Zones in this state.")] = ZoneStatus.ACTIVE
    parent_id: Annotated[Id | None, Field(description="With it the status does not count.")] = None


class ListCouriers(PageParameters):
    """Which couriers, the longest waiting first."""

    verification: Annotated[Verification, Field(description="Couriers who stand so.")] = Verification.PENDING


class ListWaiting(PageParameters):
    """Tasks of which zone."""

    zone_id: Annotated[Id, Field(description="Tasks that end in this zone.")]


def _zone(zone: DeliveryZone, status: int = 200) -> Response:
    location = f"/v1/admin/delivery-zones/{zone.id}" if status == 201 else None
    return answer({"data": answers.zone_for_admin(zone)}, status, version=zone.ver, location=location)


def _courier(courier: CourierProfile) -> Response:
    return answer({"data": answers.courier_for_admin(courier)}, version=courier.ver)


@router.get("/delivery-zones", response_model=One[list[dict[str, Any]]], summary="Zones of a status, cities first")
async def list_zones(wanted: Annotated[ListZones, Query()], actor: AdminActor, zones: ZoneService) -> Response:
    """At most 200; needs the right zone:write."""
    if wanted.parent_id is not None:
        rows = await zones.list_inside(actor, wanted.parent_id)
    else:
        rows = await zones.list_of_status(actor, wanted.status)
    return answer({"data": [answers.zone_for_admin(row) for row in rows]})


@router.post("/delivery-zones", status_code=201, response_model=Shown, summary="Draw a zone")
async def create_zone(body: NewZone, actor: AdminActor, zones: ZoneService) -> Response:
    """Inactive at first; needs the right zone:write. 422 for a polygon that is none."""
    return _zone(await zones.create(actor, body), 201)


@router.get("/delivery-zones/{zone_id}", response_model=Shown, summary="One zone, whatever its status")
async def get_zone(zone_id: IdPath, actor: AdminActor, zones: ZoneService) -> Response:
    """With its ETag for a change."""
    return _zone(await zones.get(actor, zone_id))


@router.get(
    "/delivery-zones/{zone_id}/overlaps", response_model=One[list[dict[str, Any]]], summary="Zones that touch a zone"
)
async def list_overlaps(zone_id: IdPath, actor: AdminActor, zones: ZoneService) -> Response:
    """Active ones of the same depth, borders included; where two cover a place, the lower rank decides."""
    rows = await zones.list_overlapping(actor, zone_id)
    return answer({"data": [answers.zone_for_admin(row) for row in rows]})


@router.patch("/delivery-zones/{zone_id}", response_model=Shown, summary="Change a zone")
async def change_zone(
    zone_id: IdPath, body: ZoneChange, actor: AdminActor, zones: ZoneService, if_match: IfMatch = None
) -> Response:
    """The fields given; code, kind and parent stay. Quotes everywhere follow within 30 s."""
    return _zone(await zones.change(actor, zone_id, body, version_of(if_match)))


@router.post("/delivery-zones/{zone_id}:activate", response_model=Shown, summary="Deliver to a zone")
async def activate_zone(
    zone_id: IdPath, body: Why, actor: AdminActor, zones: ZoneService, if_match: IfMatch = None
) -> Response:
    """Only where all zones around it are active too is it really delivered to."""
    return _zone(await zones.set_status(actor, zone_id, ZoneStatus.ACTIVE, body, version_of(if_match)))


@router.post("/delivery-zones/{zone_id}:deactivate", response_model=Shown, summary="Deliver to a zone no longer")
async def deactivate_zone(
    zone_id: IdPath, body: Why, actor: AdminActor, zones: ZoneService, if_match: IfMatch = None
) -> Response:
    """Nor to the zones inside it. Orders that are placed already are still brought."""
    return _zone(await zones.set_status(actor, zone_id, ZoneStatus.INACTIVE, body, version_of(if_match)))


@router.get("/couriers", response_model=ListOf[dict[str, Any]], summary="Couriers of a trust, longest waiting first")
async def list_couriers(
    wanted: Annotated[ListCouriers, Query()], actor: AdminActor, couriers: CourierService, pages: Cutter
) -> Response:
    """Needs the right courier:approve."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[CourierProfile]:
        return await couriers.list_by_trust(actor, wanted.verification, limit=limit, after=after)

    identity = {"list": "couriers", "verification": wanted.verification.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.courier_for_admin))


@router.get("/couriers/{courier_id}", response_model=Shown, summary="One courier")
async def get_courier(courier_id: IdPath, actor: AdminActor, couriers: CourierService) -> Response:
    """Needs the right courier:approve."""
    return _courier(await couriers.get(actor, courier_id))


@router.post("/couriers/{courier_id}:approve", response_model=Shown, summary="Trust a courier")
async def approve_courier(courier_id: IdPath, body: Approval, actor: AdminActor, couriers: CourierService) -> Response:
    """Gives the account the role of a courier; also lifts a suspension. Needs the right courier:approve."""
    return _courier(await couriers.approve(actor, courier_id, body))


@router.post("/couriers/{courier_id}:reject", response_model=Shown, summary="Refuse an application")
async def reject_courier(courier_id: IdPath, body: Why, actor: AdminActor, couriers: CourierService) -> Response:
    """They may apply again. Needs the right courier:approve."""
    return _courier(await couriers.reject(actor, courier_id, body))


@router.post("/couriers/{courier_id}:suspend", response_model=Shown, summary="Offer nothing more to a courier")
async def suspend_courier(courier_id: IdPath, body: Why, actor: AdminActor, couriers: CourierService) -> Response:
    """What they carry they still deliver or hand back, and remit. Needs the right courier:suspend."""
    return _courier(await couriers.suspend(actor, courier_id, body))


@router.get("/delivery-tasks", response_model=ListOf[dict[str, Any]], summary="Tasks of a zone that wait for a courier")
async def list_waiting(
    wanted: Annotated[ListWaiting, Query()], actor: AdminActor, tasks: TaskService, pages: Cutter
) -> Response:
    """The longest waiting first; needs the right task:assign."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[DeliveryTask]:
        return await tasks.list_waiting(actor, wanted.zone_id, limit=limit, after=after)

    identity = {"list": "waiting tasks", "zone": wanted.zone_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.task_for_admin))


@router.post("/delivery-tasks/{task_id}:assign", response_model=Shown, summary="Give a task to a courier")
async def assign_task(task_id: IdPath, body: Assignment, actor: AdminActor, tasks: TaskService) -> Response:
    """Also away from another courier, while the goods are at the store. Needs the right task:assign."""
    task = await tasks.assign(actor, task_id, body)
    return answer({"data": answers.task_for_admin(task)}, version=task.ver)
