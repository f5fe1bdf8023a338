"""Which channels reach whom and when: quiet hours on any clock, defaults, and pauses that stay bounded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.collections.notification_preferences import Choice, NotificationPreference, QuietHours
from daraa.collections.notifications import Channel, NotificationType, Sending, SendState
from daraa.declare.document import stamp
from daraa.market.notifications.channels import (
    LONGEST_PAUSE,
    earliest,
    end_of_quiet,
    matrix,
    next_due,
    pause_after,
    wants,
)

T, C = NotificationType, Channel
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = QuietHours(from_minutes=22 * 60, to_minutes=7 * 60)
"""22:00 to 07:00 in Damascus, which is three hours ahead of UTC all year."""


def chosen(*choices: Choice, quiet: QuietHours | None = None) -> NotificationPreference:
    return NotificationPreference(
        id="acc_01930000-0000-7000-8000-000000000001", choices=choices, quiet_hours=quiet, **stamp(NOON)
    )


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-23T18:59:59", None),
        ("2026-11-23T19:00:00", "2026-11-24T04:00:00"),
        ("2026-11-23T20:59:59", "2026-11-24T04:00:00"),
        ("2026-11-23T21:00:00", "2026-11-24T04:00:00"),
        ("2026-11-24T03:59:59", "2026-11-24T04:00:00"),
        ("2026-11-24T04:00:00", None),
        ("2026-12-31T21:30:00", "2027-01-01T04:00:00"),
    ],
)
def test_a_night_spans_midnight_in_the_persons_own_zone(moment: str, end: str | None) -> None:
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(end).replace(tzinfo=UTC) if end else start
    assert end_of_quiet(NIGHT, start) == expected


@pytest.mark.parametrize(
    ("zone", "hour_utc", "quiet"),
    [
        ("Asia/Tokyo", 13, True),
        ("Asia/Tokyo", 23, False),
        ("America/New_York", 3, True),
        ("America/New_York", 20, False),
    ],
)
def test_the_same_hours_mean_another_time_elsewhere(zone: str, hour_utc: int, quiet: bool) -> None:
    moment = NOON.replace(hour=hour_utc)
    hours = QuietHours(from_minutes=22 * 60, to_minutes=7 * 60, timezone=zone)
    assert (end_of_quiet(hours, moment) > moment) is quiet


def test_quiet_hours_within_one_day_end_the_same_day() -> None:
    nap = QuietHours(from_minutes=13 * 60, to_minutes=15 * 60 + 30)
    assert end_of_quiet(nap, NOON.replace(hour=11)) == NOON.replace(hour=12, minute=30)


def test_an_end_that_the_clock_skips_is_an_hour_later() -> None:
    # Berlin jumps from 02:00 to 03:00 on 2026-03-29.
    hours = QuietHours(from_minutes=0, to_minutes=150, timezone="Europe/Berlin")
    assert end_of_quiet(hours, datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(("Asia/Damascus", "UTC", "Asia/Kathmandu", "Pacific/Kiritimati")),
)
def test_the_end_is_never_quiet_itself_and_less_than_a_day_away(
    start: int, end: int, moment: datetime, zone: str
) -> None:
    hours = QuietHours(from_minutes=start, to_minutes=end, timezone=zone)
    at = moment.replace(tzinfo=UTC)
    over = end_of_quiet(hours, at)
    assert timedelta(0) <= over - at <= timedelta(days=1)
    assert end_of_quiet(hours, over) == over


def test_security_waits_for_no_morning() -> None:
    night = NOON.replace(hour=20)
    asleep = chosen(quiet=NIGHT)
    assert earliest(asleep, T.SECURITY, night) == night
    assert earliest(asleep, T.ORDER, night) > night
    assert earliest(None, T.ORDER, night) == night


def test_who_never_chose_gets_everything_but_advertising() -> None:
    defaults = matrix(None)
    assert len(defaults) == len(T) * len(C)
    unwanted = {key for key, wanted in defaults.items() if not wanted}
    assert unwanted == {(T.PROMOTION, C.PUSH), (T.PROMOTION, C.SMS), (T.PROMOTION, C.EMAIL)}


def test_a_choice_counts_but_not_against_security_and_the_inbox() -> None:
    silent = chosen(*(Choice(type=type_, channel=channel, wanted=False) for type_ in T for channel in C))
    left = {key for key, wanted in matrix(silent).items() if wanted}
    assert left == {(type_, C.IN_APP) for type_ in T} | {(T.SECURITY, channel) for channel in C}
    eager = chosen(Choice(type=T.PROMOTION, channel=C.SMS, wanted=True))
    assert wants(eager, T.PROMOTION, C.SMS)
    assert not wants(eager, T.PROMOTION, C.EMAIL)


def test_pauses_grow_and_end_growing() -> None:
    pauses = [pause_after(tries) for tries in range(1, 30)]
    assert pauses[:3] == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


def test_only_a_channel_that_waits_makes_a_notification_due() -> None:
    soon, late = NOON, NOON + timedelta(hours=1)
    waiting = Sending(channel=C.SMS, due_at=late)
    done = Sending(channel=C.PUSH, state=SendState.SENT, due_at=soon)
    assert next_due((done, waiting)) == late
    assert next_due((waiting, Sending(channel=C.EMAIL, due_at=soon))) == soon
    assert next_due((done,)) is None
