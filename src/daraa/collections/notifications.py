"""Notifications: what a person is told, once per cause, in their language and over the channels they chose."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count, Locale
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Expire,
    Id,
    Index,
    Moment,
    NotCached,
    Part,
    Personal,
    Present,
    Ref,
    Unique,
    desc,
)


class NotificationType(StrEnum):
    """What it is about; preferences choose by it, security ignores opt-outs."""

    ORDER = "order"
    PAYMENT = "payment"
    DELIVERY = "delivery"
    VERIFICATION = "verification"
    ACCOUNT = "account"
    PROMOTION = "promotion"
    SYSTEM = "system"
    SECURITY = "security"
    REVIEW = "review"
    DISPUTE = "dispute"


class Channel(StrEnum):
    """How a person is reached."""

    IN_APP = "in_app"
    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"


class SendState(StrEnum):
    """What became of one channel."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Sending(Part):
    """One channel's state; `tries` counts attempts at the provider, `due_at` is when the next one may be.

    `title` and `message` are the channel's own words where they differ from the inbox's; `template_version` is theirs.
    """

    channel: Channel
    state: SendState = SendState.PENDING
    tries: Count = 0
    due_at: Moment | None = None
    provider_id: str | None = None
    error: Annotated[str | None, StringConstraints(max_length=500)] = None
    template_version: Annotated[int | None, Field(ge=1)] = None
    title: Annotated[str | None, StringConstraints(max_length=200), Personal] = None
    message: Annotated[str | None, StringConstraints(max_length=2000), Personal] = None


class Translation(Part):
    """The same message in the platform's other language."""

    locale: Locale
    title: Annotated[str, StringConstraints(max_length=200), Personal]
    message: Annotated[str, StringConstraints(max_length=2000), Personal]


class Notification(Document):
    """`title` and `message` are in `locale`, the recipient's, which is only said where `translation` is there too.

    `template_version` 0 means that no template stood, so that a plain text was used.

    `due_at` is set while a channel waits for its next try: the earliest of theirs, or how long a worker has it.
    Nothing is sent any more after `send_until`.
    """

    recipient_id: Annotated[Id, Ref("accounts")]
    type: NotificationType
    template_key: str
    template_version: Count
    locale: Locale | None = None
    title: Annotated[str, StringConstraints(max_length=200), Personal]
    message: Annotated[str, StringConstraints(max_length=2000), Personal]
    translation: Translation | None = None
    related_id: Id | None = None
    action_path: Annotated[str | None, StringConstraints(max_length=500)] = None
    dedupe_key: Annotated[str, StringConstraints(max_length=200)]
    sendings: Annotated[tuple[Sending, ...], AtMost(4)] = ()
    due_at: Moment | None = None
    send_until: Moment | None = None
    is_read: bool = False
    read_at: Moment | None = None


NOTIFICATIONS = Collection(
    Notification,
    name="notifications",
    purpose="One message to one person about one thing, and how far it got on each channel.",
    prefix="ntf",
    indexes=(
        Index("recipient_id", "is_read", desc("created_at"), serves="a person's unread or read, newest first"),
        Index("recipient_id", "type", desc("created_at"), serves="a person's notifications of a type, newest first"),
        Index("recipient_id", desc("id"), serves="a person's notifications, newest first"),
        Index("recipient_id", "is_read", desc("id"), serves="a person's unread notifications in order of their ids"),
        Unique("dedupe_key", serves="the notification for a cause"),
        Index("due_at", only=Present("due_at"), serves="notifications due to be sent"),
    ),
    retention=Expire(by="created_at", after=timedelta(days=90)),
    cache=NotCached(because="an inbox is one person's and changes with every message"),
    access=Access(app="find insert update"),
    shard_key=("recipient_id", "id"),
)
