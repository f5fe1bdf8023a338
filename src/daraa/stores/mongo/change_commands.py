"""The two commands of a data change: which documents come next, and the change of one batch."""

from pymongo import timeout

from daraa.declare.data_change import DataChange
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import translated

BATCH_S = 60.0
"""Longest wait for one batch, in seconds."""
_RAISE_VERSION = {"$set": {"ver": {"$add": [{"$ifNull": ["$ver", 0]}, 1]}}}


async def next_batch(mongo: Mongo, change: DataChange, position: str) -> list[str]:
    """The ids of the next documents that match, behind `position` (empty: from the start), in order."""
    where = {"$and": [{"_id": {"$gt": position}}, dict(change.where)]}
    with translated(f"find {change.collection.name}"), timeout(BATCH_S):
        cursor = mongo.collection(change.collection).find(where, {"_id": 1}, hint="_id_")
        return [str(row["_id"]) for row in await cursor.sort("_id", 1).limit(change.batch).to_list(change.batch)]


async def change_batch(mongo: Mongo, change: DataChange, first: str, last: str) -> int:
    """Change every document from `first` to `last` that matches still; returns how many. Raises their `ver` too."""
    where = {"$and": [{"_id": {"$gte": first, "$lte": last}}, dict(change.where)]}
    update = [*map(dict, change.update), _RAISE_VERSION]
    with translated(f"update {change.collection.name}"), timeout(BATCH_S):
        result = await mongo.collection(change.collection).update_many(where, update)
    return result.modified_count
