"""User activities: what visitors look at, one bucket per session and hour, written off a request's critical path."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    KeyedBy,
    Moment,
    NotCached,
    Part,
    Ref,
    desc,
)


class ActivityKind(StrEnum):
    """What the visitor did."""

    PAGE_VIEW = "page_view"
    PRODUCT_VIEW = "product_view"
    ADD_TO_CART = "add_to_cart"
    SEARCH = "search"
    PURCHASE = "purchase"
    CLICK = "click"


class DeviceType(StrEnum):
    """The size of the screen, roughly."""

    MOBILE = "mobile"
    TABLET = "tablet"
    DESKTOP = "desktop"


class Activity(Part):
    """One event and the id of what it touched."""

    kind: ActivityKind
    at: Moment
    subject_id: Annotated[str | None, StringConstraints(max_length=60)] = None


class UserActivity(Document):
    """A full bucket (200 events) is followed by the next part of the same hour."""

    id: Annotated[str, KeyedBy("session, hour and part: `<session>:<yyyymmddhh>:<part>`")]
    account_id: Annotated[Id | None, Ref("accounts")] = None
    session_id: str
    hour: Moment
    device: DeviceType
    events: Annotated[tuple[Activity, ...], AtMost(200)] = ()


USER_ACTIVITIES = Collection(
    UserActivity,
    name="user_activities",
    purpose="What one session did in one hour.",
    prefix="",
    indexes=(
        Index("account_id", desc("created_at"), serves="a person's activity, newest first"),
        Index("hour", serves="all activity from hour to hour"),
    ),
    retention=Expire(by="created_at", after=timedelta(days=180)),
    cache=NotCached(because="it is read in bulk only"),
    access=Access(app="find insert update"),
    shard_key=("account_id", "id"),
)
