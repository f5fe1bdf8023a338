"""Takes a backup: copy, oplog from the start to the end of the copy, shape, and the signed manifest as the last thing.

Nothing is staged on disk. Memory: at most `parallel` objects are sealed and sent at a time and `parallel` collections
gather one each, which together take less than `memory_bound(parallel)`, whatever the size of the database.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from daraa import __version__
from daraa.declare.collection import Database
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import new_id
from daraa.kernel.time import Clock
from daraa.ops.backup.chunks import CHUNK_BYTES, Sealer
from daraa.ops.backup.copying import Source, copy_collection
from daraa.ops.backup.keys import KEY_BYTES, BackupKey
from daraa.ops.backup.layout import SCHEMA, manifest_key
from daraa.ops.backup.manifest import CollectionPart, Manifest, ObjectPart, ServerSeen, sign
from daraa.ops.backup.oplog_copy import OplogCopy, open_oplog
from daraa.ops.backup.repository_mark import ensure_mark
from daraa.ops.backup.take_events import TakeEvent, TakeStep, Tell, silent
from daraa.ops.backup.take_lock import only_take
from daraa.ops.backup.upload import Upload
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.raw_batches import collection_size
from daraa.stores.mongo.restore_journal import JOURNAL
from daraa.stores.mongo.schema_commands import list_collections
from daraa.stores.mongo.schema_dump import as_extended_json, dump_schema, server_seen
from daraa.stores.objects import ObjectStore

NOTHING = register("backup.take.nothing", status=409, en="There is nothing to back up", ar="لا يوجد ما يُنسخ احتياطيا")
COPIES = 8
"""Most copies of a chunk there are: gathered, as a batch, packed, encrypted, and in the object store's client."""


def memory_bound(parallel: int) -> int:
    """Most bytes that a take adds to the process, whatever the size of the database."""
    return parallel * CHUNK_BYTES * COPIES


async def take(
    mongo: Mongo,
    store: ObjectStore,
    key: BackupKey,
    clock: Clock,
    *,
    parallel: int = 4,
    tell: Tell = silent,
    proofs: Mapping[str, str] | None = None,
) -> Manifest:
    """Back up all databases of this installation into `store`; `mongo` is open as the account `backup`.

    Raises `backup.take.busy` while another one runs, `backup.take.nothing` for an installation without collections,
    `backup.oplog.outrun`, `backup.key.wrong`, and whatever the database or the store raise. After any error, or a
    kill, there is no manifest, so what was uploaded is a partial copy that counts for nothing.
    """
    backup_id = new_id("bkp")
    repository = await ensure_mark(store, key, clock)
    async with only_take(store, backup_id, clock) as hold:
        mark("backup.locked")
        upload = Upload(store, Sealer(backup_id, secrets.token_bytes(KEY_BYTES)), asyncio.Semaphore(parallel))
        run = _Take(mongo, upload, parallel, tell)
        started_at = clock.now()
        try:
            copy = await run.copy()
        except BaseExceptionGroup as group:
            raise _first(group) from group
        await hold.confirm()
        manifest = Manifest(
            backup_id=backup_id,
            repository_id=repository.repository_id,
            started_at=started_at,
            finished_at=clock.now(),
            tool_version=__version__,
            server=copy.server,
            prefix=mongo.settings.database,
            consistency="oplog" if copy.oplog else "none",
            oplog_from=str(copy.oplog.begin) if copy.oplog else None,
            oplog_to=str(copy.oplog.until) if copy.oplog else None,
            key_id=key.id,
            wrapped_key=key.wrap(upload.sealer.data_key, backup_id),
            collections=copy.collections,
            schema_part=copy.schema_part,
            oplog=copy.oplog_parts,
            bytes_plain=upload.bytes_plain,
            bytes_stored=upload.bytes_stored,
            proofs=dict(proofs or {}),
        )
        mark("backup.before_manifest")
        await store.put(manifest_key(backup_id), sign(manifest, key.signing))
        mark("backup.after_manifest")
        run.say(TakeStep.FINISHED)
        return manifest


@dataclass(frozen=True)
class _Copy:
    server: ServerSeen
    collections: tuple[CollectionPart, ...]
    schema_part: ObjectPart
    oplog: OplogCopy | None
    oplog_parts: tuple[ObjectPart, ...]


@dataclass
class _Take:
    """One take's work and how far it is."""

    mongo: Mongo
    upload: Upload
    parallel: int
    tell: Tell
    of_bytes: int = 0
    of_documents: int = 0
    bytes: int = 0
    documents: int = 0
    began: float = field(default_factory=time.monotonic)

    async def copy(self) -> _Copy:
        """Everything but the manifest, in the order that makes it consistent: the oplog is opened first, ended last."""
        server = ServerSeen(**await server_seen(self.mongo))
        oplog = await open_oplog(self.mongo, self.upload)
        sources = await self._sources()
        # Before the documents: a collection that is changed later is in the oplog, one that was changed is not.
        schema = as_extended_json(await dump_schema(self.mongo))
        schema_part = await self.upload.put(SCHEMA, schema, 0)
        self.say(TakeStep.STARTED)
        collections = await self._collections(sources, oplog)
        mark("backup.copied")
        self.say(TakeStep.COPIED)
        parts = await oplog.finish() if oplog else ()
        mark("backup.oplog_copied")
        return _Copy(server, collections, schema_part, oplog, parts)

    async def _sources(self) -> list[Source]:
        """Every collection, the largest first: the others then fill the time that it takes."""
        found = []
        for part in Database:
            for each in await list_collections(self.mongo, part):
                if each["name"] == JOURNAL:
                    continue  # of a restore into this database: no content, and in the way of the next one
                found.append(Source(part, each["name"], await collection_size(self.mongo, part, each["name"])))
        if not found:
            raise DaraaError(
                NOTHING,
                f"There is no collection in {self.mongo.settings.database} and its databases.",
                hint="Is DARAA_MONGO_DATABASE right? An empty backup would only look like one.",
            )
        self.of_bytes = sum(each.size.bytes for each in found)
        self.of_documents = sum(each.size.documents for each in found)
        return sorted(found, key=lambda each: -each.size.bytes)

    async def _collections(self, sources: list[Source], oplog: OplogCopy | None) -> tuple[CollectionPart, ...]:
        left, done, over = iter(sources), list[CollectionPart](), asyncio.Event()

        async def worker() -> None:
            for source in left:
                part = await copy_collection(self.mongo, self.upload, source, self._count)
                done.append(part)
                self.say(TakeStep.COLLECTION, f"{part.database}.{part.collection}")

        async with asyncio.TaskGroup() as group:
            if oplog:
                group.create_task(oplog.follow(over))
            workers = [group.create_task(worker()) for _ in range(min(self.parallel, len(sources)))]
            await asyncio.gather(*workers)
            over.set()
        return tuple(sorted(done, key=lambda each: (each.database, each.collection)))

    def _count(self, documents: int, size: int) -> None:
        self.documents += documents
        self.bytes += size
        self.say(TakeStep.PROGRESS)

    def say(self, step: TakeStep, collection: str = "") -> None:
        """Tell how far it is."""
        self.tell(
            TakeEvent(
                step,
                self.upload.sealer.backup_id,
                self.bytes,
                self.of_bytes,
                self.documents,
                self.of_documents,
                self.upload.bytes_stored,
                time.monotonic() - self.began,
                collection,
            )
        )


def _first(group: BaseException) -> BaseException:
    """The failure that ended the others."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
