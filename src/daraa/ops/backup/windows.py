"""From which copy to which moment anything can be restored: ranges of slices and the copies they stand on. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daraa.ops.backup.catalog import BackupState, Listing, State
from daraa.ops.backup.retention import Window
from daraa.ops.backup.slices import Range, ranges
from daraa.stores.mongo.oplog_reading import OplogTime

_RELIABLE = (State.VERIFIED, State.COMPLETE)


@dataclass(frozen=True, slots=True)
class Base:
    """A copy that a replay may begin from, and the moment it stands at."""

    backup_id: str
    at: OplogTime
    verified: bool


@dataclass(frozen=True, slots=True)
class PointWindow:
    """Every moment from that of its oldest base up to the end of `range` can be restored; `bases` come newest first."""

    range: Range
    bases: tuple[Base, ...]

    @property
    def since(self) -> OplogTime:
        """The earliest moment."""
        return self.bases[-1].at

    @property
    def until(self) -> OplogTime:
        """The latest moment."""
        return self.range.until

    def base_for(self, moment: OplogTime) -> Base | None:
        """The newest copy that a replay up to `moment` may begin from; None when the window does not cover it."""
        if moment > self.until:
            return None
        return next((each for each in self.bases if each.at <= moment), None)


def point_windows(listing: Listing) -> tuple[PointWindow, ...]:
    """The windows, newest first; a range without a copy in it is none."""
    bases = sorted(_bases(listing.backups), key=lambda each: (each.at, each.backup_id), reverse=True)
    found = []
    for each in reversed(ranges(listing.slices.slices)):
        inside = tuple(base for base in bases if each.after <= base.at <= each.until)
        if inside:
            found.append(PointWindow(each, inside))
    return tuple(found)


def needed_windows(listing: Listing, now: datetime, span: timedelta) -> tuple[Window, ...]:
    """What retention keeps so that any moment of the last `span` that can be restored now can be so afterwards.

    Of each window that reaches into it: the newest copy from which all of it can be restored, and the newest verified
    one besides; where none is that old, the oldest there is. And the one that will take its place: were that pruned as
    one copy too many, the old one would stay the base for ever, and all slices with it.
    """
    horizon, found = now - span, []
    for window in point_windows(listing):
        if as_time(window.until) < horizon:
            continue
        old = [base for base in window.bases if as_time(base.at) <= horizon] or [window.bases[-1]]
        later = [base for base in window.bases if as_time(base.at) > horizon]
        next_ones = [base for base in later if base.verified] or later
        held = {old[0], *[one for one in old if one.verified][:1], *next_ones[-1:]}
        found += [Window(backup_id, as_time(window.until)) for backup_id in sorted(each.backup_id for each in held)]
    return tuple(found)


def oldest_needed(listing: Listing, windows: Iterable[Window]) -> OplogTime | None:
    """The moment of the oldest copy that a window stands on: slices up to there are of no use. None: no window."""
    held = {each.base for each in windows}
    return min((each.at for each in _bases(listing.backups) if each.backup_id in held), default=None)


def as_time(moment: OplogTime) -> datetime:
    """The second of a place in the oplog, in UTC."""
    return datetime.fromtimestamp(moment.seconds, UTC)


def last_second(moment: OplogTime) -> datetime:
    """The last whole second that everything is there of, in UTC."""
    return as_time(moment) - timedelta(seconds=1)


def _bases(backups: Iterable[BackupState]) -> Iterable[Base]:
    for each in backups:
        if each.state in _RELIABLE and each.facts is not None and each.facts.oplog_to is not None:
            yield Base(each.backup_id, OplogTime.parse(each.facts.oplog_to), each.state is State.VERIFIED)
