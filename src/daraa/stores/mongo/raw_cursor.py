"""A `find` whose answers nobody decodes.

The driver's own raw batches make an object of every document on the way (PyMongo 4: `_decode_selective` unfolds the
cursor before it takes the bytes out), which is half of what reading costs. A reply that is asked for as a
`RawBSONDocument` stays as it came, and its bytes are taken apart here.
"""

import struct
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from typing import Any

from bson import Int64
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from pymongo import timeout
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

CLOSE_S = 5.0
"""Longest wait for the server to close a cursor, in seconds; it does so by itself after ten minutes."""
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_INT32 = struct.Struct("<i")
_INT64 = struct.Struct("<q")
_ARRAY, _LONG = 0x04, 0x12
_FIXED = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, _LONG: 8}
"""Bytes of a value, by its type (bsonspec.org)."""
_COUNTED = {0x02: 4, 0x05: 5}
"""Bytes beside those that the value's length counts; an embedded document or array counts its own."""


async def find_raw(
    database: AsyncDatabase[dict[str, Any]], find: Mapping[str, Any], batch: int
) -> AsyncGenerator[bytes, None]:
    """The answers to `find` (a command of that name) as concatenated BSON documents, `batch` documents each.

    An answer without documents comes out as empty bytes. Raises what the driver raises; `InvalidBSON` for bytes that
    are none. A reader that stops early has the server's cursor closed.
    """
    more = {"collection": find["find"], "batchSize": batch}
    async with database.client.start_session(causal_consistency=False) as session:
        reply = await database.command({**find, "batchSize": batch}, codec_options=_RAW, session=session)
        documents, cursor = _taken_apart(bytes(reply["cursor"].raw))
        del reply  # what comes beside the next answer should only be what is still needed
        try:
            while True:
                yield documents
                del documents
                if not cursor:
                    return
                reply = await database.command({"getMore": Int64(cursor), **more}, codec_options=_RAW, session=session)
                documents, cursor = _taken_apart(bytes(reply["cursor"].raw))
                del reply
        finally:
            if cursor:
                # Bounded: who gave up on a frozen server must not wait for it here.
                with suppress(PyMongoError), timeout(CLOSE_S):
                    await database.command({"killCursors": find["find"], "cursors": [Int64(cursor)]}, session=session)


def _taken_apart(cursor: bytes) -> tuple[bytes, int]:
    """The documents of a reply's `cursor`, and the id to ask for more with (0: there is no more)."""
    documents, number = None, None
    try:
        for kind, name, begin, end in _elements(cursor):
            if kind == _ARRAY and name in (b"firstBatch", b"nextBatch"):
                documents = _documents(cursor, begin, end)
            elif kind == _LONG and name == b"id":
                (number,) = _INT64.unpack_from(cursor, begin)
    except (struct.error, ValueError, IndexError) as error:
        raise InvalidBSON(f"the reply to a find is cut off: {error}") from error
    if documents is None or number is None:
        raise InvalidBSON("the reply to a find has no batch or no cursor id")
    return documents, number


def _elements(document: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    """Type, name, begin and end of the value of each element."""
    at, last = 4, len(document) - 1
    while at < last:
        kind = document[at]
        name_end = document.index(0, at + 1)
        begin = name_end + 1
        if kind in _FIXED:
            end = begin + _FIXED[kind]
        elif kind in (0x03, _ARRAY):
            end = begin + _INT32.unpack_from(document, begin)[0]
        elif kind in _COUNTED:
            end = begin + _COUNTED[kind] + _INT32.unpack_from(document, begin)[0]
        else:
            raise InvalidBSON(f"the reply to a find has an element of type {kind}")
        if not begin <= end <= last:
            raise InvalidBSON("the reply to a find has an element that does not fit in")
        yield kind, document[at + 1 : name_end], begin, end
        at = end


def _documents(cursor: bytes, begin: int, end: int) -> bytes:
    """The documents of an array, without the keys (`"0"`, `"1"`, …) before each."""
    found, view, unpack, index = [], memoryview(cursor), _INT32.unpack_from, cursor.index
    at, last = begin + 4, end - 1
    while at < last:
        if cursor[at] != 0x03:
            raise InvalidBSON("the reply to a find has something else among its documents")
        at = index(0, at + 1) + 1
        size = unpack(cursor, at)[0]
        if size < 5 or at + size > last:
            raise InvalidBSON("the reply to a find has a document that does not fit in")
        found.append(view[at : at + size])
        at += size
    return b"".join(found)
