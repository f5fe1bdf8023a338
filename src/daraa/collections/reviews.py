"""Reviews: what customers say about products, stores and couriers they really dealt with."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
    Part,
    Personal,
    Ref,
    Unique,
    desc,
)


class ReviewTarget(StrEnum):
    """What kind of thing is reviewed; the target's id says which one."""

    PRODUCT = "product"
    STORE = "store"
    COURIER = "courier"


class ReviewState(StrEnum):
    """Whether moderators let it be seen."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class Reply(Part):
    """The store's public answer."""

    text: Annotated[str, StringConstraints(max_length=2000)]
    by: Annotated[Id, Ref("accounts")]
    at: Moment


class Moderation(Part):
    """Who let it pass or stopped it, and why."""

    by: Annotated[Id, Ref("accounts")]
    at: Moment
    notes: str | None = None


class Review(Document):
    order_id: Annotated[Id, Ref("orders")]
    order_line_id: Id
    customer_id: Annotated[Id, Ref("accounts")]
    store_id: Annotated[Id, Ref("store_owner_profiles")]
    target_type: ReviewTarget
    target_id: Id
    stars: Annotated[int, Field(ge=1, le=5)]
    title: Annotated[str | None, StringConstraints(max_length=150)] = None
    text: Annotated[str | None, StringConstraints(max_length=4000), Personal] = None
    media: Annotated[tuple[str, ...], AtMost(6)] = ()
    state: ReviewState = ReviewState.PENDING
    moderation: Moderation | None = None
    reply: Reply | None = None
    helpful_count: Count = 0
    edited_at: Moment | None = None


REVIEWS = Collection(
    Review,
    name="reviews",
    purpose="Stars and words of a customer about something in a delivered order line.",
    prefix="rev",
    indexes=(
        Unique("order_line_id", "target_type", serves="the reviews of an order line by kind of target"),
        Index("target_id", "state", desc("id"), serves="a target's reviews by state, newest first"),
        Index(
            "target_id", "state", desc("helpful_count"), desc("id"),
            serves="a target's reviews by state, most helpful first",
        ),
        Index("customer_id", desc("id"), serves="a customer's reviews, newest first"),
        Index("state", "id", serves="reviews by state, oldest first"),
    ),
    retention=Keep(because="ratings are rebuilt from them"),
    cache=NotCached(because="pages of reviews are cached at the edge, under the tags of their target"),
    access=Access(app="find insert update"),
    shard_key=("target_id", "id"),
)  # fmt: skip
