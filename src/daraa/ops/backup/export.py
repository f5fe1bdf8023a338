"""The verb `export`: a backup becomes a dump that MongoDB's own tools restore, so that nobody is locked in.

Memory: one object of 16 MiB (larger for a single larger document), stored, packed, plain and in the writer: 192 MiB at
the very worst, when nothing compresses, whatever the size of the backup.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from daraa import __version__
from daraa.kernel.crashpoints import mark
from daraa.ops.backup.content_hash import count_documents
from daraa.ops.backup.contents import Contents, Schema
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.reader import check_listing, read_collection
from daraa.ops.backup.selection import Shape
from daraa.ops.backup.take_events import TakeEvent, TakeStep, Tell, silent
from daraa.stores.dumps.dump import OPLOG
from daraa.stores.dumps.metadata import Metadata
from daraa.stores.dumps.opening import open_writer
from daraa.stores.dumps.plain_oplog import PlainOplog
from daraa.stores.dumps.writer import DumpWriter, Written


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: `entries` are those of the oplog, `bytes` as in the database, `bytes_written` on the disk."""

    backup_id: str
    path: str
    collections: int
    views: int
    documents: int
    bytes: int
    bytes_written: int
    entries: int
    seconds: float


async def export_backup(
    contents: Contents, path: Path, *, as_archive: bool = False, gzip: bool = False, tell: Tell = silent
) -> Exported:
    """Write the backup to `path`, which must be free; it has another name (`….unfinished`) until it is whole.

    Every object is compared with the manifest before it is written, every collection with its count and content hash
    before the dump gets its name. After an error nothing is left, after a kill the unfinished draft, which the next
    export to the same place replaces. Raises `backup.export.target_taken`, `.busy`, `.disk_full`, `.unwritable`,
    `backup.object.damaged`, `backup.oplog.unsupported`.
    """
    schema = await contents.schema()
    writer = open_writer(path.absolute(), as_archive=as_archive, gzip=gzip)
    run = _Export(contents, writer, tell)
    try:
        await run.all(schema)
        mark("export.written")
        await asyncio.to_thread(writer.finish)
        mark("export.finished")
    except BaseException:
        await asyncio.to_thread(writer.abandon)
        raise
    run.say(TakeStep.FINISHED)
    return Exported(
        contents.manifest.backup_id,
        str(path),
        len(contents.manifest.collections),
        len(schema.views),
        run.documents,
        run.bytes,
        writer.bytes_written,
        run.entries,
        time.monotonic() - run.began,
    )


@dataclass
class _Export:
    """One export's work and how far it is."""

    contents: Contents
    writer: DumpWriter
    tell: Tell
    bytes: int = 0
    documents: int = 0
    entries: int = 0
    began: float = field(default_factory=time.monotonic)

    async def all(self, schema: Schema) -> None:
        """Everything but the name."""
        manifest = self.contents.manifest
        await asyncio.to_thread(
            self.writer.begin,
            written_collections(manifest, schema),
            three_numbers(manifest.server.version),
            f"daraa-{__version__}",
            oplog=bool(manifest.oplog),
        )
        self.say(TakeStep.STARTED)
        await self._collections(manifest)
        for view in schema.views:
            await asyncio.to_thread(self.writer.view, manifest.prefix + view.part.value, view.name)
        self.say(TakeStep.COPIED)
        if manifest.oplog:
            await self._oplog(manifest)

    async def _collections(self, manifest: Manifest) -> None:
        await check_listing(self.contents)
        for each in manifest.collections:
            async for documents in read_collection(self.contents, each):
                await asyncio.to_thread(self.writer.write, each.database, each.collection, documents)
                self.bytes += len(documents)
                self.documents += count_documents(documents)
                del documents  # or it would still be here while the next one comes
                self.say(TakeStep.PROGRESS)
                mark("export.chunk_written")
            await asyncio.to_thread(self.writer.end, each.database, each.collection)
            self.say(TakeStep.COLLECTION, f"{each.database}.{each.collection}")

    async def _oplog(self, manifest: Manifest) -> None:
        plain = PlainOplog(manifest.prefix)
        for number in range(len(manifest.oplog)):
            entries = await asyncio.to_thread(plain.plain, await self.contents.oplog(number))
            await asyncio.to_thread(self.writer.write, *OPLOG, entries)
            self.say(TakeStep.PROGRESS)
        await asyncio.to_thread(self.writer.end, *OPLOG)
        self.entries = plain.entries

    def say(self, step: TakeStep, collection: str = "") -> None:
        """Tell how far it is."""
        manifest = self.contents.manifest
        self.tell(
            TakeEvent(
                step,
                manifest.backup_id,
                self.bytes,
                sum(each.bytes for each in manifest.collections),
                self.documents,
                manifest.documents,
                self.writer.bytes_written,
                time.monotonic() - self.began,
                collection,
            )
        )


def written_collections(manifest: Manifest, schema: Schema) -> list[Written]:
    """What the dump will list: the collections that were copied, in the manifest's order, then the views."""
    shapes = {(manifest.prefix + each.part.value, each.name): each for each in schema.collections}
    copied = [
        Written(each.database, _metadata(shapes.get((each.database, each.collection)), each.collection), each.bytes)
        for each in manifest.collections
    ]
    views = [
        Written(manifest.prefix + each.part.value, Metadata(each.options, (), "", each.name, "view"), 0)
        for each in schema.views
    ]
    return [*copied, *views]


def three_numbers(version: str) -> str:
    """The server's version as mongorestore can read it: it refuses an archive with any other, `0.7.0b3` for one."""
    found = re.match(r"\d+\.\d+\.\d+", version)
    return found[0] if found else "0.0.0"


def _metadata(shape: Shape | None, name: str) -> Metadata:
    if shape is None:
        return Metadata(collection=name, kind="collection")  # dropped as the backup began: it has documents alone
    return Metadata(shape.options, shape.indexes, shape.uuid, name, "collection")
