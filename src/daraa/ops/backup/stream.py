"""Streams the oplog into a repository, slice by slice, so that any moment after a backup can be restored.

A slice's objects come first, its signed file last, under a number that only one writer can have: so a killed stream
leaves nothing that counts, the next one goes on where the last slice ends, and of two streams at once one is told that
the other was faster. No right to delete is needed. Memory: one chunk at a time, `take.memory_bound(1)`.
"""

import asyncio
import json
import secrets
from dataclasses import dataclass, field

from daraa import __version__
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import new_id
from daraa.kernel.time import Clock
from daraa.ops.backup.chunks import ChunkBuilder, Sealer
from daraa.ops.backup.content_hash import count_documents
from daraa.ops.backup.keys import KEY_BYTES, BackupKey
from daraa.ops.backup.layout import NEWEST_SLICE, slice_folder, slice_key
from daraa.ops.backup.manifest import ObjectPart, ServerSeen, sha256_of, sign
from daraa.ops.backup.repository_mark import ensure_mark
from daraa.ops.backup.slice_files import Slice
from daraa.ops.backup.stream_start import Start, find_start, newest_slice
from daraa.ops.backup.upload import Upload
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.oplog_cut import rest_of_transactions
from daraa.stores.mongo.oplog_reading import (
    OplogTime,
    newest_entry,
    oldest_entry,
    oplog_between,
    schema_changes,
    settled_until,
    still_there,
)
from daraa.stores.mongo.oplog_window import moment_before_last
from daraa.stores.mongo.schema_dump import server_seen
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import EXISTS

NO_OPLOG = register(
    "backup.stream.no_oplog", status=409, en="The server has no oplog to stream", ar="لا يملك الخادم سجل عمليات"
)
OUTRUN = register(
    "backup.stream.outrun",
    status=503,
    retryable=True,
    en="The oplog lost entries before they were streamed",
    ar="فقد سجل العمليات قيودا قبل حفظها",
)
MOST_CHUNKS = 16
"""A slice ends after so many chunks (256 MiB): who was away for long catches up in pieces that a kill does not undo."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """A slice that was written; `behind` when a size bound ended it, so that more waits already."""

    slice: Slice
    behind: bool


async def stream_slice(
    mongo: Mongo, store: ObjectStore, key: BackupKey, clock: Clock, *, most_chunks: int = MOST_CHUNKS
) -> Streamed | None:
    """Write what was committed since the last slice as the next one; None when another stream wrote it meanwhile.

    `mongo` is open as the account `backup`. Where the oplog cannot be read on from where the last slice ends, a new
    range begins, and the slice says why. Raises `backup.stream.no_oplog`, `backup.stream.outrun` (entries were dropped
    while they were read: nothing is written, the next call begins a new range), `backup.key.wrong`, and whatever the
    database or the store raise.
    """
    repository = await ensure_mark(store, key, clock)
    until = await settled_until(mongo)
    if until is None:
        raise DaraaError(
            NO_OPLOG,
            "This server keeps no oplog, so there is nothing to stream.",
            hint="Run it as a replica set, be it of one member.",
        )
    head = await newest_slice(store, key)
    start = await find_start(mongo, store, key, head, until)
    number = head.number + 1
    slice_id = new_id("slc")
    sealer = Sealer(slice_id, secrets.token_bytes(KEY_BYTES))
    upload = Upload(store, sealer, asyncio.Semaphore(1), folder=slice_folder(number, slice_id))
    run = _Run(mongo, upload, most_chunks)
    parts, until = await run.window(start.after, until)
    rest = await run.rest(until)
    changes = await schema_changes(mongo, start.after, until)
    anchor = await newest_entry(mongo, until)
    # Looked at afterwards: an entry that was dropped while we read is missing too.
    await _refuse_a_hole(mongo, start)
    made = Slice(
        number=number,
        slice_id=slice_id,
        repository_id=repository.repository_id,
        prefix=mongo.settings.database,
        server=ServerSeen(**await server_seen(mongo)),
        after=str(start.after),
        until=str(until),
        read_at=clock.now(),
        previous=start.previous,
        because=start.because,
        anchor_at=str(anchor.at) if anchor else None,
        anchor=anchor.sha256 if anchor else None,
        schema_from=str(changes[0].at) if changes else None,
        schema_to=str(changes[-1].at) if changes else None,
        schema_what=tuple(dict.fromkeys(each.what for each in changes))[:10],
        parts=parts,
        rest=rest,
        key_id=key.id,
        wrapped_key=key.wrap(sealer.data_key, slice_id),
        tool_version=__version__,
    )
    mark("stream.before_slice")
    return Streamed(made, run.cut) if await _publish(store, key, made) else None


@dataclass
class _Run:
    mongo: Mongo
    upload: Upload
    most_chunks: int
    cut: bool = False
    _builder: ChunkBuilder = field(default_factory=ChunkBuilder)

    async def window(self, after: OplogTime, until: OplogTime) -> tuple[tuple[ObjectPart, ...], OplogTime]:
        """Store the entries between two moments; the second one is earlier when there are too many for a slice."""
        names: list[str] = []
        async for entries in oplog_between(self.mongo, after, until):
            for chunk in self._builder.add(entries):
                await self._store(names, "", chunk)
                if len(names) >= self.most_chunks:
                    # Entries of one moment may go on behind the chunk: the next slice begins with that moment.
                    self.cut = True
                    return self._parts(names), moment_before_last(bytes(chunk))
        for chunk in self._builder.rest():
            await self._store(names, "", chunk)
        mark("stream.read")
        return self._parts(names), until

    async def rest(self, until: OplogTime) -> tuple[ObjectPart, ...]:
        """Store what the end of the window cuts off from transactions."""
        names: list[str] = []
        builder = ChunkBuilder()
        for chunk in (*builder.add(await rest_of_transactions(self.mongo, until)), *builder.rest()):
            await self._store(names, "rest/", chunk)
        return self._parts(names)

    async def _store(self, names: list[str], folder: str, chunk: bytearray) -> None:
        name = f"{folder}{len(names)}.zst.enc"
        names.append(name)
        await self.upload.put(name, chunk, count_documents(chunk))
        mark("stream.object_stored")

    def _parts(self, names: list[str]) -> tuple[ObjectPart, ...]:
        return tuple(self.upload.parts[name] for name in names)


async def _refuse_a_hole(mongo: Mongo, start: Start) -> None:
    if start.anchor is not None:
        whole = await still_there(mongo, start.anchor)
    else:
        oldest = await oldest_entry(mongo)
        whole = start.empty or (oldest is not None and oldest <= start.after)
    if not whole:
        raise DaraaError(
            OUTRUN,
            f"The oplog lost entries after {start.after} while they were read.",
            hint="The next slice begins a new range. Give the oplog more room, or stream more often.",
        )


async def _publish(store: ObjectStore, key: BackupKey, made: Slice) -> bool:
    """Write the slice's file, if nobody has that number yet; True when the slice of that number is ours."""
    content = sign(made, key.signing)
    try:
        await store.put(slice_key(made.number), content, only_if_absent=True)
    except DaraaError as error:
        if error.code != EXISTS:
            raise
    # Read back: it may be ours although the store said no (to a second try), and another's although it said yes, where
    # the server lets two writers make the same object (OpenStack Swift).
    found = b"".join([piece async for piece in store.get(slice_key(made.number))])
    if sha256_of(found) != sha256_of(content):
        return False
    mark("stream.after_slice")
    await store.put(NEWEST_SLICE, json.dumps({"number": made.number}).encode())
    return True
