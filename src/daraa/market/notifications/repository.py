"""Reads of notifications, their templates, what people want to hear, and whom an event concerns."""

from datetime import datetime

from daraa.collections.accounts import ACCOUNTS, Account
from daraa.collections.admin_profiles import ADMIN_PROFILES, WORKING, AdminProfile
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.device_tokens import DEVICE_TOKENS, DeviceToken
from daraa.collections.notification_preferences import NOTIFICATION_PREFERENCES, NotificationPreference
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES, NotificationTemplate, TemplateState
from daraa.collections.notifications import NOTIFICATIONS, Channel, Notification, NotificationType
from daraa.collections.store_members import STORE_MEMBERS, StoreMember
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Is, Query, asc, beyond, desc, eq, one_of
from daraa.market.found import After
from daraa.market.tenancy import MEMBERS_OF_STORE
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
OF_TYPE_SINCE = Query(
    NOTIFICATIONS,
    "of_type_since",
    serves="a person's notifications of a type, newest first",
    where=(eq("recipient_id"), eq("type"), beyond("created_at", "gte", "since")),
)
ALL_OF_PERSON = Query(
    NOTIFICATIONS,
    "of_person",
    serves="a person's notifications, newest first",
    where=(eq("recipient_id"),),
    sort=(desc("id"),),
)
UNREAD_OF_PERSON = Query(
    NOTIFICATIONS,
    "unread_of_person",
    serves="a person's unread notifications in order of their ids",
    where=(eq("recipient_id"), Is("is_read", False)),
    sort=(desc("id"),),
)
UNREAD_UP_TO = Query(
    NOTIFICATIONS,
    "unread_up_to",
    serves="a person's unread notifications in order of their ids",
    where=(eq("recipient_id"), Is("is_read", False), beyond("id", "lte", "up_to")),
    sort=(desc("id"),),
)
BY_CAUSES = Query(NOTIFICATIONS, "by_causes", serves="the notification for a cause", where=(one_of("dedupe_key"),))
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
PUBLISHED_OF_KEYS = Query(
    NOTIFICATION_TEMPLATES,
    "published_of_keys",
    serves="the published template of a key",
    where=(one_of("key"), Is("state", TemplateState.PUBLISHED)),
)
TEMPLATE_BY_ID = Query(NOTIFICATION_TEMPLATES, "by_id", serves="by id", where=(eq("id"),))
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
DEVICES_TO_TELL = Query(
    DEVICE_TOKENS,
    "to_tell",
    serves="an account's live devices",
    where=(one_of("account_id"), Is("is_live", True)),
)
DEVICE_BY_ID = Query(DEVICE_TOKENS, "by_id", serves="by id", where=(eq("id"),))
ACCOUNTS_TO_TELL = Query(ACCOUNTS, "to_tell", serves="by id", where=(one_of("id", "account_ids"),))
STORE_TO_TELL = Query(STORE_OWNER_PROFILES, "to_tell", serves="by id", where=(eq("id"),))
COURIER_TO_TELL = Query(COURIER_PROFILES, "to_tell", serves="by id", where=(eq("id"),))
ADMINS_TO_TELL = Query(
    ADMIN_PROFILES,
    "to_tell",
    serves="active admins who hold a permission",
    where=(eq("permissions", "permission"), WORKING),
    sort=(asc("id"),),
)
CURRENCIES_KNOWN = Query(CURRENCIES, "by_ids", serves="by id", where=(one_of("id"),))


class NotificationRepository:
    """Messages to people."""

    def __init__(self, mongo: Mongo) -> None:
        self.table = Table(NOTIFICATIONS, mongo)

    async def list_inbox(
        self, recipient_id: str, *, is_read: bool, limit: int, after: After = None
    ) -> list[Notification]:
        """A person's unread (or read) messages, newest first."""
        return await self.table.find(INBOX, limit=limit, after=after, recipient_id=recipient_id, is_read=is_read)

    async def list_all(self, recipient_id: str, *, limit: int, after: After = None) -> list[Notification]:
        """A person's messages, newest first."""
        return await self.table.find(ALL_OF_PERSON, limit=limit, after=after, recipient_id=recipient_id)

    async def list_unread(self, recipient_id: str, *, limit: int, after: After = None) -> list[Notification]:
        """A person's unread messages, newest first."""
        return await self.table.find(UNREAD_OF_PERSON, limit=limit, after=after, recipient_id=recipient_id)

    async def list_unread_up_to(self, recipient_id: str, up_to: str, *, limit: int) -> list[Notification]:
        """A person's unread messages that are not younger than the one of that id."""
        return await self.table.find(UNREAD_UP_TO, limit=limit, recipient_id=recipient_id, up_to=up_to)

    async def count_unread(self, recipient_id: str, *, at_most: int) -> int:
        """How many unread messages a person has, counting no further than `at_most`."""
        return await self.table.count(UNREAD, at_most=at_most, recipient_id=recipient_id)

    async def count_since(self, recipient_id: str, type: NotificationType, since: datetime, *, at_most: int) -> int:
        """How many messages of a type a person got since then, counting no further than `at_most`."""
        return await self.table.count(OF_TYPE_SINCE, at_most=at_most, recipient_id=recipient_id, type=type, since=since)

    async def list_of_type(
        self, recipient_id: str, type: NotificationType, *, limit: int, after: After = None
    ) -> list[Notification]:
        """A person's messages about one kind of thing, newest first."""
        return await self.table.find(OF_TYPE, limit=limit, after=after, recipient_id=recipient_id, type=type)

    async def list_by_causes(self, dedupe_keys: tuple[str, ...]) -> list[Notification]:
        """The messages that these causes have already led to."""
        return await self.table.find(BY_CAUSES, limit=max(len(dedupe_keys), 1), dedupe_keys=dedupe_keys)

    async def list_due(self, now: datetime, *, limit: int) -> list[Notification]:
        """Messages with a channel to try now, the longest due first."""
        return await self.table.find(DUE, limit=limit, now=now)


class TemplateRepository:
    """The words of the messages."""

    def __init__(self, mongo: Mongo) -> None:
        self.table = Table(NOTIFICATION_TEMPLATES, mongo)

    async def find(self, template_id: str) -> NotificationTemplate | None:
        """One version."""
        return await self.table.find_one(TEMPLATE_BY_ID, id=template_id)

    async def find_published(self, key: str, channel: Channel) -> NotificationTemplate | None:
        """The version in use."""
        return await self.table.find_one(PUBLISHED_TEMPLATE, key=key, channel=channel)

    async def list_published(self, keys: tuple[str, ...]) -> list[NotificationTemplate]:
        """The versions in use of some keys, on all channels, in one command."""
        return await self.table.find(PUBLISHED_OF_KEYS, limit=4 * max(len(keys), 1), keys=keys)

    async def list_versions(
        self, key: str, channel: Channel, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """A template's history, the newest version first."""
        return await self.table.find(VERSIONS_OF_TEMPLATE, limit=limit, after=after, key=key, channel=channel)

    async def list_of_state(
        self, state: TemplateState, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """Templates of a state, newest first."""
        return await self.table.find(TEMPLATES_OF_STATE, limit=limit, after=after, state=state)


class PreferenceRepository:
    """What people want to hear, and on which devices."""

    def __init__(self, mongo: Mongo) -> None:
        self.preferences = Table(NOTIFICATION_PREFERENCES, mongo)
        self.devices = Table(DEVICE_TOKENS, mongo)

    async def list_of_accounts(self, account_ids: tuple[str, ...]) -> list[NotificationPreference]:
        """The stored preferences of these people in one command; who is missing has the defaults."""
        return await self.preferences.find(PREFERENCES_OF, limit=max(len(account_ids), 1), account_ids=account_ids)

    async def list_devices(self, account_ids: tuple[str, ...], *, limit: int) -> list[DeviceToken]:
        """Where push messages to these people go."""
        return await self.devices.find(DEVICES_TO_TELL, limit=limit, account_ids=account_ids)

    async def find_device(self, device_id: str) -> DeviceToken | None:
        """A device by the hash of its token, whoever it belongs to."""
        return await self.devices.find_one(DEVICE_BY_ID, id=device_id)


class PeopleRepository:
    """Whom an event concerns."""

    def __init__(self, mongo: Mongo) -> None:
        self._accounts = Table(ACCOUNTS, mongo)
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._members = Table(STORE_MEMBERS, mongo)
        self._couriers = Table(COURIER_PROFILES, mongo)
        self._admins = Table(ADMIN_PROFILES, mongo)
        self._currencies = Table(CURRENCIES, mongo)

    async def list_accounts(self, account_ids: tuple[str, ...]) -> list[Account]:
        """These accounts, in one command."""
        return await self._accounts.find(ACCOUNTS_TO_TELL, limit=max(len(account_ids), 1), account_ids=account_ids)

    async def find_store(self, store_id: str) -> StoreOwnerProfile | None:
        """The store an event tells of."""
        return await self._stores.find_one(STORE_TO_TELL, id=store_id)

    async def list_members(self, store_id: str, *, limit: int) -> list[StoreMember]:
        """Everybody who was ever invited to a store."""
        return await self._members.find(MEMBERS_OF_STORE, limit=limit, store_id=store_id)

    async def find_courier(self, courier_id: str) -> CourierProfile | None:
        """The courier an event tells of."""
        return await self._couriers.find_one(COURIER_TO_TELL, id=courier_id)

    async def list_admins(self, permission: str, *, limit: int) -> list[AdminProfile]:
        """Admins who hold a right."""
        return await self._admins.find(ADMINS_TO_TELL, limit=limit, permission=permission)

    async def list_currencies(self, codes: tuple[str, ...]) -> list[Currency]:
        """The units of amounts that are told."""
        return await self._currencies.find(CURRENCIES_KNOWN, limit=max(len(codes), 1), ids=codes)
