"""Retention over single histories."""

from dataclasses import replace
from datetime import timedelta

import pytest

from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.retention import (
    Action,
    Halt,
    History,
    Quality,
    Window,
    decide,
)
from daraa.ops.backup.retention_rule import keep_rules, policy_of
from factories.histories import DAY, HOUR, NOW, WEEK_OF_DAYS, actions, copy, daily, removed


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
