"""The map over HTTP: for shoppers as it is delivered to, for stores the zones that they serve."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from daraa.market.delivery import answers
from daraa.market.delivery.forms import LocatedAt, Terms
from daraa.market.delivery.service import Delivery
from daraa.market.delivery.zone_service import Zones
from daraa.market.http import IdPath, InStore, One, SignedIn, Spoken, answer, provided

router = APIRouter(prefix="/v1", tags=["delivery"])
Service = Annotated[Delivery, Depends(provided(Delivery))]
ZoneService = Annotated[Zones, Depends(provided(Zones))]
Key = Annotated[str, Path(max_length=120, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", description="Code or id.")]


@router.get("/delivery-zones", response_model=One[list[dict[str, Any]]], summary="Where orders are brought")
async def list_zones(delivery: Service, language: Spoken) -> Response:
    """All active zones as a tree, with fee and time; at most 30 s old."""
    return answer({"data": answers.zone_tree(await delivery.active_zones(), language)})


@router.get("/delivery-zones:locate", response_model=One[dict[str, Any]], summary="The zone of a place")
async def locate(place: Annotated[LocatedAt, Query()], delivery: Service, language: Spoken) -> Response:
    """The deepest active zone that covers the place, and those around it; `zone` is null where nobody delivers."""
    return answer({"data": answers.place(await delivery.locate(place.point()), language)})


@router.get("/delivery-zones/{key}", response_model=One[dict[str, Any]], summary="One zone with its borders")
async def get_zone(key: Key, zones: ZoneService, language: Spoken) -> Response:
    """By code or id; 404 unless it is active."""
    return answer({"data": answers.zone_detail(await zones.find_public(key), language)})


@router.get(
    "/seller/stores/{store_id}/zones", response_model=One[list[dict[str, Any]]], summary="The zones a store serves"
)
async def list_store_zones(scope: InStore, zones: ZoneService) -> Response:
    """With the store's own terms; null terms are the zone's own."""
    return answer({"data": [answers.terms(row) for row in await zones.list_of_store(scope)]})


@router.put("/seller/stores/{store_id}/zones/{zone_id}", response_model=One[dict[str, Any]], summary="Serve a zone")
async def put_store_zone(zone_id: IdPath, body: Terms, scope: InStore, actor: SignedIn, zones: ZoneService) -> Response:
    """Serve the zone and all inside it, on these terms; needs the right store:write. 201 when it was not listed."""
    row, is_new = await zones.put_terms(scope, actor, zone_id, body)
    path = f"/v1/seller/stores/{scope.store_id}/zones"
    return answer(
        {"data": answers.terms(row)}, 201 if is_new else 200, version=row.ver, location=path if is_new else None
    )


@router.delete("/seller/stores/{store_id}/zones/{zone_id}", status_code=204, summary="Serve a zone no longer")
async def delete_store_zone(zone_id: IdPath, scope: InStore, actor: SignedIn, zones: ZoneService) -> Response:
    """Leaves the zone out even where a zone around it is served; needs the right store:write."""
    await zones.stop_serving(scope, actor, zone_id)
    return Response(status_code=204)
