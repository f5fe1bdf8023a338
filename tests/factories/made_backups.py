"""Backups as the repository's format wants them, made by hand in a moment: what they hold is of no interest here."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime, timedelta

from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import id_at, new_id
from daraa.ops.backup import layout
from daraa.ops.backup.keys import BackupKey, derive_key
from daraa.ops.backup.manifest import (
    CollectionPart,
    Manifest,
    ObjectPart,
    Receipt,
    RepositoryMark,
    ServerSeen,
    Signed,
    sha256_of,
    sign,
)
from daraa.ops.backup.retention_rule import Policy, keep_rules
from daraa.ops.backup.slice_files import Slice
from daraa.stores.objects import ObjectInfo, ObjectLock, ObjectStore, Unfinished, UnfinishedSeen
from daraa.stores.objects.errors import UNAVAILABLE

KEY_BYTES = bytes(range(32))
KEY = derive_key(KEY_BYTES)
THREE_DAYS = Policy(
    keep_rules(daily=3), min_verified=2, max_age=timedelta(hours=26), grace=timedelta(days=3), share=1.0
)
CHUNKS = 3


async def put_mark(store: ObjectStore, at: datetime, key: BackupKey = KEY) -> None:
    """The repository's own file."""
    await store.put(layout.MARK, sign(RepositoryMark(repository_id="rep_1", created_at=at, key_id=key.id), key.signing))


async def put_backup(
    store: ObjectStore,
    at: datetime,
    *,
    verified: bool = True,
    key: BackupKey = KEY,
    prefix: str = "daraa",
    size: int = 1000,
    seconds: float = 10.0,
    oplog_to: str | None = None,
) -> Manifest:
    """A whole copy of the moment `at` with objects, manifest and (when `verified`) a green receipt."""
    backup_id = id_at("bkp", at, hashlib.sha256(at.isoformat().encode()).digest()[:10])
    folder = layout.backup_folder(backup_id)
    chunks = [await _put(store, folder, layout.chunk_name(prefix, "orders", n), size // CHUNKS) for n in range(CHUNKS)]
    schema = await _put(store, folder, layout.SCHEMA, 50)
    manifest = Manifest(
        backup_id=backup_id,
        repository_id="rep_1",
        started_at=at - timedelta(seconds=seconds),
        finished_at=at,
        tool_version="0",
        server=ServerSeen(kind="mongod", version="8.0"),
        prefix=prefix,
        consistency="oplog" if oplog_to else "none",
        oplog_to=oplog_to,
        key_id=key.id,
        wrapped_key="00",
        collections=(
            CollectionPart(
                database=prefix,
                collection="orders",
                documents=CHUNKS,
                bytes=size,
                content_hash="0" * 64,
                chunks=tuple(chunks),
            ),
        ),
        schema_part=schema,
        bytes_plain=size,
        bytes_stored=sum(each.bytes_stored for each in (*chunks, schema)),
    )
    await put_signed(store, layout.manifest_key(backup_id), manifest, key)
    if verified:
        await put_receipt(store, manifest, at)
    return manifest


async def put_slice(store: ObjectStore, number: int, after: datetime, until: datetime, previous: str | None) -> str:
    """A slice of the oplog with one object; the SHA-256 of its file."""
    slice_id = id_at("slc", until, hashlib.sha256(until.isoformat().encode()).digest()[:10])
    part = await _put(store, layout.slice_folder(number, slice_id), "0.zst.enc", 100)
    made = Slice(
        number=number,
        slice_id=slice_id,
        repository_id="rep_1",
        prefix="daraa",
        server=ServerSeen(kind="mongod", version="8.0"),
        after=oplog_time(after),
        until=oplog_time(until),
        read_at=until,
        previous=previous,
        because="" if previous else "It is the first one.",
        anchor_at=oplog_time(until),
        anchor="0" * 64,
        parts=(part,),
        key_id=KEY.id,
        wrapped_key="00",
        tool_version="0",
    )
    await put_signed(store, layout.slice_key(number), made)
    return sha256_of(sign(made, KEY.signing))


def oplog_time(at: datetime) -> str:
    """The first place of that second."""
    return f"{int(at.timestamp())}:1"


async def put_receipt(
    store: ObjectStore, manifest: Manifest, at: datetime, *, ok: bool = True, sha256: str = ""
) -> None:
    """What a verification leaves; `sha256` names another manifest than this one."""
    receipt = Receipt(
        receipt_id=new_id("rct"),
        backup_id=manifest.backup_id,
        manifest_sha256=sha256 or sha256_of(sign(manifest, KEY.signing)),
        at=at,
        ok=ok,
        seconds=42.0,
        findings=() if ok else ("daraa.orders: one document differs",),
        tool_version="0",
    )
    await put_signed(store, layout.receipt_key(manifest.backup_id, receipt.receipt_id), receipt)


async def put_signed(store: ObjectStore, key: str, model: Signed, signed_by: BackupKey = KEY) -> None:
    """A signed file under a name of choice."""
    await store.put(key, sign(model, signed_by.signing))


async def put_partial(store: ObjectStore, at: datetime) -> str:
    """What a take leaves that was killed: objects without a manifest."""
    backup_id = id_at("bkp", at, b"unfinished")
    await _put(store, layout.backup_folder(backup_id), layout.chunk_name("daraa", "orders", 0), 100)
    return backup_id


async def content(store: ObjectStore, key: str) -> bytes:
    """A whole object."""
    return b"".join([piece async for piece in store.get(key)])


async def keys(store: ObjectStore) -> list[str]:
    """Everything that a repository holds."""
    return [each.key async for each in store.list()]


async def _put(store: ObjectStore, folder: str, name: str, size: int) -> ObjectPart:
    stored = hashlib.sha256(f"{folder}/{name}".encode()).digest()[:1] * size
    await store.put(f"{folder}/{name}", stored)
    return ObjectPart(
        name=name, documents=1, bytes_plain=size, bytes_stored=size, sha256=hashlib.sha256(stored).hexdigest()
    )


class Failing:
    """A store whose server goes away: after `writes` changes, or after `listed` listed objects. None: never."""

    def __init__(self, store: ObjectStore, *, writes: int | None = None, listed: int | None = None) -> None:
        self._store, self._writes, self._listed = store, writes, listed

    def _change(self) -> None:
        if self._writes == 0:
            raise gone()
        if self._writes is not None:
            self._writes -= 1

    async def put(self, key: str, content: bytes | AsyncIterable[bytes], *, only_if_absent: bool = False) -> ObjectInfo:
        self._change()
        return await self._store.put(key, content, only_if_absent=only_if_absent)

    async def delete(self, key: str) -> None:
        self._change()
        await self._store.delete(key)

    async def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
        async for info in self._store.list(prefix, start_after):
            if self._listed == 0:
                raise gone()
            if self._listed is not None:
                self._listed -= 1
            yield info

    def get(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        return self._store.get(key, start, length)

    async def head(self, key: str) -> ObjectInfo:
        return await self._store.head(key)

    async def keeps_versions(self, key: str) -> bool | None:
        return await self._store.keeps_versions(key)

    async def list_unfinished(self, prefix: str) -> UnfinishedSeen:
        return await self._store.list_unfinished(prefix)

    async def abort_unfinished(self, upload: Unfinished) -> None:
        self._change()
        await self._store.abort_unfinished(upload)

    async def object_lock(self) -> ObjectLock | None:
        return await self._store.object_lock()

    async def ping(self) -> None:
        await self._store.ping()

    async def close(self) -> None:
        await self._store.close()


def gone() -> DaraaError:
    return DaraaError(UNAVAILABLE, "The server went away.", hint="")
