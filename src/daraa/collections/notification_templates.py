"""Notification templates: the words of every message in both languages; a published version never changes."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.notifications import Channel, NotificationType
from daraa.declare import (
    Access,
    AtMost,
    CachedEntity,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Moment,
    Ref,
    Unique,
    desc,
)


class TemplateState(StrEnum):
    """One version per key and channel is published at a time."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class NotificationTemplate(Document):
    """`params` are the names that the texts may use as `{name}`."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z]+(\.[a-z_]+)+$", max_length=80)]
    channel: Channel
    version: Annotated[int, Field(ge=1)]
    type: NotificationType
    title: Localized
    body: Localized
    params: Annotated[tuple[str, ...], AtMost(30)] = ()
    state: TemplateState = TemplateState.DRAFT
    published_at: Moment | None = None
    edited_by: Annotated[Id | None, Ref("accounts")] = None


NOTIFICATION_TEMPLATES = Collection(
    NotificationTemplate,
    name="notification_templates",
    purpose="One version of the text of one kind of message on one channel.",
    prefix="ntt",
    indexes=(
        Unique("key", "channel", desc("version"), serves="the versions of a template, newest first"),
        Unique("key", "channel", only=Is("state", TemplateState.PUBLISHED), serves="the published template of a key"),
        Index("state", desc("id"), serves="templates by state, newest first"),
    ),
    retention=Keep(because="sent messages name their version"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("template:{key}",)),
    access=Access(app="find insert update"),
)
