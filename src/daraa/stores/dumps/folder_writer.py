"""Writes a dump into a folder, as `mongodump --out` does."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from daraa.stores.dumps.drafts import DraftFile, draft_of, held, taken, to_disk
from daraa.stores.dumps.dump import OPLOG
from daraa.stores.dumps.errors import named_writes
from daraa.stores.dumps.file_names import BSON, GZIP, METADATA, escaped
from daraa.stores.dumps.file_names import OPLOG as OPLOG_FILE
from daraa.stores.dumps.metadata import written
from daraa.stores.dumps.writer import Written

_OURS = (BSON, METADATA, BSON + GZIP, METADATA + GZIP)


@dataclass
class FolderWriter:
    """`DumpWriter` of a folder; `path` must not exist, or be an empty folder."""

    path: Path
    gzip: bool
    bytes_written: int = 0
    _file: DraftFile | None = None
    _lock: int = -1

    def __post_init__(self) -> None:
        self._draft = draft_of(self.path)

    def begin(self, collections: Sequence[Written], server_version: str, tool_version: str, *, oplog: bool) -> None:
        """Make the folders and write the metadata; a dead export's draft is replaced."""
        with named_writes(self.path):
            if self.path.is_symlink() or (self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir()))):
                raise taken(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._draft.mkdir(mode=0o700, exist_ok=True)
            self._take_draft()
            for database in dict.fromkeys(each.database for each in collections):
                (self._draft / database).mkdir(mode=0o700)
            for one in collections:
                self._open(self._below(one.database, one.metadata.collection, METADATA))
                self._add(written(one.metadata).encode())
                self._close()

    def write(self, database: str, collection: str, documents: bytes) -> None:
        """To the collection's file."""
        with named_writes(self.path):
            if self._file is None:
                self._open(self._below(database, collection, BSON))
            self._add(documents)

    def end(self, database: str, collection: str) -> None:
        """An empty collection has an empty file."""
        with named_writes(self.path):
            if self._file is None:
                self._open(self._below(database, collection, BSON))
            self._close()

    def view(self, database: str, name: str) -> None:
        """Its metadata is there, and is all of it."""

    def finish(self) -> None:
        """Rename."""
        with named_writes(self.path):
            for each in (*sorted(path for path in self._draft.iterdir() if path.is_dir()), self._draft):
                to_disk(each)
            os.rename(self._draft, self.path)
            to_disk(self.path.parent)
            os.close(self._lock)

    def abandon(self) -> None:
        """Remove the draft, if it is ours."""
        if self._file:
            self._file.drop()
        if self._lock >= 0:
            shutil.rmtree(self._draft, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def _take_draft(self) -> None:
        descriptor = os.open(self._draft, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            held(descriptor, self.path)
            self._remove_dead_draft()
        except BaseException:
            os.close(descriptor)
            raise
        self._lock = descriptor

    def _remove_dead_draft(self) -> None:
        """Empty the draft, if all that is in it is what an export writes."""
        there = list(self._draft.rglob("*"))
        if any(each.is_symlink() or not (each.is_dir() or each.name.endswith(_OURS)) for each in there):
            raise taken(self._draft)
        for each in self._draft.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()

    def _below(self, database: str, collection: str, end: str) -> Path:
        if (database, collection) == OPLOG:
            return self._draft / OPLOG_FILE
        return self._draft / database / f"{escaped(collection)}{end}{GZIP if self.gzip else ''}"

    def _open(self, path: Path) -> None:
        self._file = DraftFile(path, self.gzip)

    def _add(self, content: bytes) -> None:
        assert self._file
        before = self._file.written
        self._file.write(content)
        self.bytes_written += self._file.written - before

    def _close(self) -> None:
        assert self._file
        before = self._file.written
        self._file.close()
        self.bytes_written += self._file.written - before
        self._file = None
