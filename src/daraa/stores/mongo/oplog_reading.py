"""Reads the oplog: what it has to say between two moments, and whether it still says all of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bson.timestamp import Timestamp
from pymongo import timeout
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.raw_batches import stream

_NO_SUCH_PLACE = (26, 73)
FIND_S = 60.0
"""Longest wait for the oldest entry, in seconds; SecantusDB looks at every entry to find it."""
BATCH = 2000


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


async def oplog_between(mongo: Mongo, after: OplogTime, until: OplogTime) -> AsyncIterator[bytes]:
    """The majority-committed entries after one moment up to another, in order, as concatenated BSON.

    Those about our databases, and all `applyOps` (transactions): which of their parts are ours the reader decides.
    """
    databases = [mongo.settings.database + part.value for part in Database]
    ours = "|".join(databases)
    query = {
        "ts": {"$gt": after.as_timestamp(), "$lte": until.as_timestamp()},
        "ns": {"$regex": f"^(({ours})\\.|admin\\.\\$cmd$)"},
    }
    async for found in stream(_oplog(mongo), query, "read oplog.rs", BATCH):
        yield found


def _oplog(mongo: Mongo) -> AsyncCollection[Raw]:
    return mongo.client["local"].get_collection("oplog.rs", read_concern=ReadConcern("majority"))


def _time(found: Timestamp) -> OplogTime:
    return OplogTime(found.time, found.inc)
