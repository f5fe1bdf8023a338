"""Finds the rest of transactions that a moment in the oplog cuts in two.

A mongod writes a transaction as one entry, or as several that become visible together. SecantusDB writes one entry for
each statement when it commits, those of concurrent commits in between, and its majority point may lie among them
(seen in a tenth of all readings under three writers). What a transaction builds on was committed before its first
entry, so whoever has read up to a moment only needs the rest of the transactions that have begun there.
"""

import asyncio
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo import timeout

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.oplog_reading import FIND_S, OplogTime

NEAR_S = 20
"""How far back a transaction that is being committed may have its first entry, in seconds: more than one may last."""
SETTLE_S = 0.5
"""How long the rest of a commit is given to become visible, in seconds."""
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
# Retryable writes have a number too, but each entry of theirs (with its stmtId) stands for itself.
_STATEMENTS = {"op": {"$in": ["i", "u", "d"]}, "txnNumber": {"$exists": True}, "stmtId": {"$exists": False}}


async def rest_of_transactions(mongo: Mongo, until: OplogTime) -> bytes:
    """The entries after `until`, about our databases, of transactions with an entry up to it, as concatenated BSON."""
    oplog: Any = mongo.client["local"].get_collection("oplog.rs", codec_options=_RAW)
    near = {"$gt": Timestamp(max(until.seconds - NEAR_S, 0), 0), "$lte": until.as_timestamp()}
    ours = "|".join(mongo.settings.database + part.value for part in Database)
    with translated("read oplog.rs"), timeout(FIND_S):
        begun = {_transaction(each) async for each in oplog.find({"ts": near, **_STATEMENTS})}
        if not begun:
            return b""
        await asyncio.sleep(SETTLE_S)
        later = {"ts": {"$gt": until.as_timestamp()}, "ns": {"$regex": f"^({ours})\\."}, **_STATEMENTS}
        return b"".join([each.raw async for each in oplog.find(later) if _transaction(each) in begun])


def _transaction(entry: Any) -> tuple[bytes, int]:
    return bytes(entry["lsid"]["id"]), int(entry["txnNumber"])
