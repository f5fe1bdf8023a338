"""Which channels reach a person and when: preferences, quiet hours and the pauses between tries, all of it pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from daraa.collections.notification_preferences import NotificationPreference, QuietHours
from daraa.collections.notifications import Channel, NotificationType, Sending, SendState

OUTER = (Channel.PUSH, Channel.SMS, Channel.EMAIL)
"""The channels that need a provider. The inbox needs none: what is written there has arrived."""
FORCED = frozenset({NotificationType.SECURITY})
"""What is sent whatever a person chose, at any hour."""
_UNWANTED = frozenset((NotificationType.PROMOTION, channel) for channel in OUTER)
"""What a person has to ask for. Everything else is on until it is turned off."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=6)


def matrix(preference: NotificationPreference | None) -> Mapping[tuple[NotificationType, Channel], bool]:
    """Every type and channel with what the person wants; nobody who said nothing is missing from it."""
    chosen = {(each.type, each.channel): each.wanted for each in preference.choices} if preference else {}
    return {
        (type_, channel): _forced(type_, channel) or chosen.get((type_, channel), (type_, channel) not in _UNWANTED)
        for type_ in NotificationType
        for channel in Channel
    }


def wants(preference: NotificationPreference | None, type_: NotificationType, channel: Channel) -> bool:
    """Whether a message of this type may go over this channel. The inbox always may."""
    return matrix(preference)[type_, channel]


def _forced(type_: NotificationType, channel: Channel) -> bool:
    return channel is Channel.IN_APP or type_ in FORCED


def earliest(preference: NotificationPreference | None, type_: NotificationType, moment: datetime) -> datetime:
    """`moment`, or the end of the quiet hours that it lies in; security waits for nothing."""
    if preference is None or preference.quiet_hours is None or type_ in FORCED:
        return moment
    return end_of_quiet(preference.quiet_hours, moment)


def end_of_quiet(quiet: QuietHours, moment: datetime) -> datetime:
    """When the quiet hours around `moment` end, in UTC; `moment` itself outside of them.

    They may span midnight. The end is a time on the wall: where a clock change skips it, the hour after counts.
    """
    local = moment.astimezone(ZoneInfo(quiet.timezone))
    minute = local.hour * 60 + local.minute
    start, end = quiet.from_minutes % 1440, quiet.to_minutes % 1440
    inside = start <= minute < end if start < end else (minute >= start or minute < end) if start > end else False
    if not inside:
        return moment
    day = local.date() + timedelta(days=1 if minute >= end else 0)
    over = datetime(day.year, day.month, day.day, end // 60, end % 60, tzinfo=local.tzinfo)
    return over.astimezone(moment.tzinfo)


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries in vain: 30 s, 2 min, 8 min, … at most 6 hours."""
    times: int = 4 ** min(max(tries - 1, 0), 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * times)


def next_due(sendings: tuple[Sending, ...]) -> datetime | None:
    """When the first of the waiting channels may be tried; None when none waits."""
    waiting = [each.due_at for each in sendings if each.state is SendState.PENDING and each.due_at is not None]
    return min(waiting, default=None)
