"""Each condition of a repository is judged on its own; what was not looked at is unknown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.catalog import BackupState, Facts, Listing, State
from daraa.ops.backup.check import Observed, Report, figures, judge
from daraa.ops.backup.errors import REPOSITORY_UNKNOWN
from daraa.ops.backup.leftovers import Leftovers, plan_leftovers
from daraa.ops.backup.manifest import Receipt
from daraa.stores.objects import ObjectLock, Unfinished, UnfinishedSeen

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OK, WARN, FAIL, UNKNOWN = CheckState.OK, CheckState.WARN, CheckState.FAIL, CheckState.UNKNOWN
SETTINGS = BackupSettings()


def copy(age: timedelta, state: State = State.VERIFIED, *, size: int = 10**8, seconds: float = 60) -> BackupState:
    at = NOW - age
    backup_id = f"bkp_{at:%Y%m%d%H%M}"
    facts = Facts(
        started_at=at - timedelta(seconds=seconds),
        finished_at=at,
        prefix="daraa",
        server="mongod 8.0",
        consistency="oplog",
        tool_version="1",
        collections=40,
        documents=10**6,
        bytes_plain=size,
        bytes_stored=size // 4,
    )
    ok = state is State.VERIFIED
    receipt = Receipt.model_construct(at=at, ok=ok, seconds=33.0, findings=() if ok else ("orders differ",))
    return BackupState(
        backup_id,
        state,
        objects=9,
        bytes_stored=size // 4,
        last_written_at=at,
        facts=None if state is State.PARTIAL else facts,
        receipt=receipt if state in (State.VERIFIED, State.FAILED) else None,
        findings=("data/x is missing.",) if state is State.DAMAGED else (),
    )


DAILY = tuple(copy(number * DAY + 2 * HOUR) for number in range(5))


def judged(
    *backups: BackupState,
    problems: tuple[str, ...] = (),
    versions: bool | None = True,
    lock: ObjectLock | None = None,
    leftovers: Leftovers | None = Leftovers(),  # noqa: B008  (frozen)
) -> dict[str, Check]:
    listing = Listing(True, tuple(sorted(backups, key=lambda each: each.at, reverse=True)), problems)
    seen = Observed("local", "/b", None, listing, versions, lock, leftovers)
    checks = judge(seen, SETTINGS, NOW)
    return {check.name.removeprefix("backup.local."): check for check in checks}


def test_daily_verified_copies_in_a_bucket_with_versions_are_well() -> None:
    checks = judged(*DAILY)
    assert {name: check.state for name, check in checks.items()} == dict.fromkeys(
        (
            "reachable",
            "listing",
            "age",
            "verified",
            "size",
            "duration",
            "partial",
            "unfinished",
            "immutable",
            "window",
        ),
        OK,
    )


@pytest.mark.parametrize(
    ("name", "state", "says", "backups"),
    [
        ("age", FAIL, "no backup", ()),
        ("age", FAIL, "48.0 hours old", (copy(2 * DAY),)),
        ("age", FAIL, "not yet", (copy(-DAY),)),
        ("age", OK, "26.0 hours old", (copy(26 * HOUR),)),
        ("age", FAIL, "48.0 hours old", (copy(HOUR, State.DAMAGED), copy(2 * DAY))),
        ("age", FAIL, "no backup", (copy(HOUR, State.PARTIAL),)),
        ("verified", FAIL, "No copy was ever restored", (copy(HOUR, State.COMPLETE),)),
        ("verified", FAIL, "orders differ", (copy(HOUR, State.FAILED), *DAILY)),
        ("verified", FAIL, "49.0 hours old", (copy(HOUR, State.COMPLETE), *(copy(n * DAY + HOUR) for n in (2, 3)))),
        ("verified", WARN, "2 have to be", (copy(HOUR),)),
        ("verified", OK, "5 copies", (copy(HOUR, State.COMPLETE), *DAILY)),
        ("size", UNKNOWN, "no two copies", (copy(HOUR),)),
        ("size", FAIL, "69.0 MB, usual are 100.0 MB", (copy(HOUR, size=69 * 10**6), *DAILY)),
        ("size", OK, "71.0 MB", (copy(HOUR, size=71 * 10**6), *DAILY)),
        ("duration", UNKNOWN, "no two copies", (copy(HOUR),)),
        ("duration", WARN, "200 s, usual are 60 s", (copy(HOUR, seconds=200), *DAILY)),
        ("duration", OK, "170 s", (copy(HOUR, seconds=170), *DAILY)),
        ("listing", FAIL, "data/x is missing", (copy(DAY, State.DAMAGED), *DAILY)),
        ("partial", OK, "1 copies have no manifest, 0", (copy(DAY, State.PARTIAL), *DAILY)),
        ("partial", WARN, "1 of them", (copy(4 * DAY, State.PARTIAL), *DAILY)),
    ],
)
def test_a_condition_that_does_not_hold_says_what_was_seen(
    name: str, state: CheckState, says: str, backups: tuple[BackupState, ...]
) -> None:
    check = judged(*backups)[name]
    assert check.state is state, check
    assert says in check.evidence
    assert check.state is OK or check.hint or state is UNKNOWN


@pytest.mark.parametrize("name", ["age", "verified"])
def test_a_copy_of_the_future_is_named_with_what_to_do_and_hides_no_age(name: str) -> None:
    future = copy(-DAY)
    check = judged(future, *(copy(number * DAY) for number in range(9, 12)))[name]
    assert check.state is FAIL
    assert future.backup_id in check.evidence
    assert f"backups/{future.backup_id}" in check.hint
    assert "clock" in check.hint
    near = judged(copy(-5 * HOUR / 60), *DAILY)[name]
    assert near.state is OK


def test_something_odd_in_the_repository_fails_and_is_named_with_the_number_of_others() -> None:
    check = judged(*DAILY, problems=("notes.txt is no part of a backup.", "and that"))["listing"]
    assert check.state is FAIL
    assert check.evidence == "notes.txt is no part of a backup. (and 1 more)"


def test_versions_that_cannot_be_told_are_unknown_and_none_is_a_warning() -> None:
    assert judged(*DAILY, versions=None)["immutable"].state is UNKNOWN
    assert judged(*DAILY, versions=False)["immutable"].state is WARN


def test_what_could_not_be_looked_at_is_unknown_and_never_good() -> None:
    unreachable = Observed("local", trouble=DaraaError(REPOSITORY_UNKNOWN, "There is none.", hint="Name one."))
    half = Observed("local", "/b", listing=Listing(False, DAILY, why="The server went away."))
    for seen, failing in ((unreachable, {"reachable"}), (half, {"listing"}), (Observed("local", "/b"), set())):
        checks = {each.name.split(".")[-1]: each.state for each in judge(seen, SETTINGS, NOW)}
        assert {name for name, state in checks.items() if state is FAIL} == failing
        assert {name for name, state in checks.items() if state is OK} <= {"reachable"}
        assert len(checks) == 10


def test_the_exit_code_is_one_for_wrong_two_for_attention_and_zero_only_when_all_is_well() -> None:
    def code(*states: CheckState) -> int:
        return Report(tuple(Check("x", state, "-") for state in states), "").exit_code

    assert [code(OK), code(OK, WARN), code(OK, UNKNOWN), code(WARN, FAIL), code()] == [0, 2, 2, 1, 2]


def test_figures_stand_beside_the_checks_and_what_is_not_known_has_none() -> None:
    seen = [Observed("local", "/b", listing=Listing(True, DAILY)), Observed("remote")]
    text = figures(seen, NOW)
    assert 'daraa_backup_newest_age_seconds{repository="local"} 7200' in text
    assert 'daraa_backup_recovery_seconds{repository="local"} 33' in text
    assert 'daraa_backup_verified_copies{repository="local"} 5' in text
    assert "remote" not in text


def test_a_copy_that_waits_for_its_deletion_does_not_count_as_verified() -> None:
    buried = replace(copy(HOUR), tombstone=object(), buried_at=NOW)
    assert judged(buried)["verified"].state is FAIL


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (ObjectLock(30, "COMPLIANCE"), "locks each for 30 days (compliance)"),
        (ObjectLock(0), "an account that may delete versions may delete them"),
        (None, "is not told to these credentials"),
    ],
)
def test_how_far_older_versions_are_safe_is_said(lock: ObjectLock | None, says: str) -> None:
    check = judged(*DAILY, lock=lock)["immutable"]
    assert check.state is OK
    assert says in check.evidence


def test_a_lock_without_versions_is_not_believed() -> None:
    assert judged(*DAILY, versions=False, lock=ObjectLock(30, "COMPLIANCE"))["immutable"].state is WARN


@pytest.mark.parametrize(
    ("age", "unknown", "state", "says"),
    [
        (4 * DAY, "", WARN, "1 for longer than the grace"),
        (4 * DAY, "Some are hidden.", WARN, "1 for longer than the grace"),
        (DAY, "", OK, "1 uploads are not completed, 0 for longer"),
        (DAY, "Some are hidden.", UNKNOWN, "Some are hidden."),
        (-DAY, "", OK, "0 for longer"),
    ],
)
def test_uploads_that_were_never_completed_are_told(age: timedelta, unknown: str, state: CheckState, says: str) -> None:
    seen = UnfinishedSeen((Unfinished("backups/x", "u", NOW - age),), NOW, unknown)
    check = judged(*DAILY, leftovers=plan_leftovers(seen, 3 * DAY, NOW))["unfinished"]
    assert check.state is state
    assert says in check.evidence


def test_uploads_that_nobody_looked_for_are_unknown() -> None:
    assert judged(*DAILY, leftovers=None)["unfinished"].state is UNKNOWN
