"""Streams a whole backup for a reader, who gets no document that was not checked first."""

import asyncio
from collections.abc import AsyncIterator

from daraa.ops.backup.chunks import damaged
from daraa.ops.backup.content_hash import ContentHash
from daraa.ops.backup.contents import Contents
from daraa.ops.backup.layout import MANIFEST
from daraa.ops.backup.manifest import CollectionPart


async def read_backup(contents: Contents) -> AsyncIterator[tuple[CollectionPart, bytes]]:
    """Every collection's documents, a chunk at a time (concatenated BSON), one chunk in memory.

    Before the first one, the list of objects is compared with the manifest: one that is missing, too many, or of
    another size ends it (`backup.object.damaged`). Every chunk is checked by its hash and its tag before it comes out,
    and every collection by its count and content hash after its last chunk: what was read is only believed at the end.
    """
    await check_listing(contents)
    for each in contents.manifest.collections:
        async for plain in read_collection(contents, each):
            yield each, plain


async def read_collection(contents: Contents, of: CollectionPart) -> AsyncIterator[bytes]:
    """One collection's documents, as `read_backup` tells them; `check_listing` comes first."""
    seen = ContentHash()
    for chunk in of.chunks:
        plain = await contents.plain(chunk)
        documents = await asyncio.to_thread(seen.add, plain)
        if documents != chunk.documents:
            raise damaged(chunk.name, f"it holds {documents} documents where the manifest says {chunk.documents}")
        yield plain
        del plain  # or it would still be here while the next one comes
    if (seen.documents, seen.size, seen.hexdigest()) != (of.documents, of.bytes, of.content_hash):
        raise damaged(f"{of.database}.{of.collection}", "its chunks are not what was copied")


async def check_listing(contents: Contents, *, strangers: bool = False) -> None:
    """Compare what is stored with the manifest by name and size; `backup.object.damaged` names a difference.

    With `strangers` objects that do not belong to it are let be: they take nothing from what does.
    """
    expected = {part.name: part.bytes_stored for part in contents.parts()}
    there = {name: size async for name, size in contents.stored()}
    for name in sorted({*expected, *there} - {MANIFEST}):
        if name not in there:
            raise damaged(name, "the object is missing")
        if name not in expected:
            if strangers:
                continue
            raise damaged(name, "the object does not belong to the backup")
        if there[name] != expected[name]:
            raise damaged(name, f"{there[name]} bytes are stored, {expected[name]} were written")
