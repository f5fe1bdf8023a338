"""Finds where a stream goes on: after the newest slice, if the oplog is still the one it was read from and whole."""

import json
from dataclasses import dataclass

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.catalog import State, list_backups, whole_listing
from daraa.ops.backup.keys import BackupKey, wrong_key
from daraa.ops.backup.layout import NEWEST_SLICE, SLICES, number_of, slice_folder, slice_key
from daraa.ops.backup.manifest import open_signed, peek_key_id, sha256_of
from daraa.ops.backup.slice_files import Slice
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.oplog_reading import Anchor, OplogTime, oldest_entry, still_there
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import MISSING

FIRST = "It is the first one."


@dataclass(frozen=True, slots=True)
class Head:
    """The newest slice: its number (-1: there is none), and the slice with its file's SHA-256, or what is wrong."""

    number: int
    slice: Slice | None = None
    sha256: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Where the next slice begins. `anchor` is what must still be in the oplog; `empty` when it begins at its end."""

    after: OplogTime
    previous: str | None = None
    because: str = ""
    anchor: Anchor | None = None
    empty: bool = False


async def newest_slice(store: ObjectStore, key: BackupKey) -> Head:
    """The slice with the highest number; a hint saves listing all of them. Raises `backup.key.wrong`."""
    number = await _highest(store)
    if number < 0:
        return Head(-1)
    content = b"".join([piece async for piece in store.get(slice_key(number))])
    theirs = peek_key_id(content)
    if theirs is not None and theirs != key.id:
        raise wrong_key("The slices are not ours to continue", key.id, theirs)
    try:
        found = open_signed(content, key.signing, Slice)
    except DaraaError as error:
        return Head(number, trouble=f"Slice {number} cannot be believed: {error.message}")
    there = {info.key: info.size async for info in store.list(slice_folder(number, found.slice_id))}
    for part in (*found.parts, *found.rest):
        if there.get(f"{slice_folder(number, found.slice_id)}/{part.name}") != part.bytes_stored:
            return Head(number, trouble=f"Slice {number} is damaged: {part.name} is missing or cut.")
    return Head(number, found, sha256_of(content))


async def find_start(mongo: Mongo, store: ObjectStore, key: BackupKey, head: Head, until: OplogTime) -> Start:
    """Where the next slice begins, which ends at `until` or before."""
    if head.slice is None:
        return await _new_range(mongo, store, key, until, head.trouble or FIRST)
    last, oldest = head.slice, await oldest_entry(mongo)
    if last.prefix != mongo.settings.database:
        because = f"Slice {last.number} is of the database {last.prefix}."
        return Start(until, because=because, empty=True)
    if last.known_by is not None and last.ends_at <= until and await still_there(mongo, last.known_by):
        return Start(last.ends_at, head.sha256, anchor=last.known_by)
    if oldest is not None and last.known_by is not None and oldest > last.known_by.at:
        because = f"The oplog reaches back to {oldest} only, and slice {last.number} ends at {last.until}."
        return await _new_range(mongo, store, key, until, because)
    because = f"The oplog is another one than slice {last.number} was read from: its last entry is not in it."
    return Start(until, because=because, empty=True)


async def _new_range(mongo: Mongo, store: ObjectStore, key: BackupKey, until: OplogTime, because: str) -> Start:
    """From the newest backup on, so that the range has something to begin from; else from now on."""
    oldest = await oldest_entry(mongo)
    listing = whole_listing(await list_backups(store, key))
    for backup in listing.backups:
        if backup.facts is None or backup.state not in (State.VERIFIED, State.COMPLETE):
            continue
        if backup.facts.oplog_to is None or backup.facts.prefix != mongo.settings.database:
            continue
        moment = OplogTime.parse(backup.facts.oplog_to)
        if oldest is not None and oldest <= moment <= until:
            return Start(moment, because=because)
    return Start(until, because=because, empty=True)


async def _highest(store: ObjectStore) -> int:
    hint = await _hint(store)
    if hint is not None and hint > 0:
        numbers = await _numbers(store, slice_key(hint - 1))
        if hint in numbers:
            return max(numbers)
    return max(await _numbers(store), default=-1)


async def _numbers(store: ObjectStore, start_after: str = "") -> set[int]:
    found = {number_of(info.key) async for info in store.list(SLICES, start_after)}
    return {number for number in found if number is not None}


async def _hint(store: ObjectStore) -> int | None:
    """What the last stream noted; anybody may have written it, so it is only believed where the slice is listed."""
    try:
        words = json.loads(b"".join([piece async for piece in store.get(NEWEST_SLICE, length=1000)]))
        number = words["number"]
    except DaraaError as error:
        if error.code != MISSING:
            raise
        return None
    except (ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) and number < 10**12 else None
