"""Copies one collection: batches from the wire become chunks, which are counted, hashed and handed to the upload."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from daraa.declare.collection import Database
from daraa.ops.backup.chunks import ChunkBuilder
from daraa.ops.backup.content_hash import ContentHash
from daraa.ops.backup.layout import chunk_name
from daraa.ops.backup.manifest import CollectionPart
from daraa.ops.backup.upload import Upload
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.raw_batches import Size, raw_batches


@dataclass(frozen=True, slots=True)
class Source:
    """A collection to copy; `size` is the server's estimate."""

    part: Database
    name: str
    size: Size


Copied = Callable[[int, int], None]
"""Told about documents and bytes that were read."""


async def copy_collection(mongo: Mongo, upload: Upload, source: Source, copied: Copied) -> CollectionPart:
    """Copy all documents; the part is complete when every one of its objects is stored.

    A failure of one object ends the reading too, and comes out in an exception group.
    """
    database = mongo.settings.database + source.part.value
    seen, builder, names = ContentHash(), ChunkBuilder(), list[str]()

    async def send(group: asyncio.TaskGroup, chunks: list[bytearray]) -> None:
        while chunks:
            chunk = chunks.pop(0)
            name = chunk_name(database, source.name, len(names))
            names.append(name)
            # Here and not in a thread: it holds the interpreter's lock, so a thread would only stop the reading.
            documents = seen.add(chunk)
            copied(documents, len(chunk))
            await upload.begin(group, name, chunk, documents)

    async with asyncio.TaskGroup() as group:
        async for batch in raw_batches(mongo, source.part, source.name, source.size.batch):
            full = builder.add(batch)
            del batch  # what follows may wait long, and the next batch comes beside it
            await send(group, full)
        await send(group, builder.rest())
    return CollectionPart(
        database=database,
        collection=source.name,
        documents=seen.documents,
        bytes=seen.size,
        content_hash=seen.hexdigest(),
        chunks=tuple(upload.parts[name] for name in names),
    )
