"""Cuts a stream of BSON documents into pieces of whole ones, and believes no length that it did not see."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from daraa.stores.dumps.archive_format import LARGEST_DOCUMENT, TERMINATOR
from daraa.stores.dumps.dump_files import STEP, DumpFile
from daraa.stores.dumps.errors import broken

PIECE_BYTES = 16 * 1024 * 1024
"""Most bytes of a piece, but for a single document that is larger."""
_SMALLEST = 5


@dataclass
class DocumentStream:
    """Reads a file from its beginning; `position` is where the next document begins. One piece is in memory."""

    file: DumpFile
    position: int = 0
    _ready: bytes = b""
    _at: int = 0

    def skip(self, expected: bytes) -> bool:
        """Pass over these bytes if they come next."""
        if self._peek(len(expected)) != expected:
            return False
        self._take(len(expected))
        return True

    def next(self) -> bytes | None:
        """The next document; None at the end of the file."""
        if not self._peek(1):
            return None
        return self._document(self._length())

    def pieces(self, *, terminated: bool) -> Iterator[tuple[int, bytes]]:
        """Where a piece begins, and its documents; up to the terminator, or else to the end of the file."""
        begin, parts, size = self.position, list[bytes](), 0
        while not self._ends(terminated):
            length = self._length()
            if parts and size + length > PIECE_BYTES:
                yield begin, b"".join(parts)
                begin, parts, size = self.position, [], 0
            parts.append(self._document(length))
            size += length
        if parts:
            yield begin, b"".join(parts)

    def _ends(self, terminated: bool) -> bool:
        if terminated:
            return self.skip(TERMINATOR)
        return not self._peek(1)

    def _length(self) -> int:
        head = self._peek(4)
        length = struct.unpack("<i", head)[0] if len(head) == 4 else None
        if length is None:
            raise broken(self._where(), "it is cut off")
        if not _SMALLEST <= length <= LARGEST_DOCUMENT:
            raise broken(self._where(), f"no document is {length} bytes long")
        return int(length)

    def _document(self, length: int) -> bytes:
        found = self._take(length)
        if len(found) < length:
            raise broken(self._where(), f"it is cut off in a document of {length} bytes")
        if found[-1]:
            raise broken(self._where(), "a document does not end where it says")
        return found

    def _peek(self, length: int) -> bytes:
        if len(self._ready) - self._at < length:
            self._fill(length)
        return self._ready[self._at : self._at + length]

    def _take(self, length: int) -> bytes:
        found = self._peek(length)
        self._at += len(found)
        self.position += len(found)
        return found

    def _fill(self, length: int) -> None:
        rest = self._ready[self._at :]
        more = self.file.read_at(self.position + len(rest), max(STEP, length - len(rest)))
        self._ready, self._at = rest + more, 0

    def _where(self) -> str:
        return f"{self.file.where}, byte {self.position}"
