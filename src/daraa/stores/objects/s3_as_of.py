"""A bucket with versions as it was at an earlier moment: what was overwritten or deleted since is there, and read only.

For the day on which somebody got at the bucket: the versions below what he did are the repository.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Never

import obstore

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.bucket_calls import Marker, Version
from daraa.stores.objects.errors import MISSING, PAST
from daraa.stores.objects.interface import Content, ObjectInfo, Unfinished
from daraa.stores.objects.keys import checked_key, is_key
from daraa.stores.objects.s3 import S3Objects
from daraa.stores.objects.streams import PIECE_BYTES, named_errors
from daraa.stores.objects.target import S3Target


class S3AsOf(S3Objects):
    """`ObjectStore` of the moment `at`, by the server's clock; every write raises `objects.store.past`."""

    def __init__(self, target: S3Target, at: datetime) -> None:
        super().__init__(target)
        self._at = at

    async def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
        """The objects that were there then, in the order of their keys; a page of versions at a time."""
        self._usable()
        after: Marker = {"KeyMarker": checked_key(start_after)} if start_after else {}
        async for found in self._standing(f"{checked_key(prefix)}/" if prefix else "", after):
            if is_key(found.key) and found.key > start_after:
                yield ObjectInfo(found.key, found.size, found.at)

    async def head(self, key: str) -> ObjectInfo:
        """Size and time of an object as it was."""
        found = await self._find(key)
        return ObjectInfo(key, found.size, found.at)

    async def get(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content as it was, in pieces; a version never changes."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError(f"no object has {length} bytes from {start}")
        store, found = self._usable(), await self._find(key)
        end = found.size if length is None else min(start + length, found.size)
        for here in range(start, end, PIECE_BYTES):
            options: dict[str, Any] = {"range": (here, min(here + PIECE_BYTES, end)), "version": found.version}
            with named_errors(key):
                answer = await obstore.get_async(store, key, options=options)  # type: ignore[arg-type]
                piece = bytes(await answer.bytes_async())
            yield piece

    async def put(self, key: str, content: Content, *, only_if_absent: bool = False) -> ObjectInfo:
        """Refused."""
        self._refuse(key)

    async def delete(self, key: str) -> None:
        """Refused."""
        self._refuse(key)

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """Refused."""
        self._refuse(upload.key)

    async def _find(self, key: str) -> Version:
        self._usable()
        async for found in self._standing(checked_key(key), {}):
            if found.key == key:
                return found
            break
        raise DaraaError(MISSING, f"There was no object {key} at {self._at:%Y-%m-%d %H:%M:%S %Z}.", key=key)

    async def _standing(self, prefix: str, after: Marker) -> AsyncIterator[Version]:
        """Of each key the newest version of then, unless that says that it was deleted."""
        best: Version | None = None
        current = ""
        while True:
            page, after = await self.calls.versions(prefix, after)
            for each in page:
                if each.key != current:
                    if best is not None and not best.gone:
                        yield best
                    current, best = each.key, None
                if each.at <= self._at and (best is None or each.at > best.at):
                    best = each
            if not after:
                break
        if best is not None and not best.gone:
            yield best

    def _refuse(self, key: str) -> Never:
        raise DaraaError(
            PAST,
            f"{key} cannot be changed in the bucket of {self._at:%Y-%m-%d %H:%M:%S %Z}.",
            hint="What was cannot be written: take DARAA_BACKUP_AS_OF away.",
        )
