"""Notification preferences: what a person wants to hear, how and when; a missing document means the defaults."""

from datetime import timedelta
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.delivery_zones import Minutes
from daraa.collections.notifications import Channel, NotificationType
from daraa.collections.parts import Locale
from daraa.declare import Access, AtMost, CachedEntity, Collection, Document, Id, Keep, KeyedBy, Part


class Choice(Part):
    """Yes or no to one type of message on one channel."""

    type: NotificationType
    channel: Channel
    wanted: bool


class QuietHours(Part):
    """No push and no SMS between these local minutes of the day; may span midnight."""

    from_minutes: Minutes
    to_minutes: Minutes
    timezone: Annotated[str, StringConstraints(max_length=60)] = "Asia/Damascus"


class NotificationPreference(Document):
    id: Annotated[Id, KeyedBy("the account's id")]
    choices: Annotated[tuple[Choice, ...], AtMost(40)] = ()
    quiet_hours: QuietHours | None = None
    locale: Locale = Locale.AR


NOTIFICATION_PREFERENCES = Collection(
    NotificationPreference,
    name="notification_preferences",
    purpose="One person's departures from the default channels, and their quiet hours.",
    prefix="",
    retention=Keep(because="it lasts as long as the account"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("preference:{id}",)),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
