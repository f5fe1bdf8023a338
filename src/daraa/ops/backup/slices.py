"""What slices a repository holds, and into which unbroken ranges they join; only what is signed is believed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from daraa.kernel.errors import DaraaError
from daraa.ops.backup import layout
from daraa.ops.backup.errors import MANIFEST_TAMPERED
from daraa.ops.backup.keys import BackupKey
from daraa.ops.backup.manifest import open_signed, sha256_of
from daraa.ops.backup.slice_files import Slice, SliceTombstone
from daraa.stores.mongo.oplog_reading import OplogTime
from daraa.stores.mongo.oplog_window import just_before
from daraa.stores.objects import ObjectInfo, ObjectStore
from daraa.stores.objects.errors import MISSING

_AT_ONCE = 32
_LARGEST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SliceSeen:
    """One slice of the listing; without `slice` it cannot be believed, and `finding` says what is wrong with it."""

    number: int
    sha256: str
    written_at: datetime
    slice: Slice | None = None
    finding: str = ""

    @property
    def good(self) -> bool:
        """Believed, and its objects are there with their sizes."""
        return self.slice is not None and not self.finding


@dataclass(frozen=True, slots=True)
class TombstoneSeen:
    """An announcement with the later of two clocks: a wrong one can only lengthen the grace."""

    tombstone: SliceTombstone
    buried_at: datetime


@dataclass(frozen=True, slots=True)
class SliceListing:
    """All slices, oldest first. `problems`: what nobody here would have written. Sizes in bytes."""

    slices: tuple[SliceSeen, ...] = ()
    tombstones: tuple[TombstoneSeen, ...] = ()
    problems: tuple[str, ...] = ()
    bytes_stored: int = 0

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong with slices, and which are missing between others."""
        found = [each.finding for each in self.slices if each.finding]
        for before, after in zip(self.slices, self.slices[1:], strict=False):
            if after.number != before.number + 1:
                found.append(_missing(before.number + 1, after.number - 1))
        return tuple(found)


NO_SLICES = SliceListing()


@dataclass(frozen=True, slots=True)
class Range:
    """Slices `first` to `last` without a break: everything after `after`, up to and with `until`.

    `because` says why it does not go on from the range before, `ended` why it does not go on ("": it may yet).
    """

    first: int
    last: int
    after: OplogTime
    until: OplogTime
    because: str
    ended: str
    read_at: datetime


async def read_slices(store: ObjectStore, key: BackupKey) -> SliceListing:
    """Every slice and every tombstone of slices. Raises the store's errors: half a listing is none.

    Tombstones are read first and objects last: who streams meanwhile writes the objects of a slice before its file.
    """
    problems: list[str] = []
    tombstones = await _tombstones(store, key, problems)
    infos = [info async for info in store.list(layout.SLICES)]
    stored: dict[str, int] = {}
    async for info in store.list(layout.SLICE_DATA):
        stored[info.key] = info.size
    found: list[SliceSeen] = []
    for begin in range(0, len(infos), _AT_ONCE):
        some = infos[begin : begin + _AT_ONCE]
        found += filter(None, await asyncio.gather(*(_seen(store, key, each, stored, problems) for each in some)))
    found.sort(key=lambda each: each.number)
    size = sum(stored.values()) + sum(info.size for info in infos)
    return SliceListing(tuple(found), tombstones, tuple(problems), size)


async def read_slice(store: ObjectStore, key: BackupKey, number: int) -> tuple[Slice, str]:
    """One slice and the SHA-256 of its file. Raises `objects.object.missing`, `backup.manifest.tampered`."""
    content = b"".join([piece async for piece in store.get(layout.slice_key(number))])
    return open_signed(content, key.signing, Slice), sha256_of(content)


def ranges(slices: Sequence[SliceSeen]) -> tuple[Range, ...]:
    """The unbroken ranges, oldest first. Pure.

    One ends before a slice that is missing or damaged, that was read from elsewhere or another oplog, and before a
    change of the schema, which no replay goes past; the next begins after it.
    """
    found: list[_Growing] = []
    now: _Growing | None = None
    for seen in slices:
        if seen.slice is None or not seen.good:
            _end(now, seen.finding)
            now = None
            continue
        why = _not_linked(now, seen, seen.slice)
        if now is None or why:
            _end(now, why)
            because = why or (found[-1].ended if found and found[-1].ended else seen.slice.because)
            now = _Growing(seen.number, seen.slice.begins_at, because)
            found.append(now)
        now = _grow(now, seen, seen.slice, found)
    return tuple(each.done() for each in found if each.seen is not None)


@dataclass
class _Growing:
    first: int
    after: OplogTime
    because: str
    until: OplogTime | None = None
    ended: str = ""
    seen: SliceSeen | None = None

    def done(self) -> Range:
        assert self.seen is not None
        assert self.seen.slice is not None
        assert self.until is not None
        return Range(
            self.first, self.seen.number, self.after, self.until, self.because, self.ended, self.seen.slice.read_at
        )


def _grow(now: _Growing, seen: SliceSeen, of: Slice, found: list[_Growing]) -> _Growing:
    now.seen, now.until = seen, of.ends_at
    if of.schema_from is None or of.schema_to is None:
        return now
    why = f"The schema was changed at {of.schema_from}: {', '.join(of.schema_what)}."
    now.until = max(now.after, just_before(OplogTime.parse(of.schema_from)))
    now.ended = why
    then = _Growing(seen.number, OplogTime.parse(of.schema_to), why, of.ends_at, seen=seen)
    found.append(then)
    return then


def _not_linked(now: _Growing | None, seen: SliceSeen, of: Slice) -> str:
    if now is None or now.seen is None or now.seen.slice is None:
        return ""
    if seen.number != now.seen.number + 1:
        return _missing(now.seen.number + 1, seen.number - 1)
    if of.previous is None:
        return of.because or "A new range begins."
    if of.previous != now.seen.sha256 or of.after != now.seen.slice.until or of.prefix != now.seen.slice.prefix:
        return f"Slice {seen.number} does not follow the slice before it."
    return ""


def _end(now: _Growing | None, why: str) -> None:
    if now is not None:
        now.ended = now.ended or why


def _missing(first: int, last: int) -> str:
    return f"Slice {first} is missing." if first == last else f"The slices {first} to {last} are missing."


async def _seen(
    store: ObjectStore, key: BackupKey, info: ObjectInfo, stored: Mapping[str, int], problems: list[str]
) -> SliceSeen | None:
    number = layout.number_of(info.key)
    if number is None:
        problems.append(f"{info.key} is no slice.")
        return None
    try:
        content = b"".join([piece async for piece in store.get(info.key)]) if info.size <= _LARGEST else b""
    except DaraaError as error:
        if error.code != MISSING:
            raise
        return SliceSeen(number, "", info.modified_at, finding=f"Slice {number} vanished while it was read.")
    sha256 = sha256_of(content)
    try:
        found = _opened(content, key, number)
    except DaraaError as error:
        problems.append(f"Slice {number}: {error.message}")
        return SliceSeen(number, sha256, info.modified_at, finding=f"Slice {number} cannot be believed.")
    return SliceSeen(number, sha256, info.modified_at, found, _difference(found, stored))


def _opened(content: bytes, key: BackupKey, number: int) -> Slice:
    found = open_signed(content, key.signing, Slice)
    if found.number != number:
        raise moved(number, found.number)
    return found


def moved(number: int, really: int) -> DaraaError:
    """The error for a slice in another one's place."""
    return DaraaError(
        MANIFEST_TAMPERED,
        f"In the place of slice {number} stands slice {really}.",
        hint="Somebody moved it. Find out who writes into the repository.",
    )


def _difference(of: Slice, stored: Mapping[str, int]) -> str:
    folder = layout.slice_folder(of.number, of.slice_id)
    for part in (*of.parts, *of.rest):
        size = stored.get(f"{folder}/{part.name}")
        if size is None:
            return f"Slice {of.number} is damaged: {part.name} is missing."
        if size != part.bytes_stored:
            return f"Slice {of.number} is damaged: {part.name} has {size} bytes instead of {part.bytes_stored}."
    return ""


async def _tombstones(store: ObjectStore, key: BackupKey, problems: list[str]) -> tuple[TombstoneSeen, ...]:
    found = []
    async for info in store.list(layout.SLICE_TOMBSTONES):
        content = b"".join([piece async for piece in store.get(info.key)]) if info.size <= _LARGEST else b""
        try:
            tombstone = open_signed(content, key.signing, SliceTombstone)
        except DaraaError as error:
            problems.append(f"{info.key}: {error.message}")
            continue
        if layout.number_of(info.key) != tombstone.through:
            problems.append(f"{info.key} is the tombstone of something else.")
            continue
        found.append(TombstoneSeen(tombstone, max(tombstone.at, info.modified_at)))
    return tuple(sorted(found, key=lambda each: each.tombstone.through))
