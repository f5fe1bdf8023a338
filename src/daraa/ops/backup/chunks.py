"""Between plain bytes and what is stored: zstd, then AES-256-GCM, bound to its place so that no object can move.

A stored object is `DRB1`, the nonce (12 bytes), and the ciphertext with its tag (16 bytes at the end). The nonce is a
number that is used once for a data key; the backup's id and the object's name are authenticated with it.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.content_hash import document_ends
from daraa.ops.backup.keys import NONCE_BYTES

CHUNK_BYTES = 16 * 1024 * 1024
"""Most plain bytes of a chunk, but for a single document that is larger."""
MAGIC = b"DRB1"
_HEADER_BYTES = len(MAGIC) + NONCE_BYTES
OVERHEAD_BYTES = _HEADER_BYTES + 16
LEVEL = 1
"""zstd's level: 3 takes a third more time for a quarter less, and a backup should not slow the database."""

OBJECT_DAMAGED = register(
    "backup.object.damaged", status=500, en="An object of the backup is damaged", ar="كائن من النسخة الاحتياطية تالف"
)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Packs the objects of one backup; `numbers` gives each nonce once, so pack from one sealer per data key only."""

    backup_id: str
    data_key: bytes = field(repr=False)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def next_nonce(self) -> bytes:
        """A number that no other object of this backup has."""
        return next(self.numbers).to_bytes(NONCE_BYTES, "big")

    def pack(self, plain: bytes | bytearray, name: str, nonce: bytes) -> bytearray:
        """The object to store under `name` (below the backup's folder)."""
        return self.seal(compress(plain), name, nonce)

    def seal(self, packed: bytes, name: str, nonce: bytes) -> bytearray:
        """The second half of `pack`. Pure work for a thread of its own, as the first."""
        stored = bytearray(OVERHEAD_BYTES + len(packed))
        stored[:_HEADER_BYTES] = MAGIC + nonce
        # Into its place: adding the header afterwards would copy all of it once more.
        cipher = memoryview(stored)[_HEADER_BYTES:]
        AESGCM(self.data_key).encrypt_into(nonce, packed, _bound_to(self.backup_id, name), cipher)
        return stored


def compress(plain: bytes | bytearray) -> bytes:
    """The first half of `pack`."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(plain)


def unpack(stored: bytes | bytearray, *, data_key: bytes, backup_id: str, name: str, bytes_plain: int) -> bytes:
    """The plain bytes of an object; `backup.object.damaged` unless it is whole, unchanged and in its own place."""
    if len(stored) < OVERHEAD_BYTES or stored[: len(MAGIC)] != MAGIC:
        raise damaged(name, "it is cut off, or no object of a backup")
    nonce, cipher = stored[len(MAGIC) : _HEADER_BYTES], memoryview(stored)[_HEADER_BYTES:]
    try:
        packed = AESGCM(data_key).decrypt(nonce, cipher, _bound_to(backup_id, name))
    except InvalidTag:
        raise damaged(name, "it was changed, or stands in another object's place") from None
    try:
        plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=max(bytes_plain, 1))
    except zstandard.ZstdError:
        raise damaged(name, f"it does not unpack to {bytes_plain} bytes") from None
    if len(plain) != bytes_plain:
        raise damaged(name, f"it has {len(plain)} bytes where the manifest says {bytes_plain}")
    return plain


@dataclass
class ChunkBuilder:
    """Gathers batches of whole documents and gives them back as chunks of at most `limit` bytes."""

    limit: int = CHUNK_BYTES
    _chunk: bytearray = field(default_factory=bytearray)

    def add(self, batch: bytes) -> list[bytearray]:
        """The chunks that are full now; what begins in this batch stays until the next call, or `rest`."""
        full: list[bytearray] = []
        for piece in self._pieces(batch):
            if self._chunk and len(self._chunk) + len(piece) > self.limit:
                full += self.rest()
            self._chunk += piece
        return full

    def rest(self) -> list[bytearray]:
        """The last chunk, if anything is left."""
        chunk, self._chunk = self._chunk, bytearray()
        return [chunk] if chunk else []

    def _pieces(self, batch: bytes) -> Iterator[bytes | memoryview]:
        """The batch as it is; only one that is larger than a chunk is cut, between documents."""
        if len(batch) <= self.limit:
            yield batch
            return
        view, begin, last = memoryview(batch), 0, 0
        for end in document_ends(batch):
            if end - begin > self.limit and last > begin:
                yield view[begin:last]
                begin = last
            last = end
        yield view[begin:]


def damaged(name: str, why: str) -> DaraaError:
    """The error for an object that is not what was stored."""
    return DaraaError(
        OBJECT_DAMAGED,
        f"{name}: {why}.",
        hint="Do not use this backup; verify the other copies, and find out what writes into the repository.",
        object=name,
    )


def _bound_to(backup_id: str, name: str) -> bytes:
    return f"daraa-backup-1\n{backup_id}\n{name}".encode()
