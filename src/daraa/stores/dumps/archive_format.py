"""The blocks that an archive of mongodump consists of; common/archive/spec.md of mongodb/mongo-tools describes them.

`magic`, the header, one document for each collection, the terminator; then segments: a document that names a
collection, its documents, the terminator. The last segment of a collection has no documents, `EOF` and the CRC.
"""

import struct
from dataclasses import dataclass
from typing import Any

import bson
from bson.int64 import Int64

from daraa.stores.dumps.crc64 import as_int64
from daraa.stores.dumps.errors import broken

MAGIC = struct.pack("<I", 0x8199E26D)
TERMINATOR = struct.pack("<i", -1)
VERSION = "0.1"
LARGEST_DOCUMENT = 16 * 1024 * 1024 + 16 * 1024
"""Most bytes of a document: what a server stores, and what it adds to that in its oplog."""
OPLOG = ("", "oplog")
"""The oplog's database and collection in an archive."""
_INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Listed:
    """A collection as the beginning of an archive names it; `metadata` is JSON, empty when there is none."""

    database: str
    collection: str
    metadata: str
    size: int
    kind: str


@dataclass(frozen=True, slots=True)
class Segment:
    """What a segment is about; `over` when it is the collection's last, and `crc` then that of all its documents."""

    database: str
    collection: str
    over: bool
    crc: int


def prelude(server_version: str, tool_version: str, listed: list[Listed]) -> bytes:
    """Everything before the first segment."""
    header = {
        "concurrent_collections": 1,
        "version": VERSION,
        "server_version": server_version,
        "tool_version": tool_version,
    }
    return b"".join([MAGIC, bson.encode(header), *(bson.encode(_as_document(each)) for each in listed), TERMINATOR])


def segment(database: str, collection: str, crc: int | None = None) -> bytes:
    """The document that begins a segment; with a CRC the one that ends the collection."""
    words = {
        "db": database,
        "collection": collection,
        "EOF": crc is not None,
        "CRC": Int64(as_int64(crc or 0)),
    }
    return bson.encode(words)


def read_header(content: bytes, where: str) -> dict[str, Any]:
    """The header; `backup.dump.broken` when it is none, or of a format that nobody has written so far."""
    words = _document(content, where)
    if words.get("version") != VERSION:
        raise broken(where, f"it is of the format {words.get('version')!r}, not {VERSION}")
    return words


def read_listed(content: bytes, where: str) -> Listed:
    """One collection of the beginning; older tools write neither size nor type."""
    words = _document(content, where)
    fields = [words.get("db"), words.get("collection"), words.get("metadata", ""), words.get("type", "")]
    size = words.get("size", 0)
    if not all(isinstance(each, str) for each in fields) or not fields[1] or not isinstance(size, int):
        raise broken(where, "it names a collection in a way that no tool does")
    return Listed(str(fields[0]), str(fields[1]), str(fields[2]), size, str(fields[3]))


def read_segment(content: bytes, where: str) -> Segment:
    """What begins a segment."""
    words = _document(content, where)
    database, collection, over, crc = (words.get(word) for word in ("db", "collection", "EOF", "CRC"))
    if not isinstance(database, str) or not isinstance(collection, str) or not collection:
        raise broken(where, "a segment does not say of which collection it is")
    if not isinstance(over, bool) or not isinstance(crc, int):
        raise broken(where, f"a segment of {database}.{collection} does not say whether it is the last")
    return Segment(database, collection, over, crc % 2**64)


def _as_document(listed: Listed) -> dict[str, Any]:
    return {
        "db": listed.database,
        "collection": listed.collection,
        "metadata": listed.metadata,
        "size": listed.size if listed.size < _INT32 else Int64(listed.size),
        "type": listed.kind,
    }


def _document(content: bytes, where: str) -> dict[str, Any]:
    try:
        return dict(bson.decode(content))
    except (bson.InvalidBSON, ValueError, OverflowError):
        raise broken(where, "what should name a collection is no document") from None
