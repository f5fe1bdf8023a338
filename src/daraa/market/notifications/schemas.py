"""What notification routes take and give."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from daraa.collections.device_tokens import Platform
from daraa.collections.notification_preferences import Choice, NotificationPreference, QuietHours
from daraa.collections.notification_templates import NotificationTemplate, TemplateState
from daraa.collections.notifications import Channel, Notification, NotificationType
from daraa.collections.parts import Locale
from daraa.declare import Localized
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.languages import Language
from daraa.market.http import Input
from daraa.market.notifications.channels import FORCED, matrix
from daraa.market.notifications.telling import SLOTS
from daraa.market.paging import PageParameters
from daraa.market.texts import LINE_PATTERN, PARAGRAPHS_PATTERN

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ListNotifications(PageParameters):
    """Filters of the inbox."""

    unread: Annotated[bool, Field(description="Only what was not read yet.")] = False


class NotificationOut(BaseModel):
    """One message, in the language of the request."""

    id: str
    type: NotificationType
    title: str
    message: str
    action_path: str | None
    related_id: str | None
    is_read: bool
    read_at: datetime | None
    created_at: datetime


class UnreadCount(BaseModel):
    """`count` goes to 1,000; `more` says that there may be more."""

    count: int
    more: bool


class MarkRead(Input):
    """Exactly one of the two."""

    ids: Annotated[list[Annotated[str, Field(pattern=ID_PATTERN)]] | None, Field(min_length=1, max_length=100)] = None
    up_to: Annotated[str | None, Field(pattern=ID_PATTERN, description="This one and everything older.")] = None


class Marked(BaseModel):
    """How many changed, and how many are left."""

    marked: int
    unread: int


class ChoiceIn(Input):
    """Yes or no to one type of message on one channel."""

    type: NotificationType
    channel: Channel
    wanted: bool


class QuietHoursIn(Input):
    """No push, SMS or mail between these local times; may span midnight."""

    starts: Annotated[str, Field(pattern=_CLOCK, examples=["22:00"])]
    ends: Annotated[str, Field(pattern=_CLOCK, examples=["07:00"])]
    timezone: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/-]+$")] = "Asia/Damascus"

    def stored(self) -> QuietHours:
        """As it is kept."""
        return QuietHours(from_minutes=_minutes(self.starts), to_minutes=_minutes(self.ends), timezone=self.timezone)


class PreferencesIn(Input):
    """All of it: what is left out falls back to the default."""

    choices: Annotated[tuple[ChoiceIn, ...], Field(max_length=40)] = ()
    quiet_hours: QuietHoursIn | None = None
    locale: Locale = Locale.AR

    def stored_choices(self) -> list[Choice]:
        """As they are kept."""
        return [Choice(type=each.type, channel=each.channel, wanted=each.wanted) for each in self.choices]


class ChoiceOut(BaseModel):
    """`fixed` ones cannot be turned off."""

    type: NotificationType
    channel: Channel
    wanted: bool
    fixed: bool


class QuietHoursOut(BaseModel):
    """Local times."""

    starts: str
    ends: str
    timezone: str


class PreferencesOut(BaseModel):
    """Every type and channel, chosen or by default."""

    choices: list[ChoiceOut]
    quiet_hours: QuietHoursOut | None
    locale: Locale


class DeviceIn(Input):
    """What the device's push service gave the app."""

    token: Annotated[str, Field(min_length=16, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
    platform: Platform
    locale: Locale = Locale.AR


class DeviceOut(BaseModel):
    """A device; its token is never shown."""

    id: str
    platform: Platform
    locale: Locale
    last_seen_at: datetime


class TitleIn(Input):
    """A title in both languages."""

    ar: Annotated[str, Field(min_length=1, max_length=150, pattern=LINE_PATTERN)]
    en: Annotated[str, Field(min_length=1, max_length=150, pattern=LINE_PATTERN)]

    def stored(self) -> Localized:
        """As it is kept."""
        return Localized(ar=self.ar, en=self.en)


class BodyIn(Input):
    """A text in both languages."""

    ar: Annotated[str, Field(min_length=1, max_length=1000, pattern=PARAGRAPHS_PATTERN)]
    en: Annotated[str, Field(min_length=1, max_length=1000, pattern=PARAGRAPHS_PATTERN)]

    def stored(self) -> Localized:
        """As it is kept."""
        return Localized(ar=self.ar, en=self.en)


class TemplateIn(Input):
    """A draft; `{slots}` are those that the key's event fills."""

    key: Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(\.[a-z_]+)+$")]
    channel: Channel
    title: TitleIn
    body: BodyIn


class ListTemplates(PageParameters):
    """By state, or the versions of one key and channel."""

    state: Annotated[TemplateState, Field(description="Versions in this state.")] = TemplateState.PUBLISHED
    key: Annotated[
        str | None, Field(max_length=80, pattern=r"^[a-z]+(\.[a-z_]+)+$", description="The versions of one message.")
    ] = None
    channel: Annotated[Channel, Field(description="The channel of that message.")] = Channel.IN_APP


class BothOut(BaseModel):
    """A text in both languages."""

    ar: str
    en: str


class TemplateOut(BaseModel):
    """One version."""

    id: str
    key: str
    channel: Channel
    version: int
    type: NotificationType
    title: BothOut
    body: BothOut
    params: list[str]
    offered: Annotated[list[str], Field(description="All slots that this message fills.")]
    state: TemplateState
    published_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: NotificationTemplate) -> Self:
        """From the stored version."""
        words: dict[str, Any] = row.model_dump(include=set(cls.model_fields) - {"offered"})
        return cls(**words, offered=sorted(SLOTS.get(row.key, ())))


def notification_out(row: Notification, language: Language) -> NotificationOut:
    """A message in the language that was asked for, where it is stored in both."""
    other = row.translation
    asked_other = other is not None and other.locale.value == language
    title, message = (other.title, other.message) if asked_other and other else (row.title, row.message)
    return NotificationOut(
        id=row.id,
        type=row.type,
        title=title,
        message=message,
        action_path=row.action_path,
        related_id=row.related_id,
        is_read=row.is_read,
        read_at=row.read_at,
        created_at=row.created_at,
    )


def preferences_out(found: NotificationPreference | None) -> PreferencesOut:
    """All choices, with the defaults of who never chose."""
    quiet = found.quiet_hours if found else None
    return PreferencesOut(
        choices=[
            ChoiceOut(type=type_, channel=channel, wanted=wanted, fixed=channel is Channel.IN_APP or type_ in FORCED)
            for (type_, channel), wanted in matrix(found).items()
        ],
        quiet_hours=QuietHoursOut(
            starts=_clock(quiet.from_minutes), ends=_clock(quiet.to_minutes), timezone=quiet.timezone
        )
        if quiet
        else None,
        locale=found.locale if found else Locale.AR,
    )


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
