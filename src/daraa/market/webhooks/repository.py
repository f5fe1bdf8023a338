"""Webhook endpoints with what was sent to them, and the inbox of what providers send to us."""

from datetime import datetime

from daraa.collections.inbox_events import INBOX_EVENTS, InboxEvent
from daraa.collections.webhook_deliveries import WEBHOOK_DELIVERIES, DeliveryState, WebhookDelivery
from daraa.collections.webhook_endpoints import WEBHOOK_ENDPOINTS, EndpointState, WebhookEndpoint
from daraa.declare import Is, Query, asc, beyond, desc, eq
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

ENDPOINT_OF_STORE = Query(
    WEBHOOK_ENDPOINTS, "by_id_of_store", serves="by id", where=(eq("id"),), also=(eq("store_id"),)
)
ENDPOINTS_OF_STORE = Query(
    WEBHOOK_ENDPOINTS,
    "of_store",
    serves="a store's webhook endpoints, oldest first",
    where=(eq("store_id"),),
    sort=(asc("id"),),
)
ENDPOINTS_FOR_TYPE = Query(
    WEBHOOK_ENDPOINTS,
    "for_type",
    serves="active endpoints for a type of event",
    where=(eq("event_types", "event_type"), Is("state", EndpointState.ACTIVE)),
)
DELIVERIES_OF_ENDPOINT = Query(
    WEBHOOK_DELIVERIES,
    "of_endpoint",
    serves="an endpoint's deliveries, newest event first",
    where=(eq("endpoint_id"),),
    sort=(desc("event_id"),),
)
DELIVERIES_DUE = Query(
    WEBHOOK_DELIVERIES,
    "due",
    serves="deliveries due for an attempt",
    where=(Is("state", DeliveryState.PENDING), beyond("next_attempt_at", "lte", "now")),
    sort=(asc("next_attempt_at"),),
)
INBOX_BY_ID = Query(INBOX_EVENTS, "by_id", serves="by id", where=(eq("id"),))


class HookRepository:
    """What providers sent to us."""

    def __init__(self, mongo: Mongo) -> None:
        self._inbox = Table(INBOX_EVENTS, mongo)

    async def find(self, key: str) -> InboxEvent | None:
        """The message that was kept under `<consumer>:<event id>`."""
        return await self._inbox.find_one(INBOX_BY_ID, id=key)

    async def insert(self, row: InboxEvent, *, session: Session) -> None:
        """Keep a message in the transaction of its effect; `stores.key.duplicate` when it is kept already."""
        await self._inbox.insert(row, session=session)


class WebhookRepository:
    """Endpoints and deliveries."""

    def __init__(self, mongo: Mongo) -> None:
        self._endpoints = Table(WEBHOOK_ENDPOINTS, mongo)
        self._deliveries = Table(WEBHOOK_DELIVERIES, mongo)

    async def find_of_store(self, scope: StoreScope, endpoint_id: str) -> WebhookEndpoint | None:
        """The endpoint, if it is this store's."""
        return await self._endpoints.find_one(ENDPOINT_OF_STORE, id=endpoint_id, store_id=scope.store_id)

    async def list_of_store(self, scope: StoreScope, *, limit: int, after: After = None) -> list[WebhookEndpoint]:
        """A store's endpoints, oldest first."""
        return await self._endpoints.find(ENDPOINTS_OF_STORE, limit=limit, after=after, store_id=scope.store_id)

    async def list_for_type(self, event_type: str, *, limit: int) -> list[WebhookEndpoint]:
        """The active endpoints that want a type of event."""
        return await self._endpoints.find(ENDPOINTS_FOR_TYPE, limit=limit, event_type=event_type)

    async def list_deliveries(self, endpoint_id: str, *, limit: int, after: After = None) -> list[WebhookDelivery]:
        """What was sent to an endpoint, the newest event first."""
        return await self._deliveries.find(DELIVERIES_OF_ENDPOINT, limit=limit, after=after, endpoint_id=endpoint_id)

    async def list_due(self, now: datetime, *, limit: int) -> list[WebhookDelivery]:
        """Deliveries to try now, the longest due first."""
        return await self._deliveries.find(DELIVERIES_DUE, limit=limit, now=now)
