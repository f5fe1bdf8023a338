"""Webhook endpoints: where stores and partners want events sent, and how messages to them are signed."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Ref,
    Secret,
)


class EndpointState(StrEnum):
    """Failing without a break for three days disables an endpoint."""

    ACTIVE = "active"
    DISABLED = "disabled"


class WebhookEndpoint(Document):
    store_id: Annotated[Id | None, Ref("store_owner_profiles")] = None
    url: Annotated[str, StringConstraints(pattern=r"^https://", max_length=500)]
    signing_secret: Annotated[str, Secret]
    previous_secret: Annotated[str | None, Secret] = None
    event_types: Annotated[tuple[str, ...], AtMost(50)]
    state: EndpointState = EndpointState.ACTIVE
    failing_since: Moment | None = None
    disabled_at: Moment | None = None


WEBHOOK_ENDPOINTS = Collection(
    WebhookEndpoint,
    name="webhook_endpoints",
    purpose="One address that gets events of chosen types, signed with a secret only it knows.",
    prefix="whe",
    indexes=(
        Index("store_id", "id", serves="a store's webhook endpoints, oldest first"),
        Index("event_types", only=Is("state", EndpointState.ACTIVE), serves="active endpoints for a type of event"),
    ),
    retention=Keep(because="its owner removes it by disabling it"),
    cache=NotCached(because="it holds secrets"),
    access=Access(app="find insert update"),
)
