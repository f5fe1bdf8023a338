"""Retention over thousands of generated histories: what must never happen, does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.ops.backup.retention import (
    CLOCK_TOLERANCE,
    Action,
    Copy,
    Decision,
    History,
    Quality,
    Verdict,
    decide,
)
from daraa.ops.backup.retention_rule import Policy
from factories.histories import (
    CHANGING,
    DAY,
    HOUR,
    NOW,
    REMOVING,
    actions,
    apply,
    copy,
    histories,
    policies,
    removed,
    verified,
)

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
    *_, last = _runs(history, policy)
    assert not {each.action for each in last[1].decisions} & CHANGING


@thousands
@given(histories(), policies(), st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly", "min_verified"]))
def test_whoever_asks_for_more_never_loses_a_copy_by_it(history: History, policy: Policy, what: str) -> None:
    if what == "min_verified":
        more = replace(policy, min_verified=policy.min_verified + 1)
    else:
        name = {"daily": "day"}.get(what, what.removesuffix("ly"))
        raised = tuple(replace(k, count=k.count + 1) if k.name == name else k for k in policy.keep)
        more = replace(policy, keep=raised)
        assert more != policy
    assert _taken_away(history, more) <= _taken_away(history, policy)


@thousands
@given(histories(), policies(), st.integers(1, 12))
def test_a_run_that_was_cut_short_is_finished_by_the_next_with_the_same_end(
    history: History, policy: Policy, done: int
) -> None:
    verdict = decide(history, policy, NOW)
    changing = [each.backup_id for each in verdict.decisions if each.action in CHANGING]
    cut = tuple(
        each if each.backup_id in changing[:done] else Decision(each.backup_id, Action.KEEP, each.reason)
        for each in verdict.decisions
    )
    after_cut = apply(history, replace(verdict, decisions=cut), NOW)
    assert _end(after_cut, policy) == _end(history, policy)


def _runs(history: History, policy: Policy) -> Iterator[tuple[History, Verdict]]:
    """Run after run until one changes nothing; at most so many that each copy is taken back, announced and deleted."""
    for _ in range(3 * len(history.copies) + 1):
        verdict = decide(history, policy, NOW)
        yield history, verdict
        if not {each.action for each in verdict.decisions} & CHANGING:
            return
        history = apply(history, verdict, NOW)


def _end(history: History, policy: Policy) -> set[tuple[str, bool]]:
    *_, (last, _) = _runs(history, policy)
    return {(each.backup_id, each.tombstoned_at is None) for each in last.copies}


def _taken_away(history: History, policy: Policy) -> set[str]:
    return {each for _, verdict in _runs(history, policy) for each in removed(verdict)}


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
