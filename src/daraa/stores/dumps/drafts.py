"""Files of a dump that is not whole yet: they have a name that says so, and one process alone writes them."""

import fcntl
import os
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.errors import BUSY, TARGET_TAKEN

UNFINISHED = ".unfinished"
"""What the name of a dump ends in until it is whole."""
_GZIP = 31


def draft_of(path: Path) -> Path:
    """Where a dump is written that will be called `path`; beside it, so that it only needs to be renamed."""
    if not path.name:
        raise DaraaError(
            TARGET_TAKEN,
            f"{path} is a folder that has no name to write beside; nothing was written.",
            hint="Choose a name that does not exist; an export replaces nothing.",
        )
    return path.with_name(path.name + UNFINISHED)


@dataclass
class DraftFile:
    """A file that is written once, compressed if that is wanted, and then on the disk."""

    path: Path
    gzip: bool
    written: int = 0
    _packing: Any = None
    _handle: IO[bytes] = field(init=False)

    def __post_init__(self) -> None:
        # For nobody else: a dump is not encrypted.
        self._handle = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
        self._packing = zlib.compressobj(wbits=_GZIP) if self.gzip else None

    def write(self, content: bytes) -> None:
        """Add this."""
        packed = self._packing.compress(content) if self._packing else content
        self.written += len(packed)
        self._handle.write(packed)

    def close(self) -> None:
        """Return when everything is on the disk."""
        rest = self._packing.flush() if self._packing else b""
        self.written += len(rest)
        self._handle.write(rest)
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._handle.close()

    def descriptor(self) -> int:
        """Of the open file."""
        return self._handle.fileno()

    def drop(self) -> None:
        """Close it as it is: what could not be written any more is removed anyhow."""
        with suppress(OSError):
            self._handle.close()


def held(descriptor: int, path: Path) -> None:
    """Hold the draft until this process ends, however it ends; `backup.export.busy` while another one does."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DaraaError(
            BUSY, f"Another export to {path} is running.", hint="Wait for it, or choose another target."
        ) from None


def to_disk(folder: Path) -> None:
    """Return when the names in a folder are safe."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def taken(path: Path) -> DaraaError:
    """The error for a target that is not free."""
    return DaraaError(
        TARGET_TAKEN,
        f"There is something at {path}; nothing was written.",
        hint="Choose a name that does not exist; an export replaces nothing.",
    )
