"""Objects as files in a folder: in key order, durable when written, and tolerant of what is not there."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import obstore
from obstore.store import LocalStore

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.errors import UNAVAILABLE
from daraa.stores.objects.interface import ObjectInfo, ObjectLock, Unfinished, UnfinishedSeen
from daraa.stores.objects.keys import checked_key, is_key
from daraa.stores.objects.streams import ObstoreObjects, named_errors
from daraa.stores.objects.target import FolderTarget

# obstore writes beside the final name and renames: `name#1`.
_UNFINISHED = re.compile(r"(.+)#\d+")


class FolderObjects(ObstoreObjects):
    """`ObjectStore` in a folder. Unfinished files (`name#1`) that a killed process left are never listed."""

    def __init__(self, target: FolderTarget) -> None:
        try:
            target.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DaraaError(
                UNAVAILABLE,
                f"The objects' folder {target.path} cannot be made: {error.strerror}.",
                hint="Choose a folder that this user may write.",
            ) from error
        self._root = target.path.resolve()
        super().__init__(LocalStore(self._root))

    async def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
        """All objects under `prefix` in key order; one directory at a time is held in memory.

        obstore lists a folder in no order at all, which no one could continue.
        """
        self._usable()
        pending = [checked_key(prefix) + "/" if prefix else ""]
        if start_after:
            checked_key(start_after)
        while pending:
            key = pending.pop()
            if not key or key.endswith("/"):
                with named_errors(key or "everything"):
                    entries = await asyncio.to_thread(_entries, self._root, key)
                pending.extend(entry for entry in reversed(entries) if _may_follow(entry, start_after))
                continue
            info = await asyncio.to_thread(_info, self._root, key)
            if info is not None:
                yield info

    async def delete(self, key: str) -> None:
        """Remove a file; empty folders stay."""
        store = self._usable()
        with named_errors(checked_key(key)), suppress(FileNotFoundError):
            await obstore.delete_async(store, key)

    async def keeps_versions(self, key: str) -> bool | None:
        """Nobody can tell: snapshots of the disk, if any, are not seen from here."""
        self._usable()
        checked_key(key)
        return None

    async def list_unfinished(self, prefix: str) -> UnfinishedSeen:
        """Files that a killed process left; also those that are being written now."""
        self._usable()
        with named_errors(checked_key(prefix)):
            found = await asyncio.to_thread(_unfinished, self._root, prefix)
        return UnfinishedSeen(tuple(sorted(found, key=lambda each: each.begun_at)), datetime.now(UTC))

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """Remove the file."""
        self._usable()
        name = re.fullmatch(_UNFINISHED, upload.upload)
        if name is None or name[1] != checked_key(upload.key):
            raise ValueError(f"{upload.upload!r} is no unfinished file of {upload.key}")
        with named_errors(upload.key):
            await asyncio.to_thread((self._root / upload.upload).unlink, missing_ok=True)

    async def object_lock(self) -> ObjectLock | None:
        """Nobody can tell: the disk's own protections are not seen from here."""
        self._usable()
        return None

    async def ping(self) -> None:
        """Return when the folder is there and can be written."""
        self._usable()
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise DaraaError(
                UNAVAILABLE, f"The objects' folder {self._root} cannot be written.", hint="Was its disk unmounted?"
            )

    async def _settle(self, key: str) -> None:
        with named_errors(key):
            await asyncio.to_thread(_to_disk, self._root, key)


def _entries(root: Path, folder: str) -> list[str]:
    # A folder sorts by its name with the slash, as the keys in it do: a-b comes before a/b.
    found = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(root / folder) as entries:
        for entry in entries:
            if is_key(entry.name):
                found.append(f"{folder}{entry.name}/" if entry.is_dir() else f"{folder}{entry.name}")
    return sorted(found)


def _unfinished(root: Path, prefix: str) -> list[Unfinished]:
    found = []
    for folder, _, names in os.walk(root / prefix):
        for name in names:
            path = Path(folder, name)
            upload = path.relative_to(root).as_posix()
            kept = _UNFINISHED.fullmatch(upload)
            if kept is None or not is_key(kept[1]):
                continue
            with suppress(FileNotFoundError):  # completed meanwhile
                found.append(Unfinished(kept[1], upload, datetime.fromtimestamp(path.stat().st_mtime, UTC)))
    return found


def _may_follow(entry: str, start_after: str) -> bool:
    return entry > start_after or (entry.endswith("/") and start_after.startswith(entry))


def _info(root: Path, key: str) -> ObjectInfo | None:
    try:
        found = (root / key).stat()
    except FileNotFoundError:  # deleted since its folder was read
        return None
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _to_disk(root: Path, key: str) -> None:
    path = root / key
    for part in (path, *(parent for parent in path.parents if parent == root or root in parent.parents)):
        handle = os.open(part, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
