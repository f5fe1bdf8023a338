"""What writes a dump, whether it becomes a folder or an archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from daraa.stores.dumps.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Written:
    """A collection to write; `size` is the bytes of its documents, and a view has none."""

    database: str
    metadata: Metadata
    size: int


class DumpWriter(Protocol):
    """Call `begin` once, `write` and `end` for each collection (and `OPLOG`) in turn, then `finish`, else `abandon`."""

    @property
    def bytes_written(self) -> int:
        """Bytes on the disk so far."""

    def begin(self, collections: Sequence[Written], server_version: str, tool_version: str, *, oplog: bool) -> None:
        """Say what will come."""

    def write(self, database: str, collection: str, documents: bytes) -> None:
        """Add whole documents."""

    def end(self, database: str, collection: str) -> None:
        """Say that the collection is complete."""

    def view(self, database: str, name: str) -> None:
        """Add a view, which has no documents."""

    def finish(self) -> None:
        """Give the whole dump its name, when it is safely on the disk."""

    def abandon(self) -> None:
        """Remove what was written."""
