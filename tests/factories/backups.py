"""A small database, and a backup of it written chunk by small chunk with plain PyMongo, from the format alone.

The chunks are much smaller than those of `daraa backup take`, so that a restore of little data has many steps.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import bson
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from bson.raw_bson import RawBSONDocument

from daraa.kernel.ids import new_id
from daraa.ops.backup import layout
from daraa.ops.backup.chunks import Sealer
from daraa.ops.backup.keys import BackupKey
from daraa.ops.backup.manifest import CollectionPart, Manifest, ObjectPart, ServerSeen, sign
from daraa.stores.objects import ObjectStore

RAW: Any = bson.CodecOptions(document_class=RawBSONDocument)
DATABASES = ("", "_ledger", "_audit", "_archive")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
VALIDATOR = {"$jsonSchema": {"required": ["title"], "properties": {"title": {"bsonType": "string"}}}}


async def make_small_database(client: Any, prefix: str, notes: int = 120) -> None:
    """Notes (validator, plain, unique, partial and geo indexes, one misfit), tokens that expired long ago, a ledger."""
    base = client[prefix]
    await base.create_collection("notes")
    await base.notes.insert_one({"_id": "note_misfit"})
    await base.command({"collMod": "notes", "validator": VALIDATOR, "validationAction": "error"})
    await base.command(
        "createIndexes",
        "notes",
        indexes=[
            {"name": "byTitle", "key": {"title": 1, "number": -1}},
            {"name": "byNumber", "key": {"number": 1}, "unique": True, "sparse": True},
            {"name": "open", "key": {"number": 1, "title": 1}, "partialFilterExpression": {"open": True}},
            {"name": "near", "key": {"place": "2dsphere"}},
        ],
    )
    place = {"type": "Point", "coordinates": [36.3, 33.5]}
    await base.notes.insert_many(
        {"_id": f"note_{n:04}", "title": f"ملاحظة {n}" * 20, "number": n, "open": bool(n % 3), "place": place,
         "long": bson.Int64(n), "when": datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=n), "share": n / 7}
        for n in range(notes)
    )  # fmt: skip
    await base.create_collection("tokens")
    await base.tokens.insert_many({"_id": f"tok_{n}", "at": datetime.now(UTC) + timedelta(days=1)} for n in range(9))
    await base.command("createIndexes", "tokens", indexes=[{"name": "ttl", "key": {"at": 1}, "expireAfterSeconds": 60}])
    await base.create_collection("empty")
    await client[f"{prefix}_ledger"].pages.insert_many({"_id": n, "lines": list(range(n))} for n in range(30))
    await client[f"{prefix}_archive"].notes.insert_many({"_id": f"old_{n}"} for n in range(5))


async def contents_of(client: Any, prefix: str) -> dict[str, tuple[int, str]]:
    """By `part.collection`: how many documents, and their order-independent hash; with plain PyMongo alone."""
    return (await contents_and_size_of(client, prefix))[0]


async def contents_and_size_of(client: Any, prefix: str) -> tuple[dict[str, tuple[int, str]], int]:
    """The same, and the bytes of BSON in all databases, in one reading."""
    found: dict[str, tuple[int, str]] = {}
    size = 0
    for part in DATABASES:
        for name in await client[prefix + part].list_collection_names():
            documents, total = 0, 0
            async for row in client[prefix + part].get_collection(name, codec_options=RAW).find():
                documents += 1
                size += len(row.raw)
                total += int.from_bytes(hashlib.sha256(row.raw).digest(), "big")
            found[f"{part}.{name}"] = (documents, f"{total % 2**256:064x}")
    return found, size


async def shapes_of(client: Any, prefix: str) -> dict[str, Any]:
    """By `part.collection`: options and indexes; with plain PyMongo alone."""
    found: dict[str, Any] = {}
    for part in DATABASES:
        async for each in await client[prefix + part].list_collections():
            indexes = [dict(index) async for index in await client[prefix + part][each["name"]].list_indexes()]
            named = sorted(({**index, "key": list(index["key"].items())} for index in indexes), key=lambda i: i["name"])
            found[f"{part}.{each['name']}"] = (each["options"], named)
    return found


async def write_backup(
    client: Any,
    prefix: str,
    store: ObjectStore,
    key: BackupKey,
    *,
    oplog: Sequence[bytes] = (),
    per_chunk: int = 20,
    proofs: dict[str, str] | None = None,
    unique: Sequence[str] = (),
    roles: Sequence[dict[str, Any]] = (),
    users: Sequence[dict[str, Any]] = (),
) -> Manifest:
    """A whole backup of the databases of `prefix`; `oplog` are parts of concatenated entries to be replayed.

    Indexes named in `unique` are written as unique ones, though the rows that were copied contradict them.
    """
    backup_id, data_key = new_id("bkp"), secrets.token_bytes(32)
    writer = _Writer(store, Sealer(backup_id, data_key), layout.backup_folder(backup_id))
    collections: list[CollectionPart] = []
    databases: list[dict[str, Any]] = []
    for part in DATABASES:
        base = client[prefix + part]
        listed = sorted([each async for each in await base.list_collections()], key=lambda each: each["name"])
        databases.append({"database": prefix + part, "views": [], "collections": [
            {"name": each["name"], "options": each["options"],
             "indexes": [dict(index) async for index in await base[each["name"]].list_indexes()]}
            for each in listed
        ]})  # fmt: skip
        for each in listed:
            cursor = base.get_collection(each["name"], codec_options=RAW).find().sort("_id", 1)
            rows = [bytes(row.raw) async for row in cursor]
            chunks = [
                await writer.put(layout.chunk_name(prefix + part, each["name"], n), rows[at : at + per_chunk])
                for n, at in enumerate(range(0, len(rows), per_chunk))
            ]
            total = sum(int.from_bytes(hashlib.sha256(row).digest(), "big") for row in rows)
            collections.append(
                CollectionPart(
                    database=prefix + part, collection=each["name"], documents=len(rows),
                    bytes=sum(map(len, rows)), content_hash=f"{total % 2**256:064x}", chunks=tuple(chunks),
                )
            )  # fmt: skip
    for index in (index for base in databases for each in base["collections"] for index in each["indexes"]):
        if index["name"] in unique:
            index["unique"] = True
    words = {"format": 1, "databases": databases, "users": list(users), "roles": list(roles)}
    schema = dumps(words, json_options=CANONICAL_JSON_OPTIONS)
    parts = [
        await writer.put(layout.oplog_name(number), [row.raw for row in bson.decode_all(entries, RAW)])
        for number, entries in enumerate(oplog)
    ]
    now = datetime.now(UTC).replace(microsecond=0)
    manifest = Manifest(
        backup_id=backup_id, repository_id="rep", started_at=now, finished_at=now, tool_version="test",
        server=ServerSeen(kind="test", version="1"), prefix=prefix, consistency="oplog" if parts else "none",
        key_id=key.id, wrapped_key=key.wrap(data_key, backup_id), collections=tuple(collections),
        schema_part=await writer.put(layout.SCHEMA, [schema.encode()], documents=0), oplog=tuple(parts),
        bytes_plain=writer.plain, bytes_stored=writer.stored, proofs=proofs or {},
    )  # fmt: skip
    await store.put(layout.manifest_key(backup_id), sign(manifest, key.signing))
    return manifest


class _Writer:
    def __init__(self, store: ObjectStore, sealer: Sealer, folder: str) -> None:
        self._store, self._sealer, self._folder = store, sealer, folder
        self.plain = self.stored = 0

    async def put(self, name: str, rows: Sequence[bytes], documents: int | None = None) -> ObjectPart:
        plain = b"".join(rows)
        sealed = self._sealer.pack(plain, name, self._sealer.next_nonce())
        await self._store.put(f"{self._folder}/{name}", sealed)
        self.plain += len(plain)
        self.stored += len(sealed)
        return ObjectPart(
            name=name, documents=len(rows) if documents is None else documents, bytes_plain=len(plain),
            bytes_stored=len(sealed), sha256=hashlib.sha256(sealed).hexdigest(),
        )  # fmt: skip
