"""Reads of notifications, their templates, and what people want to hear."""

from datetime import datetime

from daraa.collections.notification_preferences import NOTIFICATION_PREFERENCES, NotificationPreference
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES, NotificationTemplate, TemplateState
from daraa.collections.notifications import NOTIFICATIONS, Channel, Notification, NotificationType
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table

INBOX = Query(
    NOTIFICATIONS,
    "inbox",
    serves="a person's unread or read, newest first",
    where=(eq("recipient_id"), eq("is_read")),
    sort=(desc("created_at"),),
)
UNREAD = Query(
    NOTIFICATIONS,
    "unread",
    serves="a person's unread or read, newest first",
    where=(eq("recipient_id"), Is("is_read", False)),
)
OF_TYPE = Query(
    NOTIFICATIONS,
    "of_type",
    serves="a person's notifications of a type, newest first",
    where=(eq("recipient_id"), eq("type")),
    sort=(desc("created_at"),),
)
BY_CAUSE = Query(NOTIFICATIONS, "by_cause", serves="the notification for a cause", where=(eq("dedupe_key"),))
DUE = Query(
    NOTIFICATIONS,
    "due",
    serves="notifications due to be sent",
    where=(beyond("due_at", "lte", "now"),),
    sort=(asc("due_at"),),
)
PUBLISHED_TEMPLATE = Query(
    NOTIFICATION_TEMPLATES,
    "published",
    serves="the published template of a key",
    where=(eq("key"), eq("channel"), Is("state", TemplateState.PUBLISHED)),
)
VERSIONS_OF_TEMPLATE = Query(
    NOTIFICATION_TEMPLATES,
    "versions",
    serves="the versions of a template, newest first",
    where=(eq("key"), eq("channel")),
    sort=(desc("version"),),
)
TEMPLATES_OF_STATE = Query(
    NOTIFICATION_TEMPLATES,
    "of_state",
    serves="templates by state, newest first",
    where=(eq("state"),),
    sort=(desc("id"),),
)
PREFERENCES_OF = Query(NOTIFICATION_PREFERENCES, "of_accounts", serves="by id", where=(one_of("id", "account_ids"),))


class NotificationRepository:
    """Messages to people."""

    def __init__(self, mongo: Mongo) -> None:
        self._notifications = Table(NOTIFICATIONS, mongo)

    async def list_inbox(
        self, recipient_id: str, *, is_read: bool, limit: int, after: After = None
    ) -> list[Notification]:
        """A person's unread (or read) messages, newest first."""
        return await self._notifications.find(
            INBOX, limit=limit, after=after, recipient_id=recipient_id, is_read=is_read
        )

    async def count_unread(self, recipient_id: str, *, at_most: int) -> int:
        """How many unread messages a person has, counting no further than `at_most`."""
        return await self._notifications.count(UNREAD, at_most=at_most, recipient_id=recipient_id)

    async def list_of_type(
        self, recipient_id: str, type: NotificationType, *, limit: int, after: After = None
    ) -> list[Notification]:
        """A person's messages about one kind of thing, newest first."""
        return await self._notifications.find(OF_TYPE, limit=limit, after=after, recipient_id=recipient_id, type=type)

    async def find_by_cause(self, dedupe_key: str) -> Notification | None:
        """The message that a cause has already led to."""
        return await self._notifications.find_one(BY_CAUSE, dedupe_key=dedupe_key)

    async def list_due(self, now: datetime, *, limit: int) -> list[Notification]:
        """Messages with a channel to try now, the longest due first."""
        return await self._notifications.find(DUE, limit=limit, now=now)


class TemplateRepository:
    """The words of the messages."""

    def __init__(self, mongo: Mongo) -> None:
        self._templates = Table(NOTIFICATION_TEMPLATES, mongo)

    async def find_published(self, key: str, channel: Channel) -> NotificationTemplate | None:
        """The version in use."""
        return await self._templates.find_one(PUBLISHED_TEMPLATE, key=key, channel=channel)

    async def list_versions(
        self, key: str, channel: Channel, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """A template's history, the newest version first."""
        return await self._templates.find(VERSIONS_OF_TEMPLATE, limit=limit, after=after, key=key, channel=channel)

    async def list_of_state(
        self, state: TemplateState, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """Templates of a state, newest first."""
        return await self._templates.find(TEMPLATES_OF_STATE, limit=limit, after=after, state=state)


class PreferenceRepository:
    """What people want to hear."""

    def __init__(self, mongo: Mongo) -> None:
        self._preferences = Table(NOTIFICATION_PREFERENCES, mongo)

    async def list_of_accounts(self, account_ids: tuple[str, ...]) -> list[NotificationPreference]:
        """The stored preferences of these people in one command; who is missing has the defaults."""
        return await self._preferences.find(PREFERENCES_OF, limit=len(account_ids), account_ids=account_ids)
