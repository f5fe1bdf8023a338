"""Due times are computed alike by every worker, and a wrong schedule is refused where it is written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.jobs.when import COUNTED_AT_MOST, Cron, Every, count_missed
from daraa.kernel.errors import DeclarationError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("* * * * * *", "five fields"),
        ("30 2 * *", "five fields"),
        ("", "five fields"),
        ("61 * * * *", "names no time"),
        ("* 25 * * *", "names no time"),
        ("0 0 31 2 *", "names no time"),
        ("a b c d e", "names no time"),
        ("*/0 * * * *", "names no time"),
    ],
)
def test_a_cron_line_that_means_nothing_is_refused(line: str, says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        Cron(line)


def test_an_unknown_time_zone_is_refused_by_name() -> None:
    with pytest.raises(DeclarationError, match="Asia/Darra"):
        Cron("0 1 * * 0", "Asia/Darra")


def test_a_weekly_line_is_due_on_the_next_sunday() -> None:
    assert Cron("0 1 * * 0").after(NOON) == datetime(2026, 11, 29, 1, tzinfo=UTC)


def test_a_local_time_is_given_in_utc() -> None:
    assert Cron("0 3 * * *", "Asia/Damascus").after(NOON) == datetime(2026, 11, 24, 0, tzinfo=UTC)


def test_a_local_time_that_the_clock_change_repeats_is_due_once() -> None:
    nightly = Cron("30 2 * * *", "Europe/Berlin")
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert len(list(nightly.due_between(start, start + timedelta(days=2)))) == 2


@pytest.mark.parametrize(
    "period", [timedelta(milliseconds=999), timedelta(0), timedelta(seconds=-1), timedelta(days=367)]
)
def test_a_period_out_of_range_is_refused(period: timedelta) -> None:
    with pytest.raises(DeclarationError, match="out of range"):
        Every(period)


@given(MOMENTS, st.integers(1, 100_000))
def test_the_next_due_time_is_later_and_no_more_than_one_period_away(moment: datetime, seconds: int) -> None:
    every = Every(timedelta(seconds=seconds))
    assert moment < every.after(moment) <= moment + every.period


@given(MOMENTS, st.integers(0, 900), st.integers(1, 600))
def test_two_workers_that_look_at_different_moments_mean_the_same_due_times(
    moment: datetime, later_s: int, seconds: int
) -> None:
    every = Every(timedelta(seconds=seconds))
    end = moment + timedelta(minutes=20)
    late = set(every.due_between(moment + timedelta(seconds=later_s), end))
    assert late <= set(every.due_between(moment, end))


@given(MOMENTS, st.integers(0, 1500))
def test_missed_are_the_due_times_after_the_one_that_runs(moment: datetime, minutes: int) -> None:
    cron = Cron("* * * * *")
    due = cron.after(moment)
    assert count_missed(cron, due, due + timedelta(minutes=minutes, seconds=30)) == minutes


def test_counting_what_was_missed_ends() -> None:
    assert count_missed(Every(timedelta(seconds=1)), NOON, NOON + timedelta(days=365)) == COUNTED_AT_MOST
