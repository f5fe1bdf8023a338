"""Retention over single histories, then over thousands of generated ones: what must never happen, does not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.retention import (
    CLOCK_TOLERANCE,
    Action,
    Copy,
    Decision,
    Halt,
    History,
    Quality,
    Verdict,
    Window,
    decide,
)
from daraa.ops.backup.retention_rule import Policy, keep_rules, policy_of

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


# Single histories


def test_seven_days_of_daily_copies_stay_and_the_eighth_is_announced_not_deleted() -> None:
    verdict = decide(History(daily(8)), WEEK_OF_DAYS, NOW)
    assert [each.action for each in verdict.decisions] == [Action.KEEP] * 7 + [Action.TOMBSTONE]


def test_a_copy_is_deleted_only_after_its_grace() -> None:
    for buried, expected in ((3 * DAY - HOUR, Action.WAIT), (3 * DAY, Action.DELETE)):
        old = copy(20 * DAY, buried=buried)
        assert actions(decide(History((*daily(7), old)), WEEK_OF_DAYS, NOW))[old.backup_id] is expected


def test_of_two_copies_of_a_day_the_verified_one_stays_though_it_is_older() -> None:
    older, newer = copy(3 * DAY + 5 * HOUR), copy(3 * DAY + 3 * HOUR, Quality.COMPLETE)
    verdict = decide(History((*daily(2), older, newer)), WEEK_OF_DAYS, NOW)
    assert actions(verdict)[older.backup_id] is Action.KEEP
    assert actions(verdict)[newer.backup_id] is Action.TOMBSTONE


def test_a_copy_that_waits_for_its_verification_is_not_touched() -> None:
    waiting = [copy(hours * HOUR, Quality.COMPLETE) for hours in (1, 2, 3)]
    policy = replace(WEEK_OF_DAYS, keep=keep_rules(daily=1))
    verdict = decide(History((*waiting, *daily(3, first=1))), policy, NOW)
    assert not {each.backup_id for each in waiting} & removed(verdict)


def test_all_five_periods_are_kept_and_the_reason_names_the_period() -> None:
    copies = tuple(copy(hours * HOUR) for hours in range(0, 24 * 900, 12))
    policy = replace(WEEK_OF_DAYS, min_verified=1, keep=keep_rules(hourly=2, daily=3, weekly=3, monthly=3, yearly=3))
    kept = [each for each in decide(History(copies), policy, NOW).decisions if each.action is Action.KEEP]
    assert [(each.backup_id[4:12], each.reason.split("of ")[-1]) for each in kept] == [
        ("20261123", "the 1 newest verified copies."),
        ("20261123", "hour 2026-11-23 00h."),
        ("20261122", "day 2026-11-22."),
        ("20261121", "day 2026-11-21."),
        ("20261115", "week 2026-W46."),
        ("20261031", "month 2026-10."),
        ("20260930", "month 2026-09."),
        ("20251231", "year 2025."),
        ("20241231", "year 2024."),
    ]


def test_the_base_of_a_window_stays_with_the_moment_it_serves() -> None:
    base = copy(20 * DAY)
    history = History((*daily(7), base), windows=(Window(base.backup_id, NOW - HOUR),))
    decision = decide(history, WEEK_OF_DAYS, NOW).decisions[-1]
    assert decision.action is Action.KEEP
    assert "2026-11-23 11:00 UTC" in decision.reason


def test_a_copy_that_is_wanted_again_loses_its_tombstone() -> None:
    wanted = copy(2 * HOUR, buried=DAY)
    verdict = decide(History((wanted, *daily(6, first=1))), WEEK_OF_DAYS, NOW)
    assert actions(verdict)[wanted.backup_id] is Action.REVIVE


def test_a_tombstone_for_another_state_of_the_copy_counts_for_nothing() -> None:
    old = replace(copy(20 * DAY, buried=10 * DAY), tombstone_fits=False)
    assert actions(decide(History((*daily(7), old)), WEEK_OF_DAYS, NOW))[old.backup_id] is Action.REVIVE


def test_a_partial_copy_goes_only_when_nobody_wrote_to_it_for_the_grace() -> None:
    fresh, left = copy(2 * DAY, Quality.PARTIAL), copy(4 * DAY, Quality.PARTIAL)
    verdict = decide(History((*daily(7), fresh, left)), WEEK_OF_DAYS, NOW)
    assert actions(verdict)[fresh.backup_id] is Action.KEEP
    assert actions(verdict)[left.backup_id] is Action.TOMBSTONE


def test_one_run_announces_and_deletes_at_most_the_stated_share_the_oldest_first() -> None:
    buried = tuple(copy(number * DAY, buried=4 * DAY) for number in range(40, 50))
    history = History((*daily(30), *buried))
    verdict = decide(history, replace(WEEK_OF_DAYS, share=0.1), NOW)
    gone = [each.backup_id for each in verdict.decisions if each.action is Action.DELETE]
    assert gone == [each.backup_id for each in buried[-4:]]
    assert sum(each.action is Action.TOMBSTONE for each in verdict.decisions) == 4


@pytest.mark.parametrize(
    ("history", "halted"),
    [
        (History(daily(20), complete=False), Halt.INCOMPLETE),
        (History(daily(20), problems=("what.txt is no part of a backup.",)), Halt.ODD),
        (History((*daily(20), copy(-HOUR))), Halt.CLOCK),
        (History((copy(HOUR), *(copy(n * DAY, Quality.COMPLETE) for n in range(1, 20)))), Halt.UNPROVEN),
        (History(daily(20, first=2)), Halt.STALE),
        (History(()), Halt.UNPROVEN),
    ],
)
def test_nothing_is_changed_and_the_reason_is_said_when(history: History, halted: Halt) -> None:
    verdict = decide(history, WEEK_OF_DAYS, NOW)
    assert verdict.halted is halted
    assert verdict.because
    assert {each.action for each in verdict.decisions} <= {Action.KEEP}


def test_the_plans_figures_are_the_default() -> None:
    local, remote = policy_of(BackupSettings(), "local"), policy_of(BackupSettings(), "remote")
    assert (local.sentence, remote.sentence) == ("7 days", "30 days")


def test_a_policy_that_would_keep_no_verified_copy_or_give_no_grace_cannot_be_made() -> None:
    for wrong in ({"min_verified": 0}, {"grace": timedelta()}, {"share": 0.0}, {"share": 1.5}):
        with pytest.raises(ValueError, match="at least one verified copy"):
            replace(WEEK_OF_DAYS, **wrong)


# Generated histories

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


COUNTS = st.tuples(*[st.integers(0, 12)] * 5)


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


thousands = settings(max_examples=400, deadline=None)  # by each of a dozen properties


@thousands
@given(histories(), policies())
def test_every_copy_has_one_decision_with_a_sentence_and_the_order_of_the_listing_does_not_matter(
    history: History, policy: Policy
) -> None:
    verdict = decide(history, policy, NOW)
    assert sorted(each.backup_id for each in verdict.decisions) == sorted(each.backup_id for each in history.copies)
    assert all(each.reason.strip().endswith(".") for each in verdict.decisions)
    assert decide(replace(history, copies=history.copies[::-1]), policy, NOW) == verdict


@thousands
@given(histories(), policies())
def test_what_is_taken_away_leaves_the_newest_verified_copies_and_never_too_few(
    history: History, policy: Policy
) -> None:
    verdict = decide(history, policy, NOW)
    gone = removed(verdict)
    all_verified = sorted((c for c in history.copies if c.quality is Quality.VERIFIED), key=lambda c: c.at)[::-1]
    assert not gone & {each.backup_id for each in all_verified[: policy.min_verified]}
    if gone:
        after = apply(history, verdict, NOW)
        assert len(verified(after.copies)) >= policy.min_verified
        whole = [each for each in history.copies if each.backup_id in gone and each.whole]
        assert all(each.at <= all_verified[0].at for each in whole)


@thousands
@given(histories(), policies())
def test_only_what_was_announced_and_whose_grace_is_over_is_deleted(history: History, policy: Policy) -> None:
    by_id = {each.backup_id: each for each in history.copies}
    for decision in decide(history, policy, NOW).decisions:
        if decision.action is Action.DELETE:
            found = by_id[decision.backup_id]
            assert found.tombstoned_at is not None
            assert found.tombstone_fits
            assert NOW - found.tombstoned_at >= policy.grace


@thousands
@given(histories(), policies())
def test_no_base_of_a_window_is_taken_away(history: History, policy: Policy) -> None:
    assert not removed(decide(history, policy, NOW)) & {
        window.base for window in history.windows if _is_whole(history, window.base)
    }


def _is_whole(history: History, backup_id: str) -> bool:
    return any(each.whole for each in history.copies if each.backup_id == backup_id)


@thousands
@given(histories(), policies(), st.data())
def test_nothing_changes_while_the_listing_is_incomplete_or_holds_anything_odd(
    history: History, policy: Policy, data: st.DataObject
) -> None:
    some = data.draw(st.lists(st.sampled_from(history.copies), unique=True)) if history.copies else []
    for odd in (replace(history, copies=tuple(some), complete=False), replace(history, problems=("a stray file.",))):
        assert not {each.action for each in decide(odd, policy, NOW).decisions} & CHANGING


@thousands
@given(histories(), policies(), st.integers(1, 60 * 24 * 400))
def test_a_future_dated_copy_or_a_clock_that_jumped_back_changes_nothing(
    history: History, policy: Policy, minutes: int
) -> None:
    ahead = copy(-CLOCK_TOLERANCE - timedelta(minutes=minutes))
    verdict = decide(replace(history, copies=(*history.copies, ahead)), policy, NOW)
    assert not {each.action for each in verdict.decisions} & CHANGING
    if history.copies:
        newest = max(each.seen_until for each in history.copies)
        before = newest - CLOCK_TOLERANCE - timedelta(minutes=minutes)
        assert not {each.action for each in decide(history, policy, before).decisions} & CHANGING


@thousands
@given(histories(), policies(), st.integers(1, 60 * 24 * 4000))
def test_a_clock_that_jumps_ahead_of_all_copies_changes_nothing(history: History, policy: Policy, minutes: int) -> None:
    later = NOW + policy.max_age + timedelta(minutes=minutes)
    assert not {each.action for each in decide(history, policy, later).decisions} & CHANGING


@thousands
@given(histories(), policies())
def test_too_few_verified_copies_change_nothing(history: History, policy: Policy) -> None:
    few = [each for each in history.copies if each.quality is Quality.VERIFIED][: policy.min_verified - 1]
    others = [each for each in history.copies if each.quality is not Quality.VERIFIED]
    verdict = decide(replace(history, copies=(*few, *others)), policy, NOW)
    assert not {each.action for each in verdict.decisions} & CHANGING


@thousands
@given(histories(), policies())
def test_one_run_never_takes_more_than_its_share(history: History, policy: Policy) -> None:
    decisions = decide(history, policy, NOW).decisions
    most = max(1, int(policy.share * sum(each.whole for each in history.copies)))
    for action in REMOVING:
        assert sum(each.action is action for each in decisions) <= most


@thousands
@given(histories(), policies())
def test_doing_it_leaves_nothing_to_do(history: History, policy: Policy) -> None:
    policy = replace(policy, share=1.0)
    for _ in range(2):  # a tombstone about another state is taken back first, and written anew by the next run
        history = apply(history, decide(history, policy, NOW), NOW)
    assert not {each.action for each in decide(history, policy, NOW).decisions} & CHANGING


@thousands
@given(histories(), policies(), st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly", "min_verified"]))
def test_whoever_asks_for_more_never_loses_a_copy_by_it(history: History, policy: Policy, what: str) -> None:
    policy = replace(policy, share=1.0)
    if what == "min_verified":
        more = replace(policy, min_verified=policy.min_verified + 1)
    else:
        name = {"daily": "day"}.get(what, what.removesuffix("ly"))
        raised = tuple(replace(k, count=k.count + 1) if k.name == name else k for k in policy.keep)
        more = replace(policy, keep=raised)
        assert more != policy
    assert removed(decide(history, more, NOW)) <= removed(decide(history, policy, NOW))


@thousands
@given(histories(), policies(), st.integers(1, 12))
def test_a_run_that_was_cut_short_is_finished_by_the_next_with_the_same_end(
    history: History, policy: Policy, done: int
) -> None:
    policy = replace(policy, share=1.0)
    verdict = decide(history, policy, NOW)
    changing = [each.backup_id for each in verdict.decisions if each.action in CHANGING]
    cut = tuple(
        each if each.backup_id in changing[:done] else Decision(each.backup_id, Action.KEEP, each.reason)
        for each in verdict.decisions
    )
    after_cut = apply(history, replace(verdict, decisions=cut), NOW)
    once = _settled(history, policy)
    assert _settled(after_cut, policy) == once


def _settled(history: History, policy: Policy) -> set[tuple[str, bool]]:
    for _ in range(3):
        history = apply(history, decide(history, policy, NOW), NOW)
    return {(each.backup_id, each.tombstoned_at is None) for each in history.copies}


@settings(max_examples=100, deadline=None)
@given(policies(), st.lists(st.sampled_from("tttttttuuxhf-"), min_size=20, max_size=80), st.integers(1, 4))
def test_through_months_of_good_and_bad_days_there_are_always_enough_verified_copies(
    policy: Policy, days: list[str], first: int
) -> None:
    """t: taken and verified, u: taken only, x: a verified copy turns out bad, h: half a listing, f: clock ahead."""
    base = NOW
    held = History(tuple(copy(n * DAY) for n in range(policy.min_verified + first)))
    for number, event in enumerate(days, start=1):
        now = base + number * DAY
        if event in "tuh":
            quality = Quality.VERIFIED if event == "t" else Quality.COMPLETE
            held = replace(held, copies=(*held.copies, copy(-(number * DAY) + HOUR, quality)))
        if event == "x" and verified(held.copies):
            bad = verified(held.copies)[0]
            turned = replace(bad, quality=Quality.FAILED)
            held = replace(held, copies=tuple(turned if each is bad else each for each in held.copies))
        seen = replace(held, copies=held.copies[::2], complete=False) if event == "h" else held
        before = len(verified(held.copies))
        verdict = decide(seen, policy, now + 100 * DAY if event == "f" else now)
        fate = actions(verdict)
        held = apply(held, Verdict(tuple(_known(each, fate) for each in held.copies)), now)
        assert len(verified(held.copies)) >= min(before, policy.min_verified)


def _known(each: Copy, fate: dict[str, Action]) -> Decision:
    return Decision(each.backup_id, fate.get(each.backup_id, Action.KEEP), "-")
