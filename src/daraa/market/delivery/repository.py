"""Reads and guarded writes of delivery zones, what stores make of them, couriers and their tasks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.courier_profiles import COURIER_PROFILES, READY, CourierProfile, CourierStatus, Verification
from daraa.collections.delivery_tasks import DELIVERY_TASKS, DeliveryTask, TaskState
from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone, ZoneStatus
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES, StoreDeliveryZone
from daraa.declare import Is, Point, Polygon, Query, asc, beyond, desc, eq, near, one_of, within
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Near, Table
from daraa.stores.mongo.session import Session

ZONE_BY_ID = Query(DELIVERY_ZONES, "by_id", serves="by id", where=(eq("id"),))
ZONE_BY_CODE = Query(DELIVERY_ZONES, "by_code", serves="a zone by its code", where=(eq("code"),))
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


DUE_TASKS = Query(
    DELIVERY_TASKS,
    "due",
    serves="waiting tasks by when they are offered next",
    where=(Is("state", TaskState.WAITING), beyond("due_at", "lte", "now")),
    sort=(asc("due_at"),),
)
TASK_BY_ID = Query(DELIVERY_TASKS, "by_id", serves="by id", where=(eq("id"),))
COURIER_BY_ID = Query(COURIER_PROFILES, "by_id", serves="by id", where=(eq("id"),))
COURIER_OF_ACCOUNT = Query(COURIER_PROFILES, "of_account", serves="a courier by account", where=(eq("account_id"),))
COURIERS_BY_TRUST = Query(
    COURIER_PROFILES,
    "by_trust",
    serves="couriers by trust, longest waiting first",
    where=(eq("verification"),),
    sort=(asc("id"),),
)
FREE_COURIERS_NEAR = Query(
    COURIER_PROFILES,
    "free_near",
    serves="couriers near a point",
    where=(near("location"),),
    also=(
        Is("status", CourierStatus.AVAILABLE),
        Is("verification", Verification.APPROVED),
        eq("zone_ids", "zone_id"),
    ),
)
COURIERS_OVER_LIMIT = Query(
    COURIER_PROFILES,
    "over_cash_limit",
    serves="couriers over their cash limit",
    where=(Is("over_cash_limit", True),),
    sort=(desc("cash_held.amount"),),
)
READY_COURIERS = Query(
    COURIER_PROFILES,
    "ready_for_zones",
    serves="couriers ready for a task of a zone, longest without an offer first",
    where=(one_of("zone_ids", "zones"), *READY.parts),
    sort=(asc("last_offered_at"),),
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

    async def find(self, zone_id: str, *, session: Session | None = None) -> DeliveryZone | None:
        """The zone, whatever its status."""
        return await self._zones.find_one(ZONE_BY_ID, id=zone_id, session=session)

    async def find_by_code(self, code: str) -> DeliveryZone | None:
        """The zone of that readable name, whatever its status."""
        return await self._zones.find_one(ZONE_BY_CODE, code=code)

    async def insert(self, zone: DeliveryZone, *, session: Session) -> None:
        """Add a zone."""
        await self._zones.insert(zone, session=session)

    async def change(self, zone: DeliveryZone, changed: Mapping[str, Any], *, session: Session) -> DeliveryZone | None:
        """Change the zone as it was read; None when somebody else changed it since."""
        return await self._zones.update_and_get({"id": zone.id, "ver": zone.ver}, _changing(changed), session=session)

    async def put_terms(self, row: StoreDeliveryZone, *, session: Session) -> None:
        """Add a store's row for a zone; `stores.key.duplicate` when it has one."""
        await self._of_stores.insert(row, session=session)

    async def change_terms(
        self, row: StoreDeliveryZone, changed: Mapping[str, Any], *, session: Session
    ) -> StoreDeliveryZone | None:
        """Change the row as it was read; None when somebody else changed it since."""
        return await self._of_stores.update_and_get({"id": row.id, "ver": row.ver}, _changing(changed), session=session)

    async def list_touching(self, polygon: Polygon, *, limit: int) -> list[DeliveryZone]:
        """The active zones that share a place with an area, borders included."""
        return await self._zones.find(ZONES_AT, limit=limit, point=polygon)

    async def list_of_status(self, status: ZoneStatus, *, limit: int) -> list[DeliveryZone]:
        """Zones of a status, cities first: parents come before what is inside them."""
        return await self._zones.find(ZONES_OF_STATUS, limit=limit, status=status)

    async def list_inside(self, zone_id: str, *, limit: int) -> list[DeliveryZone]:
        """The zones directly inside a zone, in order."""
        return await self._zones.find(ZONES_INSIDE, limit=limit, parent_id=zone_id)

    async def list_of_store(self, store_id: str, *, limit: int) -> list[StoreDeliveryZone]:
        """Where a store delivers, for shoppers too."""
        return await self._of_stores.find(ZONES_OF_STORE, limit=limit, store_id=store_id)

    async def find_of_store(
        self, scope: StoreScope, zone_id: str, *, session: Session | None = None
    ) -> StoreDeliveryZone | None:
        """A store's own terms for a zone."""
        return await self._of_stores.find_one(ZONE_OF_STORE, store_id=scope.store_id, zone_id=zone_id, session=session)

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
    """Tasks; every change is guarded by the version that was read."""

    def __init__(self, mongo: Mongo) -> None:
        self._tasks = Table(DELIVERY_TASKS, mongo)

    async def find(self, task_id: str, *, session: Session | None = None) -> DeliveryTask | None:
        """The task."""
        return await self._tasks.find_one(TASK_BY_ID, id=task_id, session=session)

    async def find_of_order(self, order_id: str, *, session: Session | None = None) -> DeliveryTask | None:
        """How an order gets to its customer."""
        return await self._tasks.find_one(TASK_OF_ORDER, order_id=order_id, session=session)

    async def list_of_courier(
        self, courier_id: str, state: TaskState, *, limit: int, after: After = None
    ) -> list[DeliveryTask]:
        """A courier's tasks of a state, newest first."""
        return await self._tasks.find(TASKS_OF_COURIER, limit=limit, after=after, courier_id=courier_id, state=state)

    async def list_waiting(self, zone_id: str, *, limit: int, after: After = None) -> list[DeliveryTask]:
        """Tasks of a zone without a courier, the longest waiting first."""
        return await self._tasks.find(WAITING_TASKS, limit=limit, after=after, zone_id=zone_id)

    async def list_due(self, now: datetime, *, limit: int) -> list[DeliveryTask]:
        """Waiting tasks that are to be offered now, the longest due first."""
        return await self._tasks.find(DUE_TASKS, limit=limit, now=now)

    async def list_expired_offers(self, now: datetime, *, limit: int) -> list[DeliveryTask]:
        """Tasks whose courier did not answer in time, the longest expired first."""
        return await self._tasks.find(EXPIRED_OFFERS, limit=limit, now=now)

    async def insert(self, task: DeliveryTask, *, session: Session) -> None:
        """Add a task; `stores.key.duplicate` when its order has one."""
        await self._tasks.insert(task, session=session)

    async def change(
        self, task: DeliveryTask, changed: Mapping[str, Any], *, session: Session | None = None
    ) -> DeliveryTask | None:
        """Change the task as it was read; None when somebody else changed it since. None as a value: leave it out."""
        where = {"id": task.id, "state": task.state, "ver": task.ver}
        return await self._tasks.update_and_get(where, _changing(changed), session=session)

    async def spend_pin_try(self, task_id: str, now: datetime, *, at_most: int) -> bool:
        """Count a PIN before it is compared; False when too many were wrong. Does not wait for any transaction."""
        return await self._tasks.update_one(
            {"id": task_id, "pin_tries": {"$lt": at_most}},
            {"$inc": {"pin_tries": 1, "ver": 1}, "$set": {"updated_at": now}},
        )

    async def return_pin_try(self, task_id: str, now: datetime) -> None:
        """Take the count of a right PIN back."""
        await self._tasks.update_one(
            {"id": task_id, "pin_tries": {"$gt": 0}},
            {"$inc": {"pin_tries": -1, "ver": 1}, "$set": {"updated_at": now}},
        )


class CourierRepository:
    """Couriers; every change is guarded by the version that was read."""

    def __init__(self, mongo: Mongo) -> None:
        self._couriers = Table(COURIER_PROFILES, mongo)

    async def find(self, courier_id: str, *, session: Session | None = None) -> CourierProfile | None:
        """The courier."""
        return await self._couriers.find_one(COURIER_BY_ID, id=courier_id, session=session)

    async def find_of_account(self, account_id: str, *, session: Session | None = None) -> CourierProfile | None:
        """The courier who signs in with that account."""
        return await self._couriers.find_one(COURIER_OF_ACCOUNT, account_id=account_id, session=session)

    async def list_by_trust(
        self, verification: Verification, *, limit: int, after: After = None
    ) -> list[CourierProfile]:
        """Couriers of a trust, the longest waiting first."""
        return await self._couriers.find(COURIERS_BY_TRUST, limit=limit, after=after, verification=verification)

    async def list_free_near(self, point: Near, zone_id: str, *, limit: int) -> list[CourierProfile]:
        """Trusted couriers of a zone who are on duty, nearest first."""
        return await self._couriers.find(FREE_COURIERS_NEAR, limit=limit, near=point, zone_id=zone_id)

    async def list_over_cash_limit(self, *, limit: int) -> list[CourierProfile]:
        """Couriers who carry more cash than they may, most first."""
        return await self._couriers.find(COURIERS_OVER_LIMIT, limit=limit)

    async def list_ready(self, zone_ids: tuple[str, ...], *, limit: int) -> list[CourierProfile]:
        """Couriers of any of the zones who can take a task, the longest without an offer first."""
        return await self._couriers.find(READY_COURIERS, limit=limit, zones=zone_ids)

    async def insert(self, courier: CourierProfile, *, session: Session) -> None:
        """Add a courier; `stores.key.duplicate` when the account has one."""
        await self._couriers.insert(courier, session=session)

    async def change(
        self, courier: CourierProfile, changed: Mapping[str, Any], *, session: Session | None = None
    ) -> CourierProfile | None:
        """Change the courier as read; None when somebody else changed it since. None as a value: leave it out."""
        where = {"id": courier.id, "ver": courier.ver}
        return await self._couriers.update_and_get(where, _changing(changed), session=session)

    async def place(self, account_id: str, point: Point, now: datetime) -> bool:
        """Keep where a courier is; the last word wins."""
        return await self._couriers.update_one(
            {"account_id": account_id, "verification": Verification.APPROVED},
            {"$set": {"location": point, "located_at": now, "updated_at": now}, "$inc": {"ver": 1}},
        )


def _changing(changed: Mapping[str, Any]) -> dict[str, Any]:
    """The update that sets what has a value, removes what is None, and counts the version."""
    change: dict[str, Any] = {
        "$inc": {"ver": 1},
        "$set": {path: value for path, value in changed.items() if value is not None},
    }
    absent = {path: "" for path, value in changed.items() if value is None}
    return change | ({"$unset": absent} if absent else {})
