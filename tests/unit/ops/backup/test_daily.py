"""Which copy makes another one unnecessary, and which one wants to be verified."""

from datetime import UTC, datetime, timedelta

import pytest

from daraa.ops.backup.catalog import BackupState, Facts, State
from daraa.ops.backup.daily import begun_since, newest_unverified
from daraa.ops.backup.manifest import Tombstone

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def copy(hours: float, state: State = State.VERIFIED, *, buried: bool = False) -> BackupState:
    """Begun so many hours ago; taking it lasted an hour."""
    begun = NOW - hours * HOUR
    facts = Facts(begun, begun + HOUR, "daraa", "mongod 8.0", "oplog", "1", 40, 1000, 10**6, 10**5)
    tombstone = Tombstone.model_construct(at=NOW, reason="old") if buried else None
    known = None if state is State.PARTIAL else facts
    return BackupState(f"bkp_{hours}", state, 9, 10**5, begun, facts=known, tombstone=tombstone)


def test_a_good_copy_counts_from_its_beginning_since_later_writes_are_not_in_it() -> None:
    assert begun_since((copy(2),), NOW - 2 * HOUR, NOW) == copy(2)
    assert begun_since((copy(2.5),), NOW - 2 * HOUR, NOW) is None, "it ended since, and began before"


@pytest.mark.parametrize("state", [State.FAILED, State.DAMAGED, State.TAMPERED, State.PARTIAL, State.OTHER_KEY])
def test_a_copy_that_nobody_may_rely_on_is_no_reason_to_take_none(state: State) -> None:
    assert begun_since((copy(1, state),), NOW - 20 * HOUR, NOW) is None
    assert begun_since((copy(1, state), copy(3, State.COMPLETE)), NOW - 20 * HOUR, NOW) == copy(3, State.COMPLETE)


def test_a_copy_that_is_to_be_deleted_is_no_reason_to_take_none() -> None:
    assert begun_since((copy(1, buried=True),), NOW - 20 * HOUR, NOW) is None


def test_the_newest_copy_without_a_receipt_is_verified_whatever_failed_before() -> None:
    failed, newest = copy(1, State.FAILED), copy(2, State.COMPLETE)
    assert newest_unverified((failed, newest, copy(3, State.COMPLETE)), NOW) == newest


def test_nothing_is_verified_twice_and_nothing_older_than_what_is_proven() -> None:
    assert newest_unverified((), NOW) is None
    assert newest_unverified((copy(1), copy(2, State.COMPLETE)), NOW) is None
    assert newest_unverified((copy(1, State.FAILED), copy(2)), NOW) is None
    assert newest_unverified((copy(1, State.COMPLETE, buried=True), copy(2)), NOW) is None


@pytest.mark.parametrize("state", [State.VERIFIED, State.COMPLETE])
def test_a_copy_that_a_clock_ahead_dated_in_the_future_keeps_no_other_from_being_taken_or_verified(
    state: State,
) -> None:
    future, real = copy(-48, state), copy(3, State.COMPLETE)
    assert begun_since((future,), NOW - 20 * HOUR, NOW) is None
    assert begun_since((future, real), NOW - 20 * HOUR, NOW) == real
    assert newest_unverified((future, real), NOW) == real
    assert newest_unverified((future,), NOW) is None


def test_two_clocks_may_differ_a_little() -> None:
    near = copy(0.9, State.COMPLETE)
    ended = NOW - 0.9 * HOUR + HOUR
    assert ended > NOW
    assert begun_since((near,), NOW - HOUR, NOW) == near
    assert newest_unverified((near,), NOW) == near
