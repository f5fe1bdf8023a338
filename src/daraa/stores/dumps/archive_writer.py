"""Writes a dump into one file, as `mongodump --archive` does; the collections come one after the other."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daraa.stores.dumps import archive_format as archive
from daraa.stores.dumps.crc64 import crc64
from daraa.stores.dumps.drafts import DraftFile, draft_of, held, taken, to_disk
from daraa.stores.dumps.dump import OPLOG
from daraa.stores.dumps.dump_files import GZIP_MAGIC
from daraa.stores.dumps.errors import named_writes
from daraa.stores.dumps.metadata import written
from daraa.stores.dumps.writer import Written


@dataclass
class ArchiveWriter:
    """`DumpWriter` of an archive; nothing may have the name `path`."""

    path: Path
    gzip: bool
    _file: DraftFile | None = None
    _current: tuple[str, str] | None = None
    _sum: int = 0

    def __post_init__(self) -> None:
        self._draft = draft_of(self.path)

    @property
    def bytes_written(self) -> int:
        """Bytes of the file."""
        return self._file.written if self._file else 0

    def begin(self, collections: Sequence[Written], server_version: str, tool_version: str, *, oplog: bool) -> None:
        """Write the list of the collections; a dead export's draft is replaced."""
        with named_writes(self.path):
            if os.path.lexists(self.path):
                raise taken(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remove_dead_draft()
            self._file = DraftFile(self._draft, self.gzip)
            held(self._file.descriptor(), self.path)
            listed = [
                archive.Listed(
                    each.database, each.metadata.collection, written(each.metadata), each.size, each.metadata.kind
                )
                for each in collections
            ]
            if oplog:
                listed.append(archive.Listed(*OPLOG, "", 0, ""))
            self._file.write(archive.prelude(server_version, tool_version, listed))

    def write(self, database: str, collection: str, documents: bytes) -> None:
        """Into the collection's segment."""
        with named_writes(self.path):
            self._enter(database, collection)
            self._sum = crc64(documents, self._sum)
            self._add(documents)

    def end(self, database: str, collection: str) -> None:
        """A collection without documents has an empty segment."""
        with named_writes(self.path):
            self._enter(database, collection)
            self._add(archive.TERMINATOR + archive.segment(database, collection, self._sum) + archive.TERMINATOR)
            self._current, self._sum = None, 0

    def view(self, database: str, name: str) -> None:
        """An empty segment: at its sight mongorestore makes the view."""
        self.end(database, name)

    def finish(self) -> None:
        """Rename."""
        with named_writes(self.path):
            assert self._file
            self._file.close()
            if os.path.lexists(self.path):
                raise taken(self.path)
            os.rename(self._draft, self.path)
            to_disk(self.path.parent)

    def abandon(self) -> None:
        """Remove the draft, if it is ours."""
        if self._file:
            self._file.drop()
            self._draft.unlink(missing_ok=True)

    def _enter(self, database: str, collection: str) -> None:
        if self._current is None:
            self._current = (database, collection)
            self._add(archive.segment(database, collection))

    def _add(self, content: bytes) -> None:
        assert self._file
        self._file.write(content)

    def _remove_dead_draft(self) -> None:
        try:
            descriptor = os.open(self._draft, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        try:
            held(descriptor, self.path)
            if os.read(descriptor, len(archive.MAGIC))[:2] not in (b"", archive.MAGIC[:2], GZIP_MAGIC):
                raise taken(self._draft)
            self._draft.unlink()
        finally:
            os.close(descriptor)
