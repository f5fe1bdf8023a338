"""What folder and S3 have in common: whole objects through obstore, streamed both ways in bounded memory."""

import atexit
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import LocalStore, S3Store

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.errors import (
    CHANGED,
    EXISTS,
    MISSING,
    REFUSED,
    STORE_UNUSABLE,
    TOO_LARGE,
    UNAVAILABLE,
)
from daraa.stores.objects.interface import Content, ObjectInfo
from daraa.stores.objects.keys import checked_key

PIECE_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 3

# An interpreter that ends while obstore's threads still report a finished call aborts (pyo3-async-runtimes #40).
atexit.register(time.sleep, 0.05)


class ObstoreObjects:
    """`ObjectStore` without listing and deleting, which folders and S3 servers do too differently."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store: LocalStore | S3Store | None = store
        self._pid = os.getpid()

    async def put(self, key: str, content: Content, *, only_if_absent: bool = False) -> ObjectInfo:
        """Write a whole object; small ones in one request, larger ones in parts."""
        store = self._usable()
        checked_key(key)
        begin: bytes | bytearray
        if isinstance(content, bytes | bytearray):
            source, begin, small = None, content, len(content) <= PIECE_BYTES
        else:
            source = _Source(content)
            begin = await source.read(PIECE_BYTES)
            small = source.ended
        if small:
            with named_errors(key, absent=UNAVAILABLE):
                mode: Literal["create", "overwrite"] = "create" if only_if_absent else "overwrite"
                await obstore.put_async(store, key, begin, mode=mode, use_multipart=False)
        elif only_if_absent:
            raise DaraaError(
                TOO_LARGE,
                f"{key} is larger than {PIECE_BYTES} bytes and was to be written only if absent.",
                hint="Write it under a name of its own, then a small marker only if absent.",
            )
        else:
            await self._put_parts(store, key, begin, source)
        await self._settle(key)
        return await self.head(key)

    async def get(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The content in pieces, each asked for on its own, so that none waits longer than one request may."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError(f"no object has {length} bytes from {start}")
        store = self._usable()
        with named_errors(checked_key(key)):
            meta = await obstore.head_async(store, key)
        end = meta["size"] if length is None else min(start + length, meta["size"])
        for here in range(start, end, PIECE_BYTES):
            options: dict[str, Any] = {"range": (here, min(here + PIECE_BYTES, end)), "if_match": meta["e_tag"]}
            with named_errors(key):
                answer = await obstore.get_async(store, key, options=options)  # type: ignore[arg-type]
                piece = bytes(await answer.bytes_async())
            yield piece

    async def head(self, key: str) -> ObjectInfo:
        """Size and time of an object."""
        store = self._usable()
        with named_errors(checked_key(key)):
            meta = await obstore.head_async(store, key)
        return ObjectInfo(key, meta["size"], meta["last_modified"])

    async def keeps_versions(self, key: str) -> bool | None:
        """True when the server numbers the versions of this object."""
        store = self._usable()
        with named_errors(checked_key(key)):
            meta = await obstore.head_async(store, key)
        return meta["version"] not in (None, "", "null")

    async def close(self) -> None:
        """Refuse every later call; obstore itself has nothing to give back."""
        self._store = None

    async def _put_parts(
        self, store: LocalStore | S3Store, key: str, begin: bytes | bytearray, source: "_Source | None"
    ) -> None:
        whole = source.after(begin) if source else begin
        try:
            with named_errors(key, absent=UNAVAILABLE):
                await obstore.put_async(store, key, whole, chunk_size=PIECE_BYTES, max_concurrency=_PARTS_AT_ONCE)
        except Exception:
            # What the caller's own stream raised is not a failure of the store.
            if source and source.failure is not None:
                raise source.failure from None
            raise

    async def _settle(self, key: str) -> None:
        """Called before `put` returns: whatever makes the object outlast a power cut."""

    def _usable(self) -> LocalStore | S3Store:
        if self._store is None:
            raise DaraaError(STORE_UNUSABLE, "The object store was closed.", hint="Open another one.")
        if os.getpid() != self._pid:
            # obstore's threads stay behind in the parent: a call would wait for ever.
            raise DaraaError(
                STORE_UNUSABLE, "The object store was opened before this process forked.", hint="Open it after."
            )
        return self._store


class _Source:
    """A stream to write: knows whether it has ended, and whether it failed by itself."""

    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(content)
        self.ended = False
        self.failure: BaseException | None = None

    async def read(self, limit: int) -> bytes:
        """Bytes up to the chunk that exceeds `limit`; all of them when that sets `ended`."""
        begin = bytearray()
        async for chunk in self._chunks:
            begin += chunk
            if len(begin) > limit:
                return bytes(begin)
        self.ended = True
        return bytes(begin)

    async def after(self, begin: bytes | bytearray) -> AsyncIterator[bytes | bytearray]:
        """`begin`, then what was not read yet."""
        yield begin
        try:
            async for chunk in self._chunks:
                yield chunk
        except BaseException as error:
            self.failure = error
            raise


@contextmanager
def named_errors(key: str, *, absent: str = MISSING) -> Iterator[None]:
    """Turn obstore's errors into ours; `absent` is the code for "not found", where it means the bucket or folder."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise _named(error, key, absent) from error


def _named(error: Exception, key: str, absent: str) -> DaraaError:
    # A failed listing is a generic error: only its text has the server's status.
    text = str(error)
    status = found[1] if (found := re.search(r"status code: (\d{3})", text)) else ""
    if isinstance(error, FileNotFoundError) or status == "404":
        if absent == MISSING:
            return DaraaError(MISSING, f"There is no object {key}.", key=key)
        return DaraaError(absent, f"The bucket or folder for {key} does not exist.", hint="Make it, or mend its name.")
    if isinstance(error, AlreadyExistsError):
        return DaraaError(EXISTS, f"The object {key} exists already.", key=key)
    if isinstance(error, PreconditionError):
        return DaraaError(CHANGED, f"The object {key} changed while it was read.", hint="Read it again.")
    if "RequestTimeTooSkewed" in text:
        return DaraaError(
            REFUSED,
            f"The object store does not let us at {key}: its clock and this machine's differ too much.",
            hint="Compare `date -u` with the server's time, and mend the clock that is wrong.",
        )
    refused = isinstance(error, (PermissionDeniedError, UnauthenticatedError, PermissionError))
    if refused or status in ("401", "403") or "(code: AccessDenied)" in text:
        return DaraaError(
            REFUSED,
            f"The object store does not let us at {key}.",
            hint="Compare the key pair, its rights, and this machine's clock.",
        )
    return DaraaError(
        UNAVAILABLE,
        f"The object store failed on {key}: {_first_line(error)}",
        hint="Check that it can be reached and has room.",
    )


def _first_line(error: Exception) -> str:
    # The rest is a dump of Rust structures.
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
