"""What a dump holds and how it is read, whether it is a folder or an archive."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from daraa.stores.dumps.metadata import Metadata

OPLOG = ("", "oplog")
"""The oplog, as if it were a collection: it belongs to no database."""
LARGEST_LIST = 64 * 1024 * 1024
"""Most bytes of metadata of all collections together."""


@dataclass(frozen=True, slots=True)
class Found:
    """A collection of a dump; `metadata` is None where the dump has none, `documents` False where it has no file."""

    database: str
    collection: str
    metadata: Metadata | None
    documents: bool

    @property
    def namespace(self) -> str:
        """As the server spells it."""
        return f"{self.database}.{self.collection}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a dump some documents are; `file` is empty in an archive."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole documents of one collection (16 MiB, unless one alone is larger), in the order of the dump."""

    database: str
    collection: str
    place: Place
    documents: bytes


class Dump(Protocol):
    """An open dump. `strangers` are names of what it holds and no tool writes; nobody reads them."""

    @property
    def where(self) -> str:
        """What it is called in messages."""

    @property
    def found(self) -> tuple[Found, ...]:
        """Its collections, in the order in which they are best read."""

    @property
    def has_oplog(self) -> bool:
        """Whether its collections become those of one moment by a replay."""

    @property
    def strangers(self) -> tuple[str, ...]:
        """Names of files that mean nothing."""

    def pieces(self, wanted: Callable[[str, str], bool]) -> Iterator[Piece]:
        """Every document of the wanted collections, and of the oplog (`OPLOG`) if that is wanted.

        Raises `backup.dump.broken` for what is cut off, changed or no document; what came before is then worth nothing.
        """

    def read(self, place: Place) -> bytes:
        """The documents at a place that `pieces` told; from several threads one at a time."""

    def close(self) -> None:
        """Give the files back."""
