"""What a restoration needs of its source, whether that is a backup of a repository or a dump of other tools."""

from typing import Protocol

from daraa.ops.backup.contents import Schema
from daraa.ops.backup.manifest import CollectionPart
from daraa.ops.backup.selection import Told


class Restorable(Protocol):
    """Everything that comes out was checked; the same call gives the same bytes, or an error."""

    @property
    def manifest(self) -> Told:
        """What there is to read."""

    async def schema(self) -> Schema:
        """Shapes of collections and views."""

    async def documents(self, of: CollectionPart, number: int) -> list[bytes]:
        """The documents of a collection's chunk, each whole BSON."""

    async def oplog(self, number: int) -> bytes:
        """A part of the oplog, as concatenated BSON entries."""
