"""One backup as its readers see it: every object is fetched whole, compared with the manifest, opened, then believed.

Memory: one call holds one object, stored and plain (32 MiB at most, but for a single larger document).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from daraa.kernel.errors import DaraaError
from daraa.ops.backup import layout
from daraa.ops.backup.chunks import damaged, unpack
from daraa.ops.backup.content_hash import ContentHash, document_ends
from daraa.ops.backup.keys import BackupKey, wrong_key
from daraa.ops.backup.manifest import (
    CollectionPart,
    Manifest,
    ObjectPart,
    Receipt,
    open_signed,
    peek_key_id,
    sha256_of,
    sign,
)
from daraa.ops.backup.selection import Shape, part_of
from daraa.stores.mongo.restore_commands import extended
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import MISSING


@dataclass(frozen=True)
class Schema:
    """What belongs to a backup beside documents; users without their passwords."""

    collections: tuple[Shape, ...]
    views: tuple[Shape, ...]
    roles: tuple[Mapping[str, Any], ...]
    users: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Contents:
    """An open backup: its manifest is signed by `key`, which also opens its objects."""

    store: ObjectStore
    manifest: Manifest
    manifest_sha256: str
    key: BackupKey
    data_key: bytes = field(repr=False)

    def parts(self) -> Iterator[ObjectPart]:
        """Every object beside the manifest."""
        yield self.manifest.schema_part
        yield from self.manifest.oplog
        for each in self.manifest.collections:
            yield from each.chunks

    async def stored(self) -> AsyncIterator[tuple[str, int]]:
        """Name (below the backup's folder) and size of everything that is stored under this backup."""
        folder = layout.backup_folder(self.manifest.backup_id)
        async for info in self.store.list(folder):
            yield info.key.removeprefix(f"{folder}/"), info.size

    async def plain(self, part: ObjectPart) -> bytes:
        """The plain bytes of an object; `backup.object.damaged` when it is missing or not what the manifest says."""
        backup_id = self.manifest.backup_id
        folder = layout.backup_folder(backup_id)
        return await read_part(self.store, folder, part, data_key=self.data_key, owner=backup_id)

    async def documents(self, of: CollectionPart, number: int) -> list[bytes]:
        """The documents of a collection's chunk, each whole BSON."""
        part = of.chunks[number]
        return await asyncio.to_thread(_split, await self.plain(part), part)

    async def check(self, part: ObjectPart) -> None:
        """Read an object and see that it holds as many documents as the manifest says."""
        plain = await self.plain(part)
        if part.name != layout.SCHEMA:
            await asyncio.to_thread(_split, plain, part)

    async def oplog(self, number: int) -> bytes:
        """A part of the oplog, as concatenated BSON entries."""
        return await self.plain(self.manifest.oplog[number])

    async def schema(self) -> Schema:
        """The schema part: shapes of collections and views, roles and users."""
        found = extended(await self.plain(self.manifest.schema_part))
        shapes = [
            Shape(
                part_of(each["database"], self.manifest),
                one["name"],
                one["options"],
                tuple(one.get("indexes", ())),
                str(one.get("uuid", "")),
            )
            for each in found["databases"]
            for one in (*each["collections"], *each["views"])
        ]
        return Schema(
            tuple(each for each in shapes if "viewOn" not in each.options),
            tuple(each for each in shapes if "viewOn" in each.options),
            tuple(found["roles"]),
            tuple(found["users"]),
        )

    async def put_receipt(self, receipt: Receipt) -> None:
        """Write the signed receipt; it is never overwritten."""
        key = layout.receipt_key(receipt.backup_id, receipt.receipt_id)
        await self.store.put(key, sign(receipt, self.key.signing), only_if_absent=True)


async def read_part(store: ObjectStore, folder: str, part: ObjectPart, *, data_key: bytes, owner: str) -> bytes:
    """The plain bytes of an object below `folder`; `owner` is the id it was sealed for. Raises as `Contents.plain`."""
    stored = bytearray()
    try:
        async for piece in store.get(f"{folder}/{part.name}", length=part.bytes_stored + 1):
            stored += piece
    except DaraaError as error:
        if error.code != MISSING:
            raise
        raise damaged(part.name, "the object is missing") from error

    def opened() -> bytes:
        if len(stored) != part.bytes_stored or hashlib.sha256(stored).hexdigest() != part.sha256:
            raise damaged(part.name, "its bytes are not those that were written")
        words = {"backup_id": owner, "name": part.name}
        return unpack(stored, data_key=data_key, bytes_plain=part.bytes_plain, **words)

    return await asyncio.to_thread(opened)


async def open_contents(store: ObjectStore, backup_id: str, key: BackupKey) -> Contents:
    """A backup of the repository. Raises `objects.object.missing`, `backup.key.wrong`, `backup.manifest.tampered`."""
    content = b"".join([piece async for piece in store.get(layout.manifest_key(backup_id))])
    theirs = peek_key_id(content)
    if theirs is not None and theirs != key.id:
        raise wrong_key(f"The backup {backup_id} cannot be opened", key.id, theirs)
    manifest = open_signed(content, key.signing, Manifest)
    if manifest.backup_id != backup_id:
        raise damaged(layout.MANIFEST, f"it is that of {manifest.backup_id}, moved to another backup's place")
    return Contents(store, manifest, sha256_of(content), key, key.unwrap(manifest.wrapped_key, backup_id))


def content_hash(documents: list[bytes]) -> ContentHash:
    """Count, size and hash of these documents."""
    seen = ContentHash()
    for each in documents:
        seen.add(each)
    return seen


def _split(plain: bytes, part: ObjectPart) -> list[bytes]:
    begin, documents = 0, []
    for end in document_ends(plain):
        documents.append(plain[begin:end])
        begin = end
    if len(documents) != part.documents:
        raise damaged(part.name, f"it holds {len(documents)} documents where the manifest says {part.documents}")
    return documents
