"""The condition about the stream: whether any moment up to now can be restored. Where it is off, it is no alarm."""

from datetime import datetime, timedelta

from daraa.kernel.checks import Check, CheckState
from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.catalog import Listing
from daraa.ops.backup.retention import CLOCK_TOLERANCE
from daraa.ops.backup.windows import as_time, last_second, point_windows

LATE_SLICES = 3
"""A stream that is this many slices late is an alarm: one may be slow, and one may be under way."""
SPARE_S = 60.0
_HINT = "Does the worker run, as which account, and does it reach the repository? `daraa jobs history backup.stream`."


def window_check(repository: str, listing: Listing, section: BackupSettings, now: datetime) -> Check:
    """Pure. Late or without a slice: fail. Without a copy to begin from, or with a hole since: warn."""
    name = f"backup.{repository}.window"
    if section.stream != repository:
        return Check(name, CheckState.OK, "The oplog is not streamed here: copies can be restored, moments cannot.")
    newest = next((each.slice for each in reversed(listing.slices.slices) if each.slice is not None), None)
    if newest is None:
        return Check(name, CheckState.FAIL, "DARAA_BACKUP_STREAM is set, and there is no slice of the oplog.", _HINT)
    age = now - newest.read_at
    if age < -CLOCK_TOLERANCE:
        return Check(name, CheckState.FAIL, f"The newest slice is of {newest.read_at:%F %T} UTC.", "Mend the clock.")
    allowed = timedelta(seconds=LATE_SLICES * section.stream_slice_s + SPARE_S)
    late = f"The newest slice was read {age.total_seconds():.0f} s ago; {allowed.total_seconds():.0f} s are allowed."
    if age > allowed:
        return Check(name, CheckState.FAIL, late, _HINT)
    windows = point_windows(listing)
    if not windows or windows[0].range.ended or windows[0].range.last != newest.number:
        why = windows[0].range.ended if windows else newest.because
        evidence = f"No copy was taken since the newest range of slices began. {why}".strip()
        return Check(name, CheckState.WARN, evidence, "Take one: `daraa backup take`.")
    span = f"Any moment of {last_second(windows[0].since):%F %T} to {last_second(windows[0].until):%F %T} UTC. {late}"
    if len(windows) > 1 and now - as_time(windows[1].until) < timedelta(days=section.window_days):
        gap = f"{span} Before that there is a gap: {windows[1].range.ended}"
        return Check(name, CheckState.WARN, gap, "Moments in it are lost; it grows out of the window with time.")
    return Check(name, CheckState.OK, span)


def window_figures(listing: Listing, now: datetime) -> dict[str, float]:
    """Length and lag of the newest window in seconds; nothing where there is none."""
    windows = point_windows(listing)
    if not windows:
        return {}
    since, until = as_time(windows[0].since), as_time(windows[0].until)
    return {
        "window_seconds": max((until - since).total_seconds(), 0.0),
        "window_lag_seconds": (now - until).total_seconds(),
    }
