"""Seals and stores the objects of one backup in threads, a bounded number at a time."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from daraa.kernel.crashpoints import mark
from daraa.ops.backup.chunks import Sealer, compress
from daraa.ops.backup.layout import backup_folder
from daraa.ops.backup.manifest import ObjectPart
from daraa.stores.objects import ObjectStore


@dataclass
class Upload:
    """What a take writes; `slots` bounds the objects in memory (each plain, packed and on its way to the store)."""

    store: ObjectStore
    sealer: Sealer
    slots: asyncio.Semaphore
    folder: str = ""
    """Where the objects go; empty: the folder of the backup that the sealer is for."""
    bytes_plain: int = 0
    bytes_stored: int = 0
    parts: dict[str, ObjectPart] = field(default_factory=dict)

    async def begin(self, group: asyncio.TaskGroup, name: str, plain: bytes | bytearray, documents: int) -> None:
        """Start storing an object as soon as there is a slot; its `ObjectPart` is in `parts` when the task is over."""
        await self.slots.acquire()
        task = group.create_task(self._put(name, plain, documents))
        task.add_done_callback(lambda _: self.slots.release())

    async def put(self, name: str, plain: bytes | bytearray, documents: int) -> ObjectPart:
        """Store an object and wait for it."""
        async with self.slots:
            await self._put(name, plain, documents)
        return self.parts[name]

    async def _put(self, name: str, plain: bytes | bytearray, documents: int) -> None:
        size, nonce = len(plain), self.sealer.next_nonce()
        packed = await asyncio.to_thread(compress, plain)
        del plain  # each step has its own copy, and forgets the one before
        stored, digest = await asyncio.to_thread(self._seal, packed, name, nonce)
        del packed
        key = f"{self.folder or backup_folder(self.sealer.backup_id)}/{name}"
        await self.store.put(key, stored)
        mark("backup.object_stored")
        part = ObjectPart(name=name, documents=documents, bytes_plain=size, bytes_stored=len(stored), sha256=digest)
        self.parts[name] = part
        self.bytes_plain += size
        self.bytes_stored += len(stored)

    def _seal(self, packed: bytes, name: str, nonce: bytes) -> tuple[bytearray, str]:
        stored = self.sealer.seal(packed, name, nonce)
        return stored, hashlib.sha256(stored).hexdigest()
