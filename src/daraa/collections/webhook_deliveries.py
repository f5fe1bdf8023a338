"""Webhook deliveries: one event on its way to one endpoint, with every answer it got."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    Is,
    Moment,
    NotCached,
    Part,
    Personal,
    Ref,
    Unique,
    desc,
)


class DeliveryState(StrEnum):
    """Failed deliveries were given up and can be replayed by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Attempt(Part):
    """One request: the status it got (none when no answer came) and how long it took."""

    at: Moment
    status: Annotated[int | None, Field(ge=100, le=599)] = None
    duration_ms: Count
    error: Annotated[str | None, StringConstraints(max_length=300)] = None


class WebhookDelivery(Document):
    """`attempts` keeps the last 20 requests; `tries` counts all of them."""

    endpoint_id: Annotated[Id, Ref("webhook_endpoints")]
    event_id: Annotated[Id, Ref("outbox_events")]
    event_type: Annotated[str, StringConstraints(max_length=100)]
    body: Annotated[str, StringConstraints(max_length=65_536), Personal]
    state: DeliveryState = DeliveryState.PENDING
    tries: Count = 0
    attempts: Annotated[tuple[Attempt, ...], AtMost(20)] = ()
    next_attempt_at: Moment
    delivered_at: Moment | None = None


WEBHOOK_DELIVERIES = Collection(
    WebhookDelivery,
    name="webhook_deliveries",
    purpose="One event for one endpoint: what was sent, when it is tried again, what came back.",
    prefix="whd",
    indexes=(
        Unique("endpoint_id", desc("event_id"), serves="an endpoint's deliveries, newest event first"),
        Index("next_attempt_at", only=Is("state", DeliveryState.PENDING), serves="deliveries due for an attempt"),
    ),
    retention=Expire(by="created_at", after=timedelta(days=30)),
    cache=NotCached(because="it changes with every attempt"),
    access=Access(app="find insert update"),
    shard_key=("endpoint_id", "id"),
)
