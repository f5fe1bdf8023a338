"""Replays the oplog part of a backup onto restored databases, so that all collections stand at one moment.

Ordinary reads and writes by `_id` do it, no `applyOps`: that command needs the right to do anything anywhere. Replaying
from the beginning again gives the same result, so a killed replay is simply run once more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import DeleteOne, ReplaceOne, timeout

from daraa.declare.collection import Database
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.oplog_diff import updated
from daraa.stores.mongo.oplog_operations import Operations, is_replayable, not_replayable

EXACT: CodecOptions[Raw] = CodecOptions(document_class=dict, datetime_conversion=DatetimeConversion.DATETIME_MS)
"""Every value comes back as it was stored, years beyond Python's included."""
AT_ONCE = 500
"""Operations whose documents are held in memory together."""
STEP_S = 120.0
"""Longest wait for the reads or the writes of one step, in seconds."""

Place = tuple[Database, str]
Wanted = Callable[[Database, str, Any], bool]


@dataclass
class Replay:
    """A replay onto the databases of `mongo` of entries about databases that start with `prefix`.

    `wanted(part, collection, id)` leaves out what is not restored. Feed the parts in order, then `end()`. With `held`
    (one document by its place) nothing is read from the databases or written into them: what it becomes is kept there.
    """

    mongo: Mongo
    prefix: str
    wanted: Wanted
    held: dict[Place, Raw | None] | None = None
    replayed: int = 0
    _operations: Operations = field(default_factory=Operations)
    _pending: list[tuple[Place, Raw]] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        """No transaction waits for its end: everything that was fed is in the target."""
        return not self._operations.waiting and not self._pending

    async def feed(self, entries: bytes) -> None:
        """Replay concatenated BSON entries; what they leave half done is kept for the next call."""
        for entry in bson.decode_iter(entries, EXACT):
            for operation in self._operations.of(entry):
                await self._take(operation)
        await self._flush()

    async def end(self) -> None:
        """Say that there are no more entries; a transaction that did not end by then never happened."""
        await self._flush()
        self._operations.forget()

    async def _take(self, operation: Mapping[str, Any]) -> None:
        kind, namespace = operation.get("op"), str(operation.get("ns", ""))
        database, _, collection = namespace.partition(".")
        part = self._part(database)
        if kind == "n" or part is None:
            return
        if kind == "c":
            await self._flush()
            await self._command(part, dict(operation["o"]))
        elif kind in ("i", "u", "d"):
            key = operation["o2" if kind == "u" else "o"]["_id"]
            if self.wanted(part, collection, key):
                self._pending.append(((part, collection), dict(operation)))
            if len(self._pending) >= AT_ONCE:
                await self._flush()
        else:
            raise not_replayable(f"an operation {kind!r}")

    def _part(self, database: str) -> Database | None:
        suffix = database.removeprefix(self.prefix)
        if not database.startswith(self.prefix) or suffix not in set(Database):
            return None
        return Database(suffix)

    async def _command(self, part: Database, words: Raw) -> None:
        """A change of the schema: only those that a copy survives; all others make the backup useless and say so."""
        name = next(iter(words))
        collection = str(words[name])
        if self.held is not None and name == "drop" and (part, collection) in self.held:
            self.held[part, collection] = None
        if name in ("create", "drop") and not self.wanted(part, collection, None):
            return
        if not is_replayable(words):
            raise not_replayable(f"{name} of {collection}")
        database = self.mongo.database(part)
        with translated(f"{name} {collection}"), timeout(STEP_S):
            if name == "drop":
                await database.drop_collection(collection)
            elif collection not in await database.list_collection_names():
                await database.create_collection(collection)
        self.replayed += 1

    async def _flush(self) -> None:
        """Bring the documents of the pending operations to their last state: read them, change them, write them."""
        pending, self._pending = self._pending, []
        for place in dict.fromkeys(place for place, _ in pending):
            await self._flush_one(place, [operation for where, operation in pending if where == place])
        self.replayed += len(pending)

    async def _flush_one(self, place: Place, operations: list[Raw]) -> None:
        if self.held is not None:
            for operation in operations:
                self.held[place] = _next(self.held.get(place), operation)
            return
        part, name = place
        collection = self.mongo.database(part).get_collection(name, codec_options=EXACT)
        ids = [each["o2" if each["op"] == "u" else "o"]["_id"] for each in operations]
        with translated(f"replay {name}"), timeout(STEP_S):
            before = {_key(row["_id"]): row async for row in collection.find({"_id": {"$in": ids}})}
            after: dict[bytes, tuple[Any, Raw | None]] = {}
            for key, operation in zip(ids, operations, strict=True):
                word = _key(key)
                now = after[word][1] if word in after else before.get(word)
                after[word] = (key, _next(now, operation))
            writes = [_write(key, row) for word, (key, row) in after.items() if row is not None or word in before]
            if writes:
                await collection.bulk_write(writes, ordered=False, bypass_document_validation=True)


def decoded(document: bytes) -> Raw:
    """A stored document with every value as it was stored."""
    return bson.decode(document, EXACT)


def encoded(row: Raw) -> bytes:
    """The way back of `decoded`."""
    return bson.encode(row, codec_options=EXACT)


def _key(value: Any) -> bytes:
    """Two ids are the same when their bytes are."""
    return bson.encode({"": value})


def _next(document: Raw | None, operation: Mapping[str, Any]) -> Raw | None:
    kind, what = operation["op"], operation["o"]
    if kind == "i":
        return dict(what)
    if kind == "d":
        return None
    if document is None and any(word.startswith("$") for word in what):
        return None  # deleted later in the oplog than it was copied
    return updated(document or {}, what)


def _write(key: Any, row: Raw | None) -> ReplaceOne[Raw] | DeleteOne:
    return DeleteOne({"_id": key}) if row is None else ReplaceOne({"_id": key}, row, upsert=True)
