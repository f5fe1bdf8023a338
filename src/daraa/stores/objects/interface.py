"""What the rest of the house may ask of an object store; small, so that every implementation can pass one suite."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Content = bytes | bytearray | AsyncIterable[bytes]
"""A whole object: bytes in memory, of which no copy is made, or a stream of them."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """An object without its content: size in bytes, time of its last writing (UTC)."""

    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What somebody began to write and never completed: no listing of objects shows it, yet it takes room.

    `upload` is the store's own name for it, since several may be begun under one key.
    """

    key: str
    upload: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class UnfinishedSeen:
    """What a store shows of its unfinished uploads, at its own time `at` (UTC).

    `unknown` says why there may be others that it does not show; empty when these are all.
    """

    uploads: tuple[Unfinished, ...]
    at: datetime
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """For how many days nobody can delete what is written; 0: no lock. `mode` is the server's word for how strict."""

    days: int
    mode: str = ""


class ObjectStore(Protocol):
    """Whole objects under keys such as `backups/2026-11-23/manifest.json`.

    A key is ASCII letters, digits and `_ . = -` in segments between slashes; others raise `objects.key.invalid`.
    No key may be another's folder (`a` beside `a/b`): a file system cannot hold both. Every call may also raise
    `objects.server.unavailable` (retryable) and `objects.server.refused`.
    """

    async def put(self, key: str, content: Content, *, only_if_absent: bool = False) -> ObjectInfo:
        """Write a whole object, or replace one; memory stays flat whatever its size.

        Nobody ever sees a part of it, and when `content` raises, that error comes out and the key is as before.
        With `only_if_absent` (for manifests and markers, up to 8 MiB, else `objects.object.too_large`) one of many
        writers succeeds and the others get `objects.object.exists`. OpenStack Swift looks and writes in two steps:
        there several may succeed that write in the same moment, and one's content stays. Read it back to be sure.
        """
        ...

    def get(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content from byte `start`, `length` bytes of it (None: to the end), in pieces of at most 8 MiB.

        What lies beyond the end is left out. Raises `objects.object.missing`, and `objects.object.changed` when
        somebody replaced the object meanwhile, so that two versions are never mixed.
        """
        ...

    async def head(self, key: str) -> ObjectInfo:
        """Size and time of an object; raises `objects.object.missing`."""
        ...

    def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
        """All objects in the folder `prefix` and below ("": everywhere), in the order of their keys (by byte).

        `start_after` continues a listing after a key that need not exist.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there does not matter."""
        ...

    async def keeps_versions(self, key: str) -> bool | None:
        """Whether an object that is replaced or deleted is kept as an older version; None: it cannot be told.

        Raises `objects.object.missing` where a server would have to say it about that object.
        """
        ...

    async def list_unfinished(self, prefix: str) -> UnfinishedSeen:
        """What was begun in the folder `prefix` and below and not completed, running uploads too; oldest first."""
        ...

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """Give its room back; one that is not there any more does not matter. Never touches an object."""
        ...

    async def object_lock(self) -> ObjectLock | None:
        """The lock that new objects get by themselves; None: it cannot be told."""
        ...

    async def ping(self) -> None:
        """Return when the store can be reached with our credentials."""
        ...

    async def close(self) -> None:
        """Give everything back; the store is of no use afterwards."""
        ...
