"""What a server wrote into its oplog, replayed onto another database, gives the same documents.

Compared with the type of every value, but not the order of new fields: SecantusDB writes an update's fields into its
oplog sorted by name, so the order in which they came into the document is lost there.
"""

import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import bson
import pymongo
import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import MongoSettings
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.oplog_apply import EXACT, Replay
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
RAW: Any = bson.CodecOptions(document_class=RawBSONDocument)
CHANGES: list[dict[str, Any]] = [
    {"$set": {"n": 1, "s.k": 5}},
    {"$inc": {"n": 3, "s.deep.er": 1}},
    {"$push": {"items": {"q": 1}}},
    {"$pull": {"items": {"q": 1}}},
    {"$unset": {"s": 1}},
    {"$set": {"items.0": {"q": 2}, "last": bson.Int64(7)}},
    {"$pop": {"items": -1}},
    {"$push": {"items": {"$each": [1, 2.5, "x"], "$slice": -3}}},
]


@dataclass
class Two:
    """A database that lives, and a handle of an empty one beside it."""

    client: Any
    name: str
    target: Mongo

    async def entries(self, since: Timestamp) -> bytes:
        """The oplog of the living database from `since` on."""
        found = self.client.local.get_collection("oplog.rs", codec_options=RAW).find({"ts": {"$gte": since}})
        return b"".join([each.raw async for each in found])

    async def rows(self, name: str, collection: str = "goods") -> list[str]:
        """All documents by id, as extended JSON, which tells an int32 from an int64."""
        found = self.client[name].get_collection(collection, codec_options=EXACT).find().sort("_id", 1)
        return [dumps(each, json_options=CANONICAL_JSON_OPTIONS, sort_keys=True) async for each in found]

    async def ids(self, name: str, collection: str = "goods") -> list[Any]:
        """The ids alone."""
        return [each["_id"] async for each in self.client[name][collection].find().sort("_id", 1)]

    async def now(self) -> Timestamp:
        """A moment that no later entry precedes."""
        answer = await self.client[self.name].marks.insert_one({}), await self.client.admin.command("ping")
        stamp: Timestamp = answer[1]["operationTime"]
        return stamp

    def replay(self) -> Replay:
        """Of everything."""
        return Replay(self.target, self.name, lambda part, collection, key: True)


@pytest.fixture
async def two(mongo_server: MongoServer) -> AsyncIterator[Two]:
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, directConnection=True)
    name = f"t{secrets.token_hex(5)}"
    settings = MongoSettings(database=f"{name}x", pool_min=0)
    yield Two(client, name, Mongo(client, settings, Capabilities()))
    for each in (name, f"{name}x"):
        await client.drop_database(each)
    await client.close()


async def live(two: Two, chance: random.Random, steps: int) -> None:
    """Inserts, changes, replacements, removals and transactions, as chance has it."""
    goods = two.client[two.name].goods
    for _ in range(steps):
        key = chance.choice(["a", "b", "c", "d", 5, bson.Int64(6)])
        what = chance.randrange(10)
        if what == 0:
            await goods.delete_one({"_id": key})
        elif what <= 2:
            row = {"n": 1.5, "items": [{"q": 1}], "at": bson.Timestamp(5, 1), "s": {"k": bson.Int64(1)}}
            await goods.replace_one({"_id": key}, row, upsert=True)
        elif what == 3:
            async with two.client.start_session() as session, await session.start_transaction():
                await goods.update_one({"_id": key}, {"$set": {"t": 1}}, upsert=True, session=session)
                await goods.update_one({"_id": "other"}, {"$inc": {"n": 1}}, upsert=True, session=session)
        else:
            try:
                await goods.update_one({"_id": key}, chance.choice(CHANGES))
            except pymongo.errors.WriteError:
                continue  # the change does not fit what is there; nothing was written


async def test_any_history_replayed_gives_the_same_documents(two: Two) -> None:
    for seed in range(6):
        await two.client.drop_database(two.name)
        await two.client.drop_database(f"{two.name}x")
        since = await two.now()
        await live(two, random.Random(seed), 120)
        replay = two.replay()
        await replay.feed(await two.entries(since))
        await replay.end()
        expected = await two.rows(two.name)
        assert expected
        assert await two.rows(f"{two.name}x") == expected, f"seed {seed}"


async def test_a_replay_onto_any_later_copy_and_done_twice_gives_the_same(two: Two) -> None:
    """The copy is made document by document while the others change, as a backup without a snapshot is."""
    chance = random.Random(11)
    await live(two, chance, 60)
    since = await two.now()
    copied: dict[Any, Any] = {}
    for key in ["a", "b", "c", "d", 5, bson.Int64(6), "other"]:
        await live(two, chance, 25)
        if (row := await two.client[two.name].goods.find_one({"_id": key})) is not None:
            copied[key] = row
    await two.client[f"{two.name}x"].goods.insert_many(list(copied.values()))
    expected = await two.rows(two.name)
    entries = await two.entries(since)
    for _ in range(2):
        replay = two.replay()
        await replay.feed(entries)
        await replay.end()
        assert await two.rows(f"{two.name}x") == expected


async def test_only_what_is_wanted_is_replayed(two: Two) -> None:
    since = await two.now()
    await two.client[two.name].goods.insert_many([{"_id": "a"}, {"_id": "b"}])
    await two.client[two.name].others.insert_one({"_id": "a"})
    replay = Replay(two.target, two.name, lambda part, collection, key: (collection, key) == ("goods", "a"))
    await replay.feed(await two.entries(since))
    assert await two.ids(f"{two.name}x") == ["a"]
    assert await two.rows(f"{two.name}x", "others") == []


def entry(**words: Any) -> bytes:
    """An entry as a mongod writes it."""
    return bson.encode({"ts": Timestamp(9, 1), "op": "c", "ns": "admin.$cmd", **words})


async def test_a_transaction_counts_when_its_last_entry_has_come(two: Two) -> None:
    space, who = f"{two.name}.goods", {"lsid": {"id": bson.Binary(b"1" * 16, 4)}, "txnNumber": bson.Int64(1)}
    other = {**who, "txnNumber": bson.Int64(2)}
    insert = [{"op": "i", "ns": space, "o": {"_id": key}} for key in "abcd"]
    none, some = {"prevOpTime": {"ts": Timestamp(0, 0)}}, {"prevOpTime": {"ts": Timestamp(8, 1)}}
    replay = two.replay()
    await replay.feed(entry(o={"applyOps": [insert[0]], "partialTxn": True}, **none, **who))
    await replay.feed(entry(o={"applyOps": [insert[2]], "prepare": True}, **none, **other))
    assert await two.rows(f"{two.name}x") == []
    await replay.feed(entry(o={"applyOps": [insert[1]], "count": 2}, **some, **who))
    assert await two.ids(f"{two.name}x") == ["a", "b"]
    await replay.feed(entry(o={"commitTransaction": 1}, **some, **other))
    assert await two.ids(f"{two.name}x") == ["a", "b", "c"]
    await replay.feed(entry(o={"applyOps": [insert[3]], "prepare": True}, **none, **other))
    await replay.feed(entry(o={"abortTransaction": 1}, **some, **other))
    await replay.end()
    assert len(await two.rows(f"{two.name}x")) == 3


async def test_the_end_of_a_transaction_without_its_beginning_is_refused(two: Two) -> None:
    words = {"lsid": {"id": bson.Binary(b"1" * 16, 4)}, "txnNumber": 1, "prevOpTime": {"ts": Timestamp(8, 1)}}
    with pytest.raises(DaraaError, match="began before it"):
        await two.replay().feed(entry(o={"applyOps": [], "count": 2}, **words))


@pytest.mark.parametrize(
    "words",
    [
        {"collMod": "goods"},
        {"createIndexes": "goods"},
        {"renameCollection": "a.b"},
        {"create": "new", "validator": {"a": 1}},
        {"create": "new", "capped": True},
    ],
)
async def test_a_change_of_the_schema_while_the_copy_was_made_is_refused(two: Two, words: dict[str, Any]) -> None:
    with pytest.raises(DaraaError) as refused:
        await two.replay().feed(entry(ns=f"{two.name}.$cmd", o=words))
    assert refused.value.code == "backup.oplog.unsupported"


async def test_a_collection_made_and_dropped_meanwhile_is_not_there_afterwards(two: Two) -> None:
    since = await two.now()
    await two.client[two.name].passing.insert_one({"_id": 1})
    await two.client[two.name].passing.drop()
    await two.client[two.name].goods.insert_one({"_id": 1})
    replay = two.replay()
    await replay.feed(await two.entries(since))
    assert "passing" not in await two.client[f"{two.name}x"].list_collection_names()
    assert len(await two.rows(f"{two.name}x")) == 1
