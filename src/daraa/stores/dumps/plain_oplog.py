"""The oplog part of a backup as an `oplog.bson` that mongorestore replays: plain entries about our databases alone.

mongorestore hands each entry to the server's `applyOps`. Transactions are therefore unrolled into their operations
(what they did in other databases is left out, and so are those that never ended). Updates in SecantusDB's own spelling
(`updatedFields`, `removedFields`, `truncatedArrays`, with dotted paths) become mongod's (`$v: 2`), in which a server
accepts them; the spelling is described in `src/mongo/db/update/document_diff_serialization.h` of the server's source.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Raw
from daraa.stores.mongo.oplog_apply import EXACT
from daraa.stores.mongo.oplog_operations import Operations

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_DOTTED = ("removedFields", "truncatedArrays", "updatedFields")
_OF_THE_ENTRY = ("ts", "t", "v", "wall")


@dataclass
class PlainOplog:
    """Feed it the parts in order; `prefix` is the name of the main database."""

    prefix: str
    entries: int = 0
    _operations: Operations = field(default_factory=Operations)

    def plain(self, entries: bytes) -> bytes:
        """The entries to write for these, both concatenated BSON."""
        return b"".join(
            plain for document in bson.decode_iter(entries, _RAW) for plain in self._plain(bytes(document.raw))
        )

    def _plain(self, document: bytes) -> Iterator[bytes]:
        entry: Raw = bson.decode(document, EXACT)
        for operation in self._operations.of(entry):
            if operation.get("op") == "n" or not self._is_ours(str(operation.get("ns", ""))):
                continue
            self.entries += 1
            words = _in_mongods_spelling(operation)
            if operation is entry and words is entry:
                yield document
                continue
            yield bson.encode({**{word: entry[word] for word in _OF_THE_ENTRY if word in entry}, **words}, False, EXACT)

    def _is_ours(self, namespace: str) -> bool:
        database = namespace.partition(".")[0]
        return database in {self.prefix + part.value for part in Database}


def _in_mongods_spelling(operation: Raw) -> Raw:
    what = operation.get("o", {})
    if operation.get("op") != "u":
        return operation
    if "diff" in what and set(_DOTTED) & set(what["diff"]):
        change: Raw = {"$v": 2, "diff": delta(what["diff"])}
    elif not any(word.startswith("$") for word in what) and "_id" not in what:
        change = {**operation["o2"], **what}
    else:
        return operation
    return {**operation, "o": change}


def delta(diff: Mapping[str, Any]) -> Raw:
    """A diff with dotted paths in mongod's spelling. A step that is a number means a place in an array.

    SecantusDB does not say which of the two a number is; none of our collections has fields that are called by numbers.
    """
    root = _Level()
    for path in diff.get("removedFields", ()):
        level, last = root.down(path)
        if level.is_array:
            level.updated[last] = None
        else:
            level.removed[last] = False
    for cut in diff.get("truncatedArrays", ()):
        level, last = root.down(cut["field"])
        array = level.inner.setdefault(last, _Level())
        array.is_array, array.length = True, int(cut["newSize"])
    for path, value in diff.get("updatedFields", {}).items():
        level, last = root.down(path)
        level.updated[last] = value
    return root.as_diff()


@dataclass
class _Level:
    """One document or array of the diff."""

    is_array: bool = False
    length: int | None = None
    removed: dict[str, bool] = field(default_factory=dict)
    updated: dict[str, Any] = field(default_factory=dict)
    inner: dict[str, "_Level"] = field(default_factory=dict)

    def down(self, path: str) -> tuple["_Level", str]:
        here, steps = self, path.split(".")
        for step, following in pairwise(steps):
            here = here.inner.setdefault(step, _Level())
            here.is_array = here.is_array or following.isdecimal()
        return here, steps[-1]

    def as_diff(self) -> Raw:
        found: Raw = {}
        if self.is_array:
            found["a"] = True
            if self.length is not None:
                found["l"] = self.length
            found |= {f"u{place}": value for place, value in self.updated.items()}
        else:
            if self.removed:
                found["d"] = dict(self.removed)
            if self.updated:
                found["u"] = dict(self.updated)
        return found | {f"s{name}": level.as_diff() for name, level in self.inner.items()}
