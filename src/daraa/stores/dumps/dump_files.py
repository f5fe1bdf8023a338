"""Reads files of a dump at any place, compressed or not, and nothing but plain files: a dump may come from anywhere."""

import os
import stat
import threading
import zlib
from pathlib import Path
from typing import Any

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.errors import NOT_FOUND, broken

GZIP_MAGIC = b"\x1f\x8b"
STEP = 1024 * 1024
"""Most bytes that are unpacked at a time."""
APART = 64 * 1024 * 1024
"""Bytes between two places of a compressed file from which reading can begin, until there are too many of them."""
_GZIP = 31


class DumpFile:
    """An open file; `read_at` may be called by several threads. Closed by `close`."""

    def __init__(self, path: Path, where: str) -> None:
        self.where = where
        self._descriptor = _opened(path, where)

    def read_at(self, offset: int, length: int) -> bytes:
        """That many bytes from there on; fewer only at the end of the file."""
        parts, left = [], length
        while left and (found := os.pread(self._descriptor, min(left, 16 * STEP), offset + length - left)):
            parts.append(found)
            left -= len(found)
        return b"".join(parts)

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)


class GzipFile(DumpFile):
    """The unpacked bytes of a gzip file, whose checksums are compared; `backup.dump.broken` when it is cut off.

    Unpacked bytes come a bounded number at a time, however many a small file unpacks to. At most `places` states are
    kept (each about 50 KB) from which reading can begin again.
    """

    def __init__(self, path: Path, where: str, places: int = 64) -> None:
        super().__init__(path, where)
        self._lock = threading.Lock()
        self._limit, self._apart = places, APART
        self._unpacking: Any = zlib.decompressobj(_GZIP)
        self._raw = self._at = 0
        self._ready = b""
        self._places: list[tuple[int, int, Any]] = [(0, 0, self._unpacking.copy())]

    def read_at(self, offset: int, length: int) -> bytes:
        with self._lock:
            self._go_to(offset)
            parts, left = [], length
            while left:
                if not self._ready and not self._more():
                    break
                found, self._ready = self._ready[:left], self._ready[left:]
                self._at += len(found)
                left -= len(found)
                parts.append(found)
            return b"".join(parts)

    def _go_to(self, offset: int) -> None:
        at, raw, state = max((each for each in self._places if each[0] <= offset), key=lambda each: each[0])
        if not self._at <= offset or at > self._at:
            self._at, self._raw, self._unpacking, self._ready = at, raw, state.copy(), b""
        while self._at < offset and (self._ready or self._more()):
            skipped = min(offset - self._at, len(self._ready))
            self._ready = self._ready[skipped:]
            self._at += skipped

    def _more(self) -> bool:
        """Unpack the next bytes into `_ready`, which is empty; False at the end."""
        if self._at - self._places[-1][0] >= self._apart and not self._unpacking.eof:
            self._remember()
        while not self._ready:
            packed = self._unpacking.unconsumed_tail or self._unpacking.unused_data
            if not packed:
                packed = os.pread(self._descriptor, STEP // 4, self._raw)
                self._raw += len(packed)
            if self._unpacking.eof:
                if not packed:
                    return False
                self._unpacking = zlib.decompressobj(_GZIP)  # gzip files may be joined to one another
            elif not packed:
                raise broken(self.where, "the compressed data is cut off")
            try:
                self._ready = self._unpacking.decompress(packed, STEP)
            except zlib.error:
                raise broken(self.where, "the compressed data is damaged") from None
        return True

    def _remember(self) -> None:
        self._places.append((self._at, self._raw, self._unpacking.copy()))
        if len(self._places) > self._limit:
            self._places, self._apart = self._places[::2], self._apart * 2


def open_dump_file(path: Path, where: str, places: int = 64) -> DumpFile:
    """The file, unpacked when it is compressed, whatever it is called. Raises `backup.dump.missing`, `.broken`."""
    plain = DumpFile(path, where)
    if plain.read_at(0, 2) != GZIP_MAGIC:
        return plain
    plain.close()
    return GzipFile(path, where, places)


def _opened(path: Path, where: str) -> int:
    try:
        # Without waiting: a pipe in the place of a file would hang us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DaraaError(
            NOT_FOUND, f"{where} cannot be read: {error.strerror}.", hint="A dump consists of plain files alone."
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise broken(where, "it is no plain file")
    return descriptor
