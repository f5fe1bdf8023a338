"""What delivery answers: zones, terms, couriers and tasks as JSON, each to those who may see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.delivery_tasks import DeliveryTask, TaskState
from daraa.collections.delivery_zones import DeliveryZone
from daraa.collections.store_delivery_zones import StoreDeliveryZone
from daraa.kernel.languages import Language
from daraa.kernel.money import Money

Json = dict[str, Any]
AT_STORE = (TaskState.WAITING, TaskState.OFFERED)


def money(amount: Money | None) -> Json | None:
    """An amount, or null."""
    return None if amount is None else {"amount": amount.amount, "currency": amount.currency}


def moment(when: datetime | None) -> str | None:
    """A time as text (RFC 3339, UTC), so that stored answers are the same as fresh ones; or null."""
    return None if when is None else when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def zone_card(zone: DeliveryZone, language: Language) -> Json:
    """A zone for shoppers, without its polygon."""
    return {
        "id": zone.id,
        "code": zone.code,
        "name": getattr(zone.name, language),
        "kind": zone.kind.value,
        "parent_id": zone.parent_id,
        "fee": money(zone.fee),
        "min_total": money(zone.min_total),
        "free_over": money(zone.free_over),
        "eta_min_minutes": zone.eta_min_minutes,
        "eta_max_minutes": zone.eta_max_minutes,
    }


def zone_detail(zone: DeliveryZone, language: Language) -> Json:
    """A zone with its place on the map."""
    return zone_card(zone, language) | {
        "center": {"lat": zone.center.coordinates[1], "lng": zone.center.coordinates[0]},
        "polygon": zone.polygon.model_dump(mode="json"),
    }


def zone_tree(zones: Iterable[DeliveryZone], language: Language) -> list[Json]:
    """Active zones, each with those inside it, in order of rank."""
    nodes = {
        zone.id: zone_card(zone, language) | {"children": []}
        for zone in sorted(zones, key=lambda zone: (zone.depth, zone.rank, zone.id))
    }
    roots: list[Json] = []
    for node in nodes.values():
        parent = nodes.get(node["parent_id"]) if node["parent_id"] else None
        (roots if parent is None else parent["children"]).append(node)
    return roots


def zone_for_admin(zone: DeliveryZone) -> Json:
    """Everything about a zone, in both languages."""
    shown = zone.model_dump(mode="json", exclude={"schema_v"})
    place = zone.center.coordinates
    return shown | {"center": {"lat": place[1], "lng": place[0]}}


def terms(row: StoreDeliveryZone) -> Json:
    """A store's row for a zone; null terms are the zone's own."""
    return {
        "zone_id": row.zone_id,
        "fee": money(row.fee),
        "min_total": money(row.min_total),
        "free_over": money(row.free_over),
        "eta_min_minutes": row.eta_min_minutes,
        "eta_max_minutes": row.eta_max_minutes,
        "is_active": row.is_active,
        "rank": row.rank,
    }


def courier(row: CourierProfile) -> Json:
    """A courier to themselves."""
    return {
        "id": row.id,
        "status": row.status.value,
        "verification": row.verification.value,
        "verification_note": row.verification_note,
        "vehicle": row.vehicle.model_dump(mode="json"),
        "zone_ids": list(row.zone_ids),
        "max_active": row.max_active,
        "active_count": row.active_count,
        "cash_held": money(row.cash_held),
        "cash_limit": money(row.cash_limit),
        "over_cash_limit": row.over_cash_limit,
        "created_at": moment(row.created_at),
    }


def courier_for_admin(row: CourierProfile) -> Json:
    """A courier to the admin who decides about them."""
    return courier(row) | {"account_id": row.account_id, "national_number": row.national_number}


def task(row: DeliveryTask) -> Json:
    """A task to its courier: who and where exactly only once it is accepted."""
    theirs = row.state not in AT_STORE
    address = row.address
    return {
        "id": row.id,
        "order_id": row.order_id,
        "order_number": row.order_number,
        "state": row.state.value,
        "store": None if row.store is None else row.store.model_dump(mode="json"),
        "zone_id": row.zone_id,
        "pickup": None if row.pickup is None else list(row.pickup.coordinates),
        "dropoff": list(row.dropoff.coordinates) if theirs and row.dropoff is not None else None,
        "city": None if address is None else address.city,
        "area": None if address is None else address.area,
        "address": address.model_dump(mode="json") if theirs and address is not None else None,
        "cod_due": money(row.cod_due),
        "cod_collected": money(row.cod_collected),
        "offer_expires_at": moment(row.offer_expires_at),
        "failed_attempts": row.failed_attempts,
        "created_at": moment(row.created_at),
        "delivered_at": moment(row.delivered_at),
    }


def task_for_admin(row: DeliveryTask) -> Json:
    """A task to the admin who assigns it."""
    return task(row) | {
        "courier_id": row.courier_id,
        "offers": [offer.model_dump(mode="json") for offer in row.offers],
        "due_at": moment(row.due_at),
    }


def place(chain: Sequence[DeliveryZone], language: Language) -> Json:
    """Which zone a place is in; null where nobody delivers."""
    cards = [zone_card(zone, language) for zone in chain]
    return {"zone": cards[0] if cards else None, "around": cards[1:]}
