"""Makes zones, store terms, couriers and tasks that are whole and valid, with only what a test cares about said."""

from typing import Any

from daraa.collections.delivery_zones import DeliveryZone, ZoneKind
from daraa.collections.store_delivery_zones import StoreDeliveryZone
from daraa.declare import Localized, Point, Polygon
from daraa.declare.document import stamp
from daraa.kernel.money import Money
from factories.catalog import next_id


def syp(amount: int) -> Money:
    return Money(amount=amount, currency="SYP")


def square(west: float, south: float, size: float) -> Polygon:
    east, north = west + size, south + size
    return Polygon(coordinates=(((west, south), (east, south), (east, north), (west, north), (west, south)),))


def a_zone(code: str, polygon: Polygon, *, parent: DeliveryZone | None = None, **more: Any) -> DeliveryZone:
    key, when = next_id("dzn")
    west, south = polygon.coordinates[0][0]
    above: dict[str, Any] = {} if parent is None else {"parent_id": parent.id, "depth": parent.depth + 1}
    fields: dict[str, Any] = {
        "name": Localized(ar=f"منطقة {code}", en=f"Zone {code}"),
        "kind": ZoneKind.CITY if parent is None else ZoneKind.DISTRICT,
        "center": Point(coordinates=(west + 0.001, south + 0.001)),
        "fee": syp(5_000),
        **above,
        **more,
    }
    return DeliveryZone(id=key, code=code, polygon=polygon, **stamp(when), **fields)


def some_terms(store_id: str, zone: DeliveryZone, **more: Any) -> StoreDeliveryZone:
    key, when = next_id("sdz")
    return StoreDeliveryZone(id=key, store_id=store_id, zone_id=zone.id, **stamp(when), **more)
