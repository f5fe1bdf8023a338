"""Reads of delivery zones, what stores make of them, and delivery tasks."""

from datetime import datetime

from daraa.collections.delivery_tasks import DELIVERY_TASKS, DeliveryTask, TaskState
from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone, ZoneStatus
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES, StoreDeliveryZone
from daraa.declare import Is, Point, Query, asc, beyond, desc, eq, one_of, within
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

ZONE_BY_ID = Query(DELIVERY_ZONES, "by_id", serves="by id", where=(eq("id"),))
ZONES_AT = Query(
    DELIVERY_ZONES,
    "at_point",
    serves="the zones that cover a point",
    where=(within("polygon", "point", "intersects"),),
    also=(Is("status", ZoneStatus.ACTIVE),),
)
ZONES_OF_STATUS = Query(
    DELIVERY_ZONES,
    "of_status",
    serves="zones by status, from cities down to neighbourhoods",
    where=(eq("status"),),
    sort=(asc("depth"), asc("rank")),
)
ZONES_INSIDE = Query(
    DELIVERY_ZONES,
    "inside",
    serves="the zones inside a zone in order",
    where=(eq("parent_id"),),
    sort=(asc("rank"),),
)
ZONES_OF_STORE = Query(STORE_DELIVERY_ZONES, "of_store", serves="the zones of a store", where=(eq("store_id"),))
ZONE_OF_STORE = Query(
    STORE_DELIVERY_ZONES,
    "of_store_and_zone",
    serves="the zones of a store",
    where=(eq("store_id"), eq("zone_id")),
)
TERMS = Query(
    STORE_DELIVERY_ZONES,
    "terms",
    serves="the zones of a store",
    where=(one_of("store_id"), one_of("zone_id")),
)
STORES_OF_ZONE = Query(
    STORE_DELIVERY_ZONES,
    "of_zone",
    serves="the stores that serve a zone, in order",
    where=(eq("zone_id"), Is("is_active", True)),
    sort=(asc("rank"), asc("id")),
)
TASK_OF_ORDER = Query(DELIVERY_TASKS, "of_order", serves="the delivery task of an order", where=(eq("order_id"),))
TASKS_OF_COURIER = Query(
    DELIVERY_TASKS,
    "of_courier",
    serves="a courier's tasks by state, newest first",
    where=(eq("courier_id"), eq("state")),
    sort=(desc("id"),),
)
WAITING_TASKS = Query(
    DELIVERY_TASKS,
    "waiting_in_zone",
    serves="waiting tasks of a zone, oldest first",
    where=(eq("zone_id"), Is("state", TaskState.WAITING)),
    sort=(asc("id"),),
)
EXPIRED_OFFERS = Query(
    DELIVERY_TASKS,
    "expired_offers",
    serves="offered tasks past their deadline",
    where=(Is("state", TaskState.OFFERED), beyond("offer_expires_at", "lte", "now")),
    sort=(asc("offer_expires_at"),),
)


class ZoneRepository:
    """Zones and the stores that serve them."""

    def __init__(self, mongo: Mongo) -> None:
        self._zones = Table(DELIVERY_ZONES, mongo)
        self._of_stores = Table(STORE_DELIVERY_ZONES, mongo)

    async def get(self, zone_id: str) -> DeliveryZone:
        """The zone; DaraaError `market.thing.missing` when there is none."""
        return required(await self._zones.find_one(ZONE_BY_ID, id=zone_id), "zone")

    async def find_at(self, point: Point) -> DeliveryZone | None:
        """The zone that a point belongs to: the deepest active one that covers it, the lowest rank between equals."""
        covering = await self._zones.find(ZONES_AT, limit=20, point=point)
        return min(covering, key=lambda zone: (-zone.depth, zone.rank, zone.id), default=None)

    async def list_of_status(self, status: ZoneStatus, *, limit: int) -> list[DeliveryZone]:
        """Zones of a status, cities first: parents come before what is inside them."""
        return await self._zones.find(ZONES_OF_STATUS, limit=limit, status=status)

    async def list_inside(self, zone_id: str, *, limit: int) -> list[DeliveryZone]:
        """The zones directly inside a zone, in order."""
        return await self._zones.find(ZONES_INSIDE, limit=limit, parent_id=zone_id)

    async def list_of_store(self, store_id: str, *, limit: int) -> list[StoreDeliveryZone]:
        """Where a store delivers, for shoppers too."""
        return await self._of_stores.find(ZONES_OF_STORE, limit=limit, store_id=store_id)

    async def find_of_store(self, scope: StoreScope, zone_id: str) -> StoreDeliveryZone | None:
        """A store's own terms for a zone."""
        return await self._of_stores.find_one(ZONE_OF_STORE, store_id=scope.store_id, zone_id=zone_id)

    async def list_terms(
        self, store_ids: tuple[str, ...], zone_ids: tuple[str, ...], *, session: Session | None = None
    ) -> list[StoreDeliveryZone]:
        """The rows of several stores for several zones, active or not, in one command."""
        limit = len(store_ids) * len(zone_ids)
        if not limit:
            return []
        return await self._of_stores.find(TERMS, limit=limit, session=session, store_ids=store_ids, zone_ids=zone_ids)

    async def list_stores_of_zone(self, zone_id: str, *, limit: int, after: After = None) -> list[StoreDeliveryZone]:
        """The stores that serve a zone, in order of rank."""
        return await self._of_stores.find(STORES_OF_ZONE, limit=limit, after=after, zone_id=zone_id)


class DeliveryTaskRepository:
    """Tasks; accepting one is a guarded update in the service."""

    def __init__(self, mongo: Mongo) -> None:
        self._tasks = Table(DELIVERY_TASKS, mongo)

    async def find_of_order(self, order_id: str) -> DeliveryTask | None:
        """How an order gets to its customer."""
        return await self._tasks.find_one(TASK_OF_ORDER, order_id=order_id)

    async def list_of_courier(
        self, courier_id: str, state: TaskState, *, limit: int, after: After = None
    ) -> list[DeliveryTask]:
        """A courier's tasks of a state, newest first."""
        return await self._tasks.find(TASKS_OF_COURIER, limit=limit, after=after, courier_id=courier_id, state=state)

    async def list_waiting(self, zone_id: str, *, limit: int, after: After = None) -> list[DeliveryTask]:
        """Tasks of a zone without a courier, the longest waiting first."""
        return await self._tasks.find(WAITING_TASKS, limit=limit, after=after, zone_id=zone_id)

    async def list_expired_offers(self, now: datetime, *, limit: int) -> list[DeliveryTask]:
        """Tasks whose courier did not answer in time, the longest expired first."""
        return await self._tasks.find(EXPIRED_OFFERS, limit=limit, now=now)
