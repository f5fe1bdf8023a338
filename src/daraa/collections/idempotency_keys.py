"""Idempotency keys: the stored answer of a request, so that the same key gets the same answer and one effect."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import Access, Collection, Document, Expire, Id, KeyedBy, Moment, NotCached, Personal, Ref


class IdempotencyState(StrEnum):
    """In progress until the transaction of the effect stores the answer."""

    IN_PROGRESS = "in_progress"
    DONE = "done"


class IdempotencyKey(Document):
    """`fingerprint` is the hash of the request; `lease_until` is when another attempt may take over.

    `expires_at` is 24 hours after creation, 30 days where money moves.
    """

    id: Annotated[str, KeyedBy("the hash of actor, route and key")]
    actor_id: Annotated[Id | None, Ref("accounts")] = None
    route: Annotated[str, StringConstraints(max_length=200)]
    fingerprint: Annotated[str, StringConstraints(max_length=64)]
    state: IdempotencyState = IdempotencyState.IN_PROGRESS
    resume_point: Annotated[str | None, StringConstraints(max_length=60)] = None
    lease_until: Moment
    response_status: Annotated[int | None, Field(ge=100, le=599)] = None
    response_body: Annotated[str | None, StringConstraints(max_length=262_144), Personal] = None
    response_location: Annotated[str | None, StringConstraints(max_length=300)] = None
    expires_at: Moment


IDEMPOTENCY_KEYS = Collection(
    IdempotencyKey,
    name="idempotency_keys",
    purpose="One request that must not take effect twice, and the answer it got.",
    prefix="",
    retention=Expire(by="expires_at"),
    cache=NotCached(because="it decides whether a request takes effect"),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
