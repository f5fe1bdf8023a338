"""Copies what the oplog says while the collections are copied, slice by slice, so that a small oplog is not outrun."""

import asyncio
import time
from dataclasses import dataclass, field

from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.chunks import ChunkBuilder
from daraa.ops.backup.content_hash import count_documents
from daraa.ops.backup.layout import oplog_name
from daraa.ops.backup.manifest import ObjectPart
from daraa.ops.backup.upload import Upload
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.oplog_cut import rest_of_transactions
from daraa.stores.mongo.oplog_reading import (
    OplogTime,
    SchemaChange,
    oldest_entry,
    oplog_between,
    schema_changes,
    settled_until,
)

OUTRUN = register(
    "backup.oplog.outrun",
    status=503,
    retryable=True,
    en="The oplog does not reach back to the start of the copy",
    ar="سجل العمليات لا يصل إلى بداية النسخ",
)
SCHEMA_CHANGED = register(
    "backup.take.schema_changed",
    status=409,
    retryable=True,
    en="The schema was changed while the backup was taken",
    ar="تغيرت البنية أثناء أخذ النسخة",
)
PAUSE_S = 10.0
"""Shortest pause between two slices, in seconds."""
PAUSE_SHARE = 5
"""A pause is this many times as long as the slice before took: reading it should not slow the database."""


@dataclass
class OplogCopy:
    """From `begin` up to wherever `finish` finds the end; majority-committed entries only."""

    mongo: Mongo
    upload: Upload
    begin: OplogTime
    until: OplogTime = field(init=False)
    names: list[str] = field(default_factory=list)
    _builder: ChunkBuilder = field(default_factory=ChunkBuilder)

    def __post_init__(self) -> None:
        self.until = self.begin

    async def follow(self, over: asyncio.Event) -> None:
        """Keep up until `over`; raises `backup.oplog.outrun` when entries were dropped before they were read."""
        pause = PAUSE_S
        while not over.is_set():
            try:
                await asyncio.wait_for(over.wait(), pause)
            except TimeoutError:
                started = time.monotonic()
                await self._catch_up()
                pause = max(PAUSE_S, PAUSE_SHARE * (time.monotonic() - started))

    async def finish(self) -> tuple[ObjectPart, ...]:
        """Read up to this moment, which is after the end of the copy, with what it cuts in two, and store the rest."""
        await self._catch_up()
        changes = await schema_changes(self.mongo, self.begin, self.until)
        if refused := [each for each in changes if not each.replayable]:
            raise _changed(refused[0])
        if rest := await rest_of_transactions(self.mongo, self.until):
            await self._store(self._builder.add(rest))
        await self._store(self._builder.rest())
        return tuple(self.upload.parts[name] for name in self.names)

    async def _catch_up(self) -> None:
        until = await settled_until(self.mongo)
        if until is None:
            raise _outrun("the server says no longer how far a majority is")
        if until <= self.until:
            return
        async for entries in oplog_between(self.mongo, self.until, until):
            await self._store(self._builder.add(entries))
        # Looked at afterwards: an entry that was dropped while we read is missing too.
        oldest = await oldest_entry(self.mongo)
        # What we copy was written once, so there are older entries, unless they were dropped.
        if oldest is not None and oldest > self.until:
            raise _outrun(f"its oldest entry is of {oldest}, and we had read up to {self.until}")
        self.until = until

    async def _store(self, chunks: list[bytearray]) -> None:
        for chunk in chunks:
            name = oplog_name(len(self.names))
            self.names.append(name)
            await self.upload.put(name, chunk, count_documents(chunk))


async def open_oplog(mongo: Mongo, upload: Upload) -> OplogCopy | None:
    """The oplog from this moment on; None on a server that has none. Call it before the first document is read."""
    begin = await settled_until(mongo)
    return None if begin is None else OplogCopy(mongo, upload, begin)


def _changed(by: SchemaChange) -> DaraaError:
    return DaraaError(
        SCHEMA_CHANGED,
        f"The schema was changed at {by.at} while the backup was taken: {by.what}. No restore could go past that.",
        hint="Take it again when `daraa schema apply`, or whatever it was, is over.",
    )


def _outrun(why: str) -> DaraaError:
    return DaraaError(
        OUTRUN,
        f"The oplog lost entries while the backup was taken: {why}.",
        hint="Take the backup again at a quieter time, or give the oplog more room.",
    )
