"""Ranges of slices, the windows on them, which copy a moment begins from, and what the check says of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import id_at
from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.catalog import BackupState, Facts, Listing, State
from daraa.ops.backup.manifest import ServerSeen
from daraa.ops.backup.point_in_time import find_point, parse_moment
from daraa.ops.backup.slice_files import Slice
from daraa.ops.backup.slices import SliceListing, SliceSeen, ranges
from daraa.ops.backup.window_check import window_check, window_figures
from daraa.ops.backup.windows import needed_windows, point_windows
from daraa.stores.mongo.oplog_reading import OplogTime
from daraa.stores.mongo.oplog_window import LAST_INCREMENT, just_before

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
T = int(NOW.timestamp())
DAY = timedelta(days=1)
STREAMED = BackupSettings(stream="local", stream_slice_s=60)


def seen(number: int, **words: Any) -> SliceSeen:
    """Slice `number` of a chain in which each is 60 s long; slice 100 ends now."""
    end = T - (100 - number) * 60
    body = {
        "number": number, "slice_id": id_at("slc", NOW, number.to_bytes(10, "big")), "repository_id": "r",
        "prefix": "d",
        "server": ServerSeen(kind="mongod", version="8"), "after": f"{end - 60}:1", "until": f"{end}:1",
        "read_at": datetime.fromtimestamp(end, UTC), "previous": f"{number - 1:064x}", "anchor_at": f"{end}:1",
        "anchor": "0" * 64, "parts": (), "key_id": "k", "wrapped_key": "00", "tool_version": "0",
    }  # fmt: skip
    finding = words.pop("finding", "")
    return SliceSeen(number, f"{number:064x}", datetime.fromtimestamp(end, UTC), Slice(**{**body, **words}), finding)


def chain(first: int = 1, last: int = 100) -> list[SliceSeen]:
    return [seen(first, previous=None, because="first"), *(seen(number) for number in range(first + 1, last + 1))]


def backup(seconds_ago: int, state: State = State.VERIFIED) -> BackupState:
    at = NOW - timedelta(seconds=seconds_ago)
    facts = Facts(at, at, "d", "mongod 8", "oplog", "0", 1, 1, 1, 1, f"{T - seconds_ago}:1")
    return BackupState(f"bkp_{seconds_ago}", state, 1, 1, at, facts)


def listing(slices: Sequence[SliceSeen], *backups: BackupState) -> Listing:
    return Listing(True, backups, slices=SliceListing(tuple(slices)))


def spans(slices: Sequence[SliceSeen]) -> list[tuple[int, int, str]]:
    return [(each.first, each.last, each.ended) for each in ranges(slices)]


def test_a_whole_chain_is_one_range_that_may_go_on() -> None:
    (found,) = ranges(chain())
    assert (found.first, found.last, found.because, found.ended) == (1, 100, "first", "")
    assert (found.after, found.until) == (OplogTime(T - 100 * 60, 1), OplogTime(T, 1))
    assert ranges([]) == ()


def test_a_range_ends_where_a_slice_is_missing_damaged_foreign_or_not_linked() -> None:
    whole = chain()
    for slices, ended in (
        ([each for each in whole if each.number not in (40, 41)], "The slices 40 to 41 are missing."),
        ([each for each in whole if each.number != 40], "Slice 40 is missing."),
        ([replace(each, finding="cut") if each.number == 40 else each for each in whole], "cut"),
        ([replace(each, slice=None, finding="?") if each.number == 40 else each for each in whole], "?"),
    ):
        first, second = spans(slices)
        assert (first[:2], first[2], second[1:]) == ((1, 39), ended, (100, ""))
    for words, ended in (
        ({"previous": "f" * 64}, "Slice 40 does not follow the slice before it."),
        ({"after": f"{T - 61 * 60}:2"}, "Slice 40 does not follow the slice before it."),
        ({"prefix": "other"}, "Slice 40 does not follow the slice before it."),
        ({"previous": None, "because": "a gap"}, "a gap"),
    ):
        changed = [seen(40, **words) if each.number == 40 else each for each in whole]
        found = ranges(changed)
        assert (found[0].last, found[0].ended, found[1].first, found[1].because) == (39, ended, 40, ended)


def test_a_change_of_the_schema_parts_two_ranges_at_its_own_moment() -> None:
    end = T - 60 * 60
    change = {"schema_from": f"{end - 30}:5", "schema_to": f"{end - 20}:2", "schema_what": ("collMod orders",)}
    slices = [seen(40, **change) if each.number == 40 else each for each in chain()]
    before, after = ranges(slices)
    assert (before.until, after.after) == (OplogTime(end - 30, 4), OplogTime(end - 20, 2))
    assert (before.last, after.first, after.last) == (40, 40, 100)
    assert "collMod orders" in before.ended
    assert after.because == before.ended


def test_a_window_needs_a_reliable_copy_in_its_range() -> None:
    inside, outside = backup(3000), backup(7000)
    assert point_windows(listing(chain(), outside)) == ()
    for state in State:
        windows = point_windows(listing(chain(), replace(inside, state=state)))
        assert bool(windows) is (state in (State.VERIFIED, State.COMPLETE)), state
    (window,) = point_windows(listing(chain(), inside, outside, backup(600)))
    assert [each.backup_id for each in window.bases] == ["bkp_600", "bkp_3000"]


def test_a_moment_begins_from_the_newest_copy_before_it() -> None:
    all_of_it = listing(chain(), backup(600), backup(3000))
    for seconds_ago, expected in ((1, "bkp_600"), (600, "bkp_600"), (601, "bkp_3000"), (3000, "bkp_3000")):
        assert find_point(all_of_it, OplogTime(T - seconds_ago, LAST_INCREMENT)).backup_id == expected
    named = find_point(all_of_it, OplogTime(T - 1, 0), "bkp_3000")
    assert (named.backup_id, named.base_at) == ("bkp_3000", OplogTime(T - 3000, 1))
    assert find_point(all_of_it, OplogTime(T, 1)).last == 100
    for moment, name in ((OplogTime(T, 2), ""), (OplogTime(T - 3001, 9), ""), (OplogTime(T - 900, 1), "bkp_600")):
        with pytest.raises(DaraaError) as refused:
            find_point(all_of_it, moment, name)
        assert "2026-11-28T11:09:59Z to 2026-11-28T11:59:59Z" in refused.value.message


def test_moments_are_whole_seconds_with_a_zone_or_places_in_the_oplog() -> None:
    for text in ("2026-11-28T12:00:00Z", "2026-11-28T12:00:00+00:00", "2026-11-28 15:00:00+03:00"):
        assert parse_moment(text) == OplogTime(T, LAST_INCREMENT)
    assert parse_moment("12:34") == OplogTime(12, 34)
    for text in (
        "daraa_back", "2026-11-28T12:00:05", "2026-11-28", "2026-11-28T12:00:05.5Z", "-5:1", "5:", "", "1e3:4",
        "2026-13-28T12:00:05Z", "2126-11-28T12:00:05Z", "1960-01-01T00:00:00Z", "99999999999:1", "5:1\n", "٥:١",
    ):  # fmt: skip
        with pytest.raises(DaraaError) as refused:
            parse_moment(text)
        assert refused.value.code == "backup.moment.invalid", text


def test_the_greatest_moment_before_another_is_just_before_it() -> None:
    assert just_before(OplogTime(5, 3)) == OplogTime(5, 2)
    assert just_before(OplogTime(5, 0)) == OplogTime(4, LAST_INCREMENT)


def test_retention_is_told_of_the_copy_as_old_as_the_window_and_of_its_successor() -> None:
    slices = [seen(1, previous=None, because="first", after=f"{T - 20 * 86400}:1"), *chain()[1:]]
    copies = [backup(n * 86400 + 60) for n in range(12)]
    held = {each.base for each in needed_windows(listing(slices, *copies), NOW, 7 * DAY)}
    assert held == {f"bkp_{7 * 86400 + 60}", f"bkp_{6 * 86400 + 60}"}
    unproven = [replace(each, state=State.COMPLETE) if n == 7 else each for n, each in enumerate(copies)]
    held = {each.base for each in needed_windows(listing(slices, *unproven), NOW, 7 * DAY)}
    assert held == {f"bkp_{n * 86400 + 60}" for n in (6, 7, 8)}
    assert {each.base for each in needed_windows(listing(slices, *copies[:3]), NOW, 7 * DAY)} == {copies[2].backup_id}
    assert needed_windows(listing(slices, *copies), NOW + 30 * DAY, 7 * DAY) == ()


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(60, 19 * 86400), max_size=12), st.integers(0, 7 * 86400), st.data())
def test_whatever_copies_there_are_a_moment_of_the_window_can_still_be_restored_from_those_held(
    ages: set[int], asked: int, data: st.DataObject
) -> None:
    slices = [seen(1, previous=None, because="first", after=f"{T - 20 * 86400}:1"), *chain()[1:]]
    states = st.sampled_from([State.VERIFIED, State.COMPLETE, State.FAILED])
    copies = [backup(age, data.draw(states)) for age in sorted(ages)]
    held = {each.base for each in needed_windows(listing(slices, *copies), NOW, 7 * DAY)}
    kept = [each for each in copies if each.backup_id in held]
    moment = OplogTime(T - asked, 0)
    before, after = (
        [each.base_for(moment) for each in point_windows(listing(slices, *some))] for some in (copies, kept)
    )
    # Failed copies are none, and without a verified one a copy that nobody proved is better than nothing.
    assert any(before) == any(after)


def test_the_check_says_what_is_wrong_with_the_window_and_is_silent_where_nothing_is_streamed() -> None:
    good = listing(chain(), backup(600))
    late = NOW + timedelta(seconds=600)
    cut = listing([each for each in chain() if each.number != 99], backup(600))
    gap = listing([each for each in chain() if each.number != 60], backup(600), backup(3600))
    for of, section, now, state, word in (
        (good, STREAMED, NOW, CheckState.OK, "11:49:59 to 2026-11-28 11:59:59"),
        (good, BackupSettings(), late, CheckState.OK, "not streamed here"),
        (good, BackupSettings(stream="remote"), late, CheckState.OK, "not streamed here"),
        (good, STREAMED, late, CheckState.FAIL, "600 s ago; 240 s are allowed"),
        (good, STREAMED, NOW - DAY, CheckState.FAIL, "The newest slice is of"),
        (listing([]), STREAMED, NOW, CheckState.FAIL, "there is no slice"),
        (listing(chain()), STREAMED, NOW, CheckState.WARN, "No copy was taken since"),
        (cut, STREAMED, NOW, CheckState.WARN, "Slice 99 is missing."),
        (gap, STREAMED, NOW, CheckState.WARN, "there is a gap: Slice 60 is missing."),
    ):  # fmt: skip
        check = window_check("local", of, section, now)
        assert (check.state, word in check.evidence) == (state, True), check
    assert window_figures(good, NOW) == {"window_seconds": 600.0, "window_lag_seconds": 0.0}
    assert window_figures(listing(chain()), NOW) == {}
