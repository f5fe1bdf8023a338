"""The administrative commands that bring a collection into shape; each is one command, and the caller reads it back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import timeout

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated

READ_S = 30.0
"""Longest wait for one answer about the catalogue, in seconds."""
COUNT_S = 120.0
"""Longest wait for the count of one window of documents, in seconds."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How far a count of misfits has come: documents looked at, misfits among them, the id of one of them."""

    looked_at: int
    misfits: int
    example: Any = None


async def list_collections(mongo: Mongo, part: Database, name: str = "") -> list[Raw]:
    """Every collection of the database (or the one named) with its options, as the server lists them.

    Views and the server's own collections are left out.
    """
    with translated(f"listCollections {mongo.settings.database}{part.value}"), timeout(READ_S):
        cursor = await mongo.database(part).list_collections(filter={"name": name} if name else None)
        found = [dict(each) async for each in cursor]
    return [each for each in found if each.get("type", "collection") == "collection" and not _system(each["name"])]


def _system(name: str) -> bool:
    return name.startswith("system.")


async def list_indexes(mongo: Mongo, part: Database, name: str) -> list[Raw]:
    """Every index of the collection, as the server lists it; empty when there is no such collection."""
    with translated(f"listIndexes {name}"), timeout(READ_S):
        return [dict(each) async for each in await mongo.database(part)[name].list_indexes()]


async def create_collection(mongo: Mongo, part: Database, name: str, validator: Raw, action: str) -> None:
    """`create` with its validator at once, so that no document can come in unchecked."""
    words = {"validator": validator, "validationLevel": "strict", "validationAction": action}
    with translated(f"create {name}"):
        await mongo.database(part).command({"create": name, **words})


async def set_validator(mongo: Mongo, part: Database, name: str, validator: Raw, action: str) -> None:
    """`collMod`: the validator at level strict with the action `error` or `warn`."""
    words = {"validator": validator, "validationLevel": "strict", "validationAction": action}
    with translated(f"collMod {name}"):
        await mongo.database(part).command({"collMod": name, **words})


async def change_index(mongo: Mongo, part: Database, name: str, index: str, changes: Mapping[str, Any]) -> None:
    """`collMod` of one index: `expireAfterSeconds` or `hidden`, the only things that can change in place."""
    with translated(f"collMod {name}.{index}"):
        await mongo.database(part).command({"collMod": name, "index": {"name": index, **changes}})


async def build_indexes(mongo: Mongo, part: Database, name: str, indexes: Sequence[Raw]) -> None:
    """`createIndexes` in one command: one pass over the documents builds them all. Takes as long as it takes."""
    with translated(f"createIndexes {name}"):
        await mongo.database(part).command({"createIndexes": name, "indexes": list(indexes)})


async def drop_index(mongo: Mongo, part: Database, name: str, index: str) -> None:
    """`dropIndexes` of one index by name."""
    with translated(f"dropIndexes {name}.{index}"):
        await mongo.database(part).command({"dropIndexes": name, "index": index})


async def rename_collection(mongo: Mongo, part: Database, old: str, new: str) -> None:
    """`renameCollection` within one database; refused by the server when the new name is taken."""
    base = mongo.settings.database + part.value
    with translated(f"renameCollection {old}"):
        await mongo.client.admin.command({"renameCollection": f"{base}.{old}", "to": f"{base}.{new}"})


async def estimated_size(mongo: Mongo, part: Database, name: str) -> int:
    """About how many documents the collection holds, from its metadata."""
    with translated(f"count {name}"), timeout(READ_S):
        return await mongo.database(part)[name].estimated_document_count()


async def count_misfits(
    mongo: Mongo, part: Database, name: str, validator: Raw, *, window: int = 20_000
) -> AsyncIterator[Counted]:
    """Count the documents that the validator would refuse, window by window over `_id`; yields after each window.

    Every command looks at `window` documents at most and is bounded in time, so a large collection neither times out
    nor goes without progress. Ids that are no strings are misfits by declaration and counted first.
    """
    raw = mongo.database(part)[name]
    odd = {"_id": {"$not": {"$type": "string"}}}
    with translated(f"count misfits {name}"):
        with timeout(COUNT_S):
            misfits = looked_at = await raw.count_documents(odd)
            example = (await raw.find_one(odd, {"_id": 1}) or {}).get("_id") if misfits else None
        lowest: Raw = {"$gte": ""}
        while True:
            with timeout(COUNT_S):
                ids = raw.find({"_id": lowest}, {"_id": 1}).sort("_id", 1).hint("_id_").skip(window - 1).limit(1)
                end = await ids.to_list(1)
                bounds = {**lowest, "$lte": end[0]["_id"]} if end else {**lowest, "$type": "string"}
                refused = {"_id": bounds, "$nor": [validator]}
                found = await raw.count_documents(refused)
                if found and example is None:
                    example = (await raw.find_one(refused, {"_id": 1}) or {}).get("_id")
            misfits += found
            if not end:
                yield Counted(looked_at, misfits, example)
                return
            looked_at += window
            yield Counted(looked_at, misfits, example)
            lowest = {"$gt": end[0]["_id"]}


async def server_name(mongo: Mongo) -> str:
    """The server's version as it calls itself, with its build: a changed one must be probed anew."""
    with translated("buildInfo"), timeout(READ_S):
        info = await mongo.client.admin.command("buildInfo")
    return f"{info.get('version', '?')} {str(info.get('gitVersion', ''))[:12]}".strip()


async def data_members(mongo: Mongo) -> list[str]:
    """`host:port` of every member that bears data and can be seen; hidden members are not shown by the server."""
    with translated("hello"), timeout(READ_S):
        hello = await mongo.client.admin.command("hello")
    return [*hello.get("hosts", ()), *hello.get("passives", ())]
