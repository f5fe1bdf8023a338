"""Retention of slices over single histories, then over thousands of generated ones: what must not happen, does not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.ops.backup.retention import CLOCK_TOLERANCE, Action
from daraa.ops.backup.retention_rule import Policy, keep_rules
from daraa.ops.backup.slice_retention import Announced, OneSlice, SliceDecision, decide_slices
from daraa.stores.mongo.oplog_reading import OplogTime

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Policy(keep_rules(daily=7), 2, 26 * HOUR, grace=3 * DAY, share=1.0, window=7 * DAY)


def moment(age: timedelta) -> OplogTime:
    return OplogTime(int((NOW - age).timestamp()), 1)


def every_hour(hours: int, first: int = 0) -> list[OneSlice]:
    """Slice by slice up to now, the oldest `hours` old."""
    return [
        OneSlice(first + n, moment((hours - n) * HOUR), NOW - (hours - n) * HOUR + timedelta(seconds=1))
        for n in range(hours)
    ]


def of(action: Action, decisions: Iterable[SliceDecision]) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in decisions if each.action is action]


def test_slices_older_than_the_window_are_announced_when_a_copy_covers_all_after_them() -> None:
    slices = every_hour(240)
    decided = decide_slices(slices, (), moment(7 * DAY), POLICY, NOW)
    assert of(Action.TOMBSTONE, decided) == [(0, 71)]
    assert of(Action.KEEP, decided) == [(72, 239)]
    assert all(each.reason.endswith(".") for each in decided)


def test_slices_after_the_base_of_a_window_stay_however_old() -> None:
    decided = decide_slices(every_hour(240), (), moment(9 * DAY), POLICY, NOW)
    assert of(Action.TOMBSTONE, decided) == [(0, 24)]


def test_without_any_window_old_slices_go_but_never_the_newest() -> None:
    slices = [replace(each, seen_until=each.seen_until - 30 * DAY) for each in every_hour(24)]
    assert of(Action.TOMBSTONE, decide_slices(slices, (), None, POLICY, NOW)) == [(0, 22)]
    assert of(Action.TOMBSTONE, decide_slices(slices[-1:], (), None, POLICY, NOW)) == []
    assert decide_slices((), (), None, POLICY, NOW) == ()


def test_the_grace_is_waited_for_and_then_they_are_deleted() -> None:
    slices = every_hour(240)
    for age, action in ((2 * DAY, Action.WAIT), (3 * DAY, Action.DELETE)):
        decided = decide_slices(slices, [Announced(50, NOW - age)], moment(7 * DAY), POLICY, NOW)
        assert of(action, decided) == [(0, 50)]
        assert of(Action.TOMBSTONE, decided) == [(51, 71)]


def test_an_announcement_is_taken_back_when_a_window_needs_the_slices_again_or_they_are_others() -> None:
    slices = every_hour(240)
    needed = decide_slices(slices, [Announced(50, NOW - 9 * DAY)], moment(10 * DAY), POLICY, NOW)
    assert of(Action.REVIVE, needed) == [(0, 50)]
    others = decide_slices(slices, [Announced(50, NOW - 9 * DAY, fits=False)], moment(7 * DAY), POLICY, NOW)
    assert (of(Action.REVIVE, others), of(Action.DELETE, others)) == ([(0, 50)], [])


def test_a_deletion_that_was_cut_short_is_finished() -> None:
    left = every_hour(100, first=51)
    decided = decide_slices(left, [Announced(50, NOW - 4 * DAY)], moment(10 * DAY), POLICY, NOW)
    assert of(Action.DELETE, decided) == [(50, 50)]


def test_nothing_is_changed_when_the_plan_for_copies_is_halted_or_the_clock_is_odd() -> None:
    slices, buried = every_hour(240), [Announced(50, NOW - 9 * DAY)]
    for halted, now in (("The listing is cut.", NOW), ("", NOW - 2 * HOUR)):
        decided = decide_slices(slices, buried, moment(7 * DAY), POLICY, now, halted)
        assert {each.action for each in decided} == {Action.WAIT, Action.KEEP}


def test_one_run_announces_a_share_only() -> None:
    decided = decide_slices(every_hour(240), (), moment(7 * DAY), replace(POLICY, share=0.1), NOW)
    assert of(Action.TOMBSTONE, decided) == [(0, 23)]
    assert of(Action.KEEP, decided) == [(24, 71), (72, 239)]


ages = st.integers(0, 20 * 24).map(lambda hours: hours * HOUR)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[OneSlice], list[Announced], OplogTime | None]:
    """Slices with holes, unbelievable ones and odd times; announcements of any age; any base, or none."""
    count, hole = draw(st.integers(0, 24)), draw(st.sets(st.integers(0, 23), max_size=4))
    step = draw(st.integers(1, 24)) * HOUR
    slices = []
    for n in range(count):
        if n in hole:
            continue
        age = (count - n) * step
        until = None if draw(st.integers(0, 30)) == 0 else moment(age)
        jump = draw(st.sampled_from([timedelta(), timedelta(), timedelta(), 3 * DAY, -DAY]))
        slices.append(OneSlice(n, until, min(NOW - age + jump, NOW)))
    buried = [
        Announced(draw(st.integers(0, 28)), NOW - draw(ages), draw(st.booleans()))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return slices, buried, draw(st.one_of(st.none(), ages.map(moment)))


@settings(max_examples=200, deadline=None)
@given(histories(), st.floats(0.05, 1))
def test_no_history_loses_a_slice_that_a_window_needs(
    history: tuple[list[OneSlice], list[Announced], OplogTime | None], share: float
) -> None:
    slices, buried, base = history
    decided = decide_slices(slices, buried, base, replace(POLICY, share=share), NOW)
    leaving = [group for action in (Action.DELETE, Action.WAIT, Action.TOMBSTONE) for group in of(action, decided)]
    gone = {each.number for each in slices if any(first <= each.number <= last for first, last in leaving)}
    for each in slices:
        if each.number in gone:
            assert each.seen_until <= NOW - POLICY.window
            assert base is None or each.until is None or each.until <= base
    if slices:
        assert max(each.number for each in slices) not in gone, "the next slice would have nothing to follow"
        # What goes is a beginning: a window only ever shrinks from its start.
        kept = [each.number for each in slices if each.number not in gone]
        assert not gone or max(gone) < min(kept)
    for first, last in of(Action.DELETE, decided):
        fitting = [each for each in buried if each.through == last and each.fits]
        assert any(NOW - each.at >= POLICY.grace for each in fitting), (first, last)
    newly = [n for first, last in of(Action.TOMBSTONE, decided) for n in gone if first <= n <= last]
    assert len(newly) <= max(1, int(share * len(slices)))


@settings(max_examples=500, deadline=None)
@given(histories(), st.sampled_from(["incomplete", "back"]))
def test_no_history_is_changed_by_half_a_listing_or_a_clock_that_went_back(
    history: tuple[list[OneSlice], list[Announced], OplogTime | None], odd: str
) -> None:
    slices, buried, base = history
    now, halted = NOW, "The repository could not be listed to its end."
    if odd == "back":
        times = [*(each.seen_until for each in slices), *(each.at for each in buried)]
        now, halted = max(times, default=NOW) - CLOCK_TOLERANCE - timedelta(seconds=1), ""
    decided = decide_slices(slices, buried, base, POLICY, now, halted)
    if slices or odd != "back":
        assert {each.action for each in decided} <= {Action.KEEP, Action.WAIT}


@settings(max_examples=20, deadline=None)
@given(st.integers(30, 200), st.floats(0.1, 1))
def test_weeks_of_daily_pruning_keep_seven_days_and_let_the_rest_go(hours: int, share: float) -> None:
    slices, buried, now = list[OneSlice](), list[Announced](), NOW
    policy = replace(POLICY, share=share)
    for day in range(25):
        now = NOW + day * DAY
        for hour in range(24):
            at = now - DAY + (hour + 1) * HOUR
            slices.append(OneSlice(day * 24 + hour, OplogTime(int(at.timestamp()), hours), at))
        base = OplogTime(int((now - 8 * DAY).timestamp()), 1)
        for step in decide_slices(slices, buried, base, policy, now):
            if step.action is Action.TOMBSTONE:
                buried.append(Announced(step.last, now))
            elif step.action is Action.DELETE:
                slices = [each for each in slices if each.number > step.last]
                buried = [each for each in buried if each.through > step.last]
            else:
                assert step.action in (Action.KEEP, Action.WAIT)
    assert 8 * 24 <= len(slices) <= 13 * 24
    assert [each.number for each in slices] == list(range(slices[0].number, 25 * 24))
