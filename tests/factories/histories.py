"""Copies of a repository in any state, made and generated, and what became of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from daraa.ops.backup.retention import (
    Action,
    Copy,
    History,
    Quality,
    Verdict,
    Window,
)
from daraa.ops.backup.retention_rule import Policy, keep_rules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
REMOVING = {Action.TOMBSTONE, Action.DELETE}
CHANGING = {*REMOVING, Action.REVIVE}
WEEK_OF_DAYS = Policy(keep_rules(daily=7), min_verified=2, max_age=26 * HOUR, grace=3 * DAY, share=1.0)


def copy(age: timedelta, quality: Quality = Quality.VERIFIED, *, buried: timedelta | None = None) -> Copy:
    at = NOW - age
    tombstoned = None if buried is None else NOW - buried
    return Copy(f"bkp_{at:%Y%m%dT%H%M%S}", at, quality, seen_until=at, tombstoned_at=tombstoned)


def daily(days: int, *, first: int = 0) -> tuple[Copy, ...]:
    return tuple(copy(number * DAY + 2 * HOUR) for number in range(first, first + days))


def actions(verdict: Verdict) -> dict[str, Action]:
    return {decision.backup_id: decision.action for decision in verdict.decisions}


def removed(verdict: Verdict) -> set[str]:
    return {each for each, action in actions(verdict).items() if action in REMOVING}


def apply(history: History, verdict: Verdict, now: datetime) -> History:
    """What the repository holds after the executor did all of it."""
    fate = actions(verdict)
    left = []
    for each in history.copies:
        action = fate[each.backup_id]
        if action is Action.TOMBSTONE:
            each = replace(each, tombstoned_at=now, tombstone_fits=True, seen_until=max(each.seen_until, now))
        elif action is Action.REVIVE:
            each = replace(each, tombstoned_at=None, tombstone_fits=True)
        if action is not Action.DELETE:
            left.append(each)
    return replace(history, copies=tuple(left))


MINUTES = st.integers(0, 60 * 24 * 500)
QUALITIES = st.sampled_from([Quality.VERIFIED, Quality.VERIFIED, *Quality])
BURIED = st.none() | st.integers(0, 60 * 24 * 8)
ROWS = st.lists(st.tuples(MINUTES, QUALITIES, BURIED, st.integers(0, 3)), max_size=40, unique_by=lambda row: row[0])


def _copy_of(row: tuple[int, Quality, int | None, int]) -> Copy:
    minutes, quality, buried, fits = row
    since = None if buried is None else timedelta(minutes=min(buried, minutes))
    return replace(copy(timedelta(minutes=minutes), quality, buried=since), tombstone_fits=fits > 0)


@st.composite
def copies(draw: st.DrawFn) -> tuple[Copy, ...]:
    """Up to 40 copies over 500 days in any state; mostly with a verified one of the last day, so that much happens."""
    made = [_copy_of(row) for row in draw(ROWS)]
    age = draw(st.integers(-200, 60 * 24))
    if age >= 0:
        newest = copy(timedelta(minutes=age))
        made = [newest, *(each for each in made if each.backup_id != newest.backup_id)]
    return tuple(made)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    count = st.integers(0, 12)
    return Policy(
        keep_rules(hourly=draw(count), daily=draw(count), weekly=draw(count), monthly=draw(count), yearly=draw(count)),
        min_verified=draw(st.integers(1, 4)),
        max_age=draw(st.sampled_from([26 * HOUR, 8 * DAY])),
        grace=draw(st.integers(1, 14)) * DAY,
        share=draw(st.sampled_from([0.01, 0.1, 0.25, 1.0])),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    made = draw(copies())
    bases = draw(st.lists(st.sampled_from(made), max_size=2)) if made else []
    return History(made, windows=tuple(Window(each.backup_id, NOW) for each in bases))


def verified(some: Iterable[Copy], *, but: set[str] = frozenset()) -> list[Copy]:
    return [
        each
        for each in some
        if each.quality is Quality.VERIFIED and each.backup_id not in but and each.tombstoned_at is None
    ]
