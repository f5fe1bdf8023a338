"""Reads the oplog: what it has to say between two moments, and whether it still says all of it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo import timeout
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.oplog_operations import is_replayable
from daraa.stores.mongo.raw_batches import stream
from daraa.stores.mongo.restore_journal import JOURNAL

_NO_SUCH_PLACE = (26, 73)
FIND_S = 60.0
"""Longest wait for the oldest entry, in seconds; SecantusDB looks at every entry to find it."""
BATCH = 2000
SETTLE_S = 0.5
"""How long what is committed is given to become visible, in seconds: SecantusDB gives out its time before it writes."""
NEAR_S = 60
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True, order=True)
class OplogTime:
    """A place in the oplog: seconds since 1970 and a counter within that second."""

    seconds: int
    increment: int

    def __str__(self) -> str:
        return f"{self.seconds}:{self.increment}"

    @classmethod
    def parse(cls, text: str) -> "OplogTime":
        """From `seconds:increment`."""
        seconds, _, increment = text.partition(":")
        return cls(int(seconds), int(increment))

    def as_timestamp(self) -> Timestamp:
        """As the server spells it."""
        return Timestamp(self.seconds, self.increment)


async def committed_until(mongo: Mongo) -> OplogTime | None:
    """The newest moment that a majority holds; None on a server without an oplog."""
    with translated("hello"), timeout(FIND_S):
        hello = await mongo.client.admin.command("hello")
    found = hello.get("lastWrite", {}).get("majorityOpTime", {}).get("ts") if hello.get("setName") else None
    return _time(found) if isinstance(found, Timestamp) else None


async def settled_until(mongo: Mongo) -> OplogTime | None:
    """As `committed_until`, but everything up to that moment can be read when this returns."""
    until = await committed_until(mongo)
    if until is not None:
        await asyncio.sleep(SETTLE_S)
    return until


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest entry at or before a moment and the SHA-256 of its bytes: who finds it again reads the same oplog."""

    at: OplogTime
    sha256: str


async def newest_entry(mongo: Mongo, until: OplogTime) -> Anchor | None:
    """The newest entry up to `until`, whatever it is about; None when the oplog holds none."""
    oplog = _raw_oplog(mongo)
    with translated("find oplog.rs"), timeout(FIND_S):
        near = {"$gt": Timestamp(max(until.seconds - NEAR_S, 0), 0), "$lte": until.as_timestamp()}
        for span in (near, {"$lte": until.as_timestamp()}):
            found = await oplog.find_one({"ts": span}, sort=[("ts", -1)])
            if found is not None:
                at = _time(found["ts"])
                return Anchor(at, await _fingerprint(mongo, at))
    return None


async def still_there(mongo: Mongo, anchor: Anchor) -> bool:
    """Whether the oplog still reaches back to that entry, and it is the same one."""
    with translated("find oplog.rs"), timeout(FIND_S):
        return await _fingerprint(mongo, anchor.at) == anchor.sha256


async def _fingerprint(mongo: Mongo, at: OplogTime) -> str:
    """Of all entries of a moment: SecantusDB gives those of a transaction the same."""
    rows = [row.raw async for row in _raw_oplog(mongo).find({"ts": at.as_timestamp()})]
    return hashlib.sha256(b"".join(sorted(rows))).hexdigest()


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A command in the oplog that changes the shape of our databases, e.g. `createIndexes orders`.

    `replayable`: a replay onto the copy that was being made can do it too.
    """

    at: OplogTime
    what: str
    replayable: bool = False


async def schema_changes(mongo: Mongo, after: OplogTime, until: OplogTime) -> list[SchemaChange]:
    """The commands about our databases between two moments, in order; a restore's own journal is no part of them."""
    span = {"$gt": after.as_timestamp(), "$lte": until.as_timestamp()}
    query = {"ts": span, "op": "c", "ns": {"$regex": _ours(mongo)}}
    with translated("find oplog.rs"), timeout(FIND_S):
        rows = await _oplog(mongo).find(query, {"ts": 1, "o": 1}).to_list(None)
    changes = []
    for row in rows:
        name, collection = next(iter(row["o"].items()))
        if collection != JOURNAL:
            changes.append(SchemaChange(_time(row["ts"]), f"{name} {collection}", is_replayable(row["o"])))
    return sorted(changes, key=lambda each: each.at)


async def oldest_entry(mongo: Mongo) -> OplogTime | None:
    """The moment of the oldest entry that is still there; None when there is none.

    `stores.access.denied` for an account that may not read the oplog: it must not look as if there were none.
    """
    with translated("find oplog.rs"), timeout(FIND_S):
        try:
            found = await _oplog(mongo).find_one({}, {"ts": 1})
        except OperationFailure as error:
            if error.code in _NO_SUCH_PLACE:
                return None
            raise
    return _time(found["ts"]) if found else None


def oplog_between(mongo: Mongo, after: OplogTime, until: OplogTime) -> AsyncIterator[bytes]:
    """The majority-committed entries after one moment up to another, in order, as concatenated BSON.

    Those about our databases, and all `applyOps` (transactions): which of their parts are ours the reader decides.
    """
    span = {"$gt": after.as_timestamp(), "$lte": until.as_timestamp()}
    query = {"ts": span, "ns": {"$regex": f"{_ours(mongo)}|^admin\\.\\$cmd$"}}
    find = {"find": "oplog.rs", "filter": query}
    return stream(mongo.client["local"], find, "read oplog.rs", BATCH)


def _ours(mongo: Mongo) -> str:
    """What the namespaces of our databases match."""
    databases = "|".join(mongo.settings.database + part.value for part in Database)
    return f"^({databases})\\."


def _raw_oplog(mongo: Mongo) -> Any:
    return mongo.client["local"].get_collection("oplog.rs", codec_options=_RAW, read_concern=ReadConcern("majority"))


def _oplog(mongo: Mongo) -> AsyncCollection[Raw]:
    return mongo.client["local"].get_collection("oplog.rs", read_concern=ReadConcern("majority"))


def _time(found: Timestamp) -> OplogTime:
    return OplogTime(found.time, found.inc)
