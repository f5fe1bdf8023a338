"""A dump of MongoDB's tools as a restoration reads it: once from end to end to see that it is whole, then by chunks.

Nothing is written before the first reading is over, so a dump that is cut off or damaged changes nothing. The second
reading compares each chunk with what the first one saw. Memory: 160 MiB for each of the restoration's `parallel` pieces
(16 MiB, but for a single larger document: from the file, cut, hashed, in the driver), whatever the size of the dump.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from daraa.kernel.errors import DaraaError
from daraa.ops.backup import layout
from daraa.ops.backup.content_hash import ContentHash, document_ends
from daraa.ops.backup.contents import Schema
from daraa.ops.backup.dump_plan import DumpPlan
from daraa.ops.backup.manifest import CollectionPart, ObjectPart
from daraa.ops.backup.restoration import Before, Far, Tell
from daraa.stores.dumps.document_check import OplogCheck, check_document
from daraa.stores.dumps.dump import OPLOG, Dump, Piece, Place
from daraa.stores.dumps.errors import CHANGED


@dataclass(frozen=True, slots=True)
class DumpTold:
    """What the first reading found; `backup_id` follows from all of it, so another dump has another one."""

    backup_id: str
    prefix: str
    collections: tuple[CollectionPart, ...]
    oplog: tuple[ObjectPart, ...]


@dataclass(frozen=True)
class DumpContents:
    """`Restorable`: a dump that was read whole."""

    dump: Dump
    plan: DumpPlan
    manifest: DumpTold
    places: dict[str, Place]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def schema(self) -> Schema:
        """As the metadata tells it; a dump has no accounts that we would restore."""
        return Schema(self.plan.shapes, self.plan.views, (), ())

    async def documents(self, of: CollectionPart, number: int) -> list[bytes]:
        """The documents of a chunk."""
        return list(_split(await self._plain(of.chunks[number])))

    async def oplog(self, number: int) -> bytes:
        """A part of the oplog."""
        return await self._plain(self.manifest.oplog[number])

    async def _plain(self, part: ObjectPart) -> bytes:
        # In turn: what is compressed is read forwards, and going back would cost more than waiting.
        async with self._turn:
            found = await asyncio.to_thread(self.dump.read, self.places[part.name])
        if hashlib.sha256(found).hexdigest() != part.sha256:
            raise DaraaError(
                CHANGED,
                f"{self.dump.where} is no longer what it was when this restore began to read it.",
                hint="Leave the dump alone while it is restored. The target is half restored: begin anew.",
            )
        return found


async def read_dump(dump: Dump, plan: DumpPlan, tell: Tell) -> DumpContents:
    """Read what is restored of the dump from end to end. Raises `backup.dump.broken`, `backup.dump.unsupported`."""
    reading = _Reading(dump, plan, tell)
    wanted = {(each.database, each.collection) for each in plan.collections} | ({OPLOG} if dump.has_oplog else set())
    pieces = dump.pieces(lambda database, collection: (database, collection) in wanted)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        await asyncio.to_thread(reading.look_at, piece)
        reading.say()
    return DumpContents(dump, plan, reading.told(), reading.places)


@dataclass
class _Reading:
    """The first reading of a dump."""

    dump: Dump
    plan: DumpPlan
    tell: Tell
    places: dict[str, Place] = field(default_factory=dict)
    _seen: dict[tuple[str, str], ContentHash] = field(default_factory=dict)
    _chunks: dict[tuple[str, str], list[ObjectPart]] = field(default_factory=dict)
    _bytes: int = 0
    _documents: int = 0
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._oplog = OplogCheck(self.plan.prefix, f"{self.dump.where}: the oplog")

    def look_at(self, piece: Piece) -> None:
        """Check every document of it, and note where it is."""
        name = (piece.database, piece.collection)
        is_oplog = name == OPLOG
        for document in _split(piece.documents):
            if is_oplog:
                self._oplog.look_at(document)
            else:
                check_document(document, f"{self.dump.where}: {'.'.join(name)}")
        documents = self._seen.setdefault(name, ContentHash()).add(piece.documents)
        chunks = self._chunks.setdefault(name, [])
        number, size = len(chunks), len(piece.documents)
        part = ObjectPart(
            name=layout.oplog_name(number) if is_oplog else layout.chunk_name(*name, number),
            documents=documents,
            bytes_plain=size,
            bytes_stored=size,
            sha256=hashlib.sha256(piece.documents).hexdigest(),
        )
        chunks.append(part)
        self.places[part.name] = piece.place
        self._bytes += size
        self._documents += documents

    def say(self) -> None:
        """Tell how far it is."""
        self.tell(Far(Before.READING, self._bytes, self._bytes, self._documents, time.monotonic() - self._began))

    def told(self) -> DumpTold:
        """What was found."""
        parts = tuple(self._part(each.database, each.collection) for each in self.plan.collections)
        oplog = tuple(self._chunks.get(OPLOG, ()))
        words = [
            self.plan.prefix,
            [[each.database, each.collection, each.documents, each.content_hash] for each in parts],
            [each.sha256 for each in oplog],
            [repr(each) for each in (*self.plan.shapes, *self.plan.views)],
        ]
        digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()
        return DumpTold(f"dump_{digest[:32]}", self.plan.prefix, parts, oplog)

    def _part(self, database: str, collection: str) -> CollectionPart:
        seen = self._seen.get((database, collection), ContentHash())
        return CollectionPart(
            database=database,
            collection=collection,
            documents=seen.documents,
            bytes=seen.size,
            content_hash=seen.hexdigest(),
            chunks=tuple(self._chunks.get((database, collection), ())),
        )


def _split(documents: bytes) -> Iterator[bytes]:
    begin = 0
    for end in document_ends(documents):
        yield documents[begin:end]
        begin = end
