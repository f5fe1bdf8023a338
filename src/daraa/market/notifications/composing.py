"""From one thing to tell and one person to the stored row: words in both languages, channels and their times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from daraa.collections.accounts import Account
from daraa.collections.currencies import Currency
from daraa.collections.notification_preferences import NotificationPreference
from daraa.collections.notification_templates import NotificationTemplate
from daraa.collections.notifications import Channel, Notification, Sending, SendState, Translation
from daraa.collections.parts import Locale
from daraa.declare.document import stamp
from daraa.kernel.ids import is_id, new_id
from daraa.market.notifications.channels import OUTER, earliest, next_due, wants
from daraa.market.notifications.telling import Telling
from daraa.market.notifications.wording import Value, Words, render, render_template
from daraa.stores.mongo.outbox import Event

Templates = Mapping[tuple[str, Channel], NotificationTemplate]
NOTHING_MORE = "many of this kind were sent within the hour; it waits in the app"


@dataclass(frozen=True, slots=True)
class Cause:
    """What happened: the event, what fills slots, and the ids by which paths are filled."""

    event: Event
    values: Mapping[str, Value]
    ids: Mapping[str, str]
    currencies: Mapping[str, Currency]


@dataclass(frozen=True, slots=True)
class Person:
    """Who is told."""

    account: Account
    preference: NotificationPreference | None

    @property
    def locale(self) -> Locale:
        """The language that they chose for messages, or else that of their account."""
        return self.preference.locale if self.preference else self.account.locale


def dedupe_key(event_id: str, telling: Telling, account_id: str) -> str:
    """One message for one cause, person and part: who buys in their own store is told as customer and as seller."""
    return f"{event_id}:{account_id}:{telling.audience.value}"


def compose(telling: Telling, person: Person, cause: Cause, templates: Templates, now: datetime) -> Notification:
    """The message with every channel that the person wants and that has a published template; the inbox always."""
    here = person.locale
    there = Locale.EN if here is Locale.AR else Locale.AR
    inbox = templates.get((telling.key, Channel.IN_APP))
    words, other = (_words(telling, inbox, cause, locale) for locale in (here, there))
    sendings = (Sending(channel=Channel.IN_APP, state=SendState.SENT), *_outer(telling, person, cause, templates, now))
    related = cause.ids.get("related", "")
    return Notification(
        id=new_id("ntf"),
        recipient_id=person.account.id,
        type=telling.type,
        template_key=telling.key,
        template_version=inbox.version if inbox else 0,
        locale=here,
        title=words.title,
        message=words.text,
        translation=Translation(locale=there, title=other.title, message=other.text),
        related_id=related if is_id(related) else None,
        action_path=action_path(telling.action, cause.ids),
        dedupe_key=dedupe_key(cause.event.id, telling, person.account.id),
        sendings=sendings,
        due_at=next_due(sendings),
        send_until=cause.event.occurred_at + telling.valid_for,
        **stamp(now),
    )


def kept_in_the_app(notification: Notification) -> Notification:
    """The same without anything to be sent out: this person has had enough of it within the hour."""
    words: dict[str, Any] = {"state": SendState.SKIPPED, "error": NOTHING_MORE, "due_at": None}
    sendings = tuple(
        each.model_copy(update=words) if each.state is SendState.PENDING else each for each in notification.sendings
    )
    return notification.model_copy(update={"sendings": sendings, "due_at": None})


def action_path(pattern: str | None, ids: Mapping[str, str]) -> str | None:
    """Where a tap leads; None when the event does not tell every id of the way."""
    try:
        return pattern.format_map(ids) if pattern is not None else None
    except KeyError:
        return None


def _words(telling: Telling, template: NotificationTemplate | None, cause: Cause, locale: Locale) -> Words:
    if template is not None:
        return render_template(template, cause.values, locale, cause.currencies)
    return render(telling.plain, telling.plain, cause.values, locale, cause.currencies)


def _outer(telling: Telling, person: Person, cause: Cause, templates: Templates, now: datetime) -> tuple[Sending, ...]:
    return tuple(
        _sending(template, person, cause, earliest(person.preference, telling.type, now))
        for channel in OUTER
        if (template := templates.get((telling.key, channel))) is not None
        and wants(person.preference, telling.type, channel)
        and (channel is not Channel.EMAIL or person.account.email)
    )


def _sending(template: NotificationTemplate, person: Person, cause: Cause, due_at: datetime) -> Sending:
    words = render_template(template, cause.values, person.locale, cause.currencies)
    return Sending(
        channel=template.channel,
        due_at=due_at,
        template_version=template.version,
        title=words.title,
        message=words.text,
    )
