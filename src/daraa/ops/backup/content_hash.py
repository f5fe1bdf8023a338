"""A hash of a collection's content that does not depend on the order of its documents, computed while they pass by."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from daraa.kernel.errors import DaraaError, register

MODULUS = 2**256
_SIZE = struct.Struct("<i")
_SMALLEST = 5

NOT_DOCUMENTS = register(
    "backup.documents.broken", status=500, en="The bytes are no whole documents", ar="البيانات ليست مستندات كاملة"
)


@dataclass
class ContentHash:
    """The sum modulo 2**256 of the SHA-256 of each document's BSON bytes as stored, and their count and size (bytes).

    Adding up, rather than exclusive-or, notices a document that is there twice.
    """

    documents: int = 0
    size: int = 0
    _sum: int = 0

    def add(self, documents: bytes | bytearray) -> int:
        """Count in concatenated whole BSON documents; returns how many they are (`backup.documents.broken`)."""
        sha256, number, view = hashlib.sha256, int.from_bytes, memoryview(documents)
        begin = count = total = 0
        for end in document_ends(documents):
            total += number(sha256(view[begin:end]).digest(), "big")
            begin = end
            count += 1
        self._sum = (self._sum + total) % MODULUS
        self.documents += count
        self.size += len(documents)
        return count

    def merge(self, other: "ContentHash") -> None:
        """Count in what another one has seen."""
        self._sum = (self._sum + other._sum) % MODULUS
        self.documents += other.documents
        self.size += other.size

    def hexdigest(self) -> str:
        """64 hexadecimal digits; all zero for no document."""
        return f"{self._sum:064x}"


def count_documents(documents: bytes | bytearray) -> int:
    """How many concatenated BSON documents they are."""
    return sum(1 for _ in document_ends(documents))


def document_ends(documents: bytes | bytearray) -> Iterator[int]:
    """Where each of the concatenated BSON documents ends; `backup.documents.broken` when they do not fit together."""
    at, end, unpack = 0, len(documents), _SIZE.unpack_from
    while at < end:
        size = unpack(documents, at)[0] if end - at >= _SMALLEST else 0
        if size < _SMALLEST or at + size > end:
            raise DaraaError(
                NOT_DOCUMENTS,
                f"At byte {at} of {end} there is no whole BSON document.",
                hint="The server or the network cut something off: take the backup again.",
            )
        at += size
        yield at
