"""Which unfinished uploads go: the old ones, by both clocks, and none while anything is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daraa.ops.backup.catalog import Listing
from daraa.ops.backup.leftovers import plan_leftovers
from daraa.ops.backup.plan import plan_prune
from daraa.stores.objects import Unfinished, UnfinishedSeen
from factories.made_backups import THREE_DAYS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = 3 * DAY


def seen(*ages: timedelta, at: datetime = NOW) -> UnfinishedSeen:
    return UnfinishedSeen(tuple(Unfinished(f"backups/{n}", f"u{n}", NOW - age) for n, age in enumerate(ages)), at)


def test_only_what_is_older_than_the_grace_goes_and_each_has_its_reason() -> None:
    plan = plan_leftovers(seen(4 * DAY, GRACE, DAY, -DAY), GRACE, NOW)
    assert [each.goes for each in plan.each] == [True, False, False, False]
    assert [each.upload.upload for each in plan.going] == ["u0"]
    assert plan.each[0].reason == "It was begun 4.0 days ago and never completed; the grace is 3.0 days."
    assert "may still be writing" in plan.each[2].reason


@pytest.mark.parametrize(("ours", "theirs"), [(NOW + 30 * DAY, NOW), (NOW, NOW + 30 * DAY)])
def test_one_clock_that_jumped_takes_nothing(ours: datetime, theirs: datetime) -> None:
    assert plan_leftovers(seen(DAY, at=theirs), GRACE, ours).going == ()


def test_nothing_is_aborted_in_a_repository_that_was_not_listed_to_its_end() -> None:
    leftovers = plan_leftovers(seen(9 * DAY), GRACE, NOW)
    whole = plan_prune("local", Listing(True), THREE_DAYS, NOW)
    half = plan_prune("local", Listing(False, why="The server went away."), THREE_DAYS, NOW)
    assert len(replace(whole, leftovers=leftovers).aborts) == 1
    assert replace(whole, leftovers=leftovers).pending == 1
    assert replace(half, leftovers=leftovers).aborts == ()


def test_the_plan_for_programs_names_every_upload_with_its_reason_and_what_is_unknown() -> None:
    leftovers = plan_leftovers(replace(seen(4 * DAY, DAY), unknown="Some are hidden."), GRACE, NOW)
    words = replace(plan_prune("local", Listing(True), THREE_DAYS, NOW), leftovers=leftovers).as_dict()
    assert [(each["object"], each["action"]) for each in words["unfinished"]] == [
        ("backups/0", "abort"),
        ("backups/1", "keep"),
    ]
    assert words["unfinished_unknown"] == "Some are hidden."
    assert words["pending"] == 1
