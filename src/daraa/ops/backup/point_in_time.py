"""Restoring to a moment: which copy to begin from, which slices to replay, and what of them up to where."""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import Listing
from daraa.ops.backup.chunks import damaged
from daraa.ops.backup.contents import read_part
from daraa.ops.backup.keys import BackupKey
from daraa.ops.backup.manifest import ObjectPart
from daraa.ops.backup.slice_files import Slice
from daraa.ops.backup.slices import read_slice
from daraa.ops.backup.windows import PointWindow, last_second, point_windows
from daraa.stores.mongo.oplog_cut import NEAR_S
from daraa.stores.mongo.oplog_reading import OplogTime
from daraa.stores.mongo.oplog_window import LAST_INCREMENT, Transaction, as_moment, begun_by, rest_of, within
from daraa.stores.objects import ObjectStore

MOMENT_INVALID = register("backup.moment.invalid", status=400, en="That is no moment", ar="هذه ليست لحظة زمنية")
NOT_COVERED = register(
    "backup.moment.not_covered",
    status=404,
    en="That moment cannot be restored",
    ar="لا يمكن الاستعادة إلى تلك اللحظة",
)
NAMED = 5
_PLACE = re.compile(r"[0-9]{1,10}:[0-9]{1,10}")


def parse_moment(text: str) -> OplogTime:
    """`2026-11-28T12:00:05Z`: that whole second, with all that was written in it; or `seconds:increment`, exactly.

    Raises `backup.moment.invalid`, for a time without a zone too: UTC is not guessed.
    """
    if _PLACE.fullmatch(text):
        return OplogTime.parse(text)
    try:
        found = datetime.fromisoformat(text)
        seconds = int(found.timestamp()) if found.tzinfo else 0
    except (ValueError, OverflowError):
        raise _invalid(text, "it is no time") from None
    if found.tzinfo is None:
        raise _invalid(text, "it does not say in which zone")
    if found.microsecond:
        raise _invalid(text, "moments are whole seconds")
    if not 0 < seconds < 2**32:
        raise _invalid(text, "it is out of all bounds")
    return OplogTime(seconds, LAST_INCREMENT)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment that can be restored: from which backup, by which slices."""

    moment: OplogTime
    backup_id: str
    base_at: OplogTime
    first: int
    last: int


def find_point(listing: Listing, moment: OplogTime, backup_id: str = "") -> Point:
    """The newest copy before `moment` (or the one named), and the range of slices from it to there. Pure.

    Raises `backup.moment.not_covered`, which names the windows.
    """
    windows = point_windows(listing)
    for window in windows:
        bases = [base for base in window.bases if base.at <= moment and backup_id in ("", base.backup_id)]
        if bases and moment <= window.until:
            return Point(moment, bases[0].backup_id, bases[0].at, window.range.first, window.range.last)
    raise _not_covered(moment, backup_id, windows)


@dataclass(frozen=True)
class Journey:
    """The way from a backup to a moment: its slices, read and linked, and what of their entries is replayed."""

    store: ObjectStore
    key: BackupKey
    point: Point
    slices: tuple[Slice, ...]

    @property
    def name(self) -> str:
        """The moment, as a journal keeps it."""
        return str(self.point.moment)

    async def entries(self, after: int = -1) -> AsyncIterator[tuple[int, bytes]]:
        """Number of a slice and entries of it to replay, in order; those after slice `after`.

        Entries are whole BSON, one part of at most 16 MiB in memory. The last of them are what the moment cuts off
        from transactions that have begun before it.
        """
        moment, begun = self.point.moment, set[Transaction]()
        for each in self.slices:
            until, near = min(each.ends_at, moment), each.ends_at.seconds >= moment.seconds - NEAR_S
            if each.number <= after and not near:
                continue
            for part in each.parts:
                entries = await self._plain(each, part)
                begun |= begun_by(entries, until) if near else set()
                if each.number > after:
                    yield each.number, within(entries, max(each.begins_at, self.point.base_at), until)
        last = self.slices[-1]
        for part in (*last.parts, *last.rest):
            entries = await self._plain(last, part)
            if part in last.parts:
                # What a size bound pushed behind the window is in the rest, too.
                entries = within(entries, last.begins_at, last.ends_at)
            yield last.number, rest_of(entries, moment, begun)

    async def _plain(self, of: Slice, part: ObjectPart) -> bytes:
        folder = layout.slice_folder(of.number, of.slice_id)
        data_key = self.key.unwrap(of.wrapped_key, of.slice_id)
        return await read_part(self.store, folder, part, data_key=data_key, owner=of.slice_id)


async def open_journey(store: ObjectStore, key: BackupKey, point: Point) -> Journey:
    """The slices of a point, each checked and linked to the one before; `backup.object.damaged` where one is not."""
    slices: list[Slice] = []
    sha256 = ""
    for number in range(point.first, point.last + 1):
        found, its = await read_slice(store, key, number)
        linked = not sha256 or (found.previous == sha256 and found.begins_at == slices[-1].ends_at)
        if found.number != number or not linked:
            raise damaged(layout.slice_key(number), "it does not follow the slice before it")
        slices.append(found)
        sha256 = its
        if found.ends_at >= point.moment:
            break
    needed = [each for each in slices if each.ends_at > point.base_at] or slices[-1:]
    return Journey(store, key, point, tuple(needed))


def _invalid(text: str, why: str) -> DaraaError:
    return DaraaError(
        MOMENT_INVALID,
        f"{text!r} is no moment: {why}.",
        hint="Write 2026-11-28T12:00:05Z, or seconds:increment; --into names the place to restore into.",
    )


def _not_covered(moment: OplogTime, backup_id: str, windows: Iterable[PointWindow]) -> DaraaError:
    spans = [f"{last_second(each.since):%FT%T}Z to {last_second(each.until):%FT%T}Z" for each in windows]
    named = "; ".join(spans[:NAMED]) + (f" and {len(spans) - NAMED} more" if len(spans) > NAMED else "")
    whole = f"What can be restored: {named}." if spans else "No moment can be restored: there is no window."
    of = f" from {backup_id}" if backup_id else ""
    return DaraaError(
        NOT_COVERED,
        f"{as_moment(moment)} cannot be restored{of}. {whole}",
        hint="`daraa backup list` shows the windows, and why one ends. A backup itself is restored without --to.",
    )
