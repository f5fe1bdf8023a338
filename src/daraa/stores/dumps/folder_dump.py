"""A dump in a folder: a folder for each database, with a file of documents and a file of metadata for a collection."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.document_stream import DocumentStream
from daraa.stores.dumps.dump import LARGEST_LIST, OPLOG, Found, Piece, Place
from daraa.stores.dumps.dump_files import DumpFile, open_dump_file
from daraa.stores.dumps.errors import NOT_FOUND, broken
from daraa.stores.dumps.file_names import BSON, GZIP, METADATA, is_cut, is_text, printable, unescaped
from daraa.stores.dumps.file_names import OPLOG as OPLOG_FILE
from daraa.stores.dumps.metadata import LARGEST_BYTES, Metadata, read_metadata

OPEN_FILES = 4
_MEANINGLESS = ("prelude.json", f"prelude.json{GZIP}")
_PLACES = 8


@dataclass
class _Files:
    """The files of one collection, by their path below the dump."""

    documents: str = ""
    metadata: str = ""


@dataclass
class FolderDump:
    """`Dump` of a folder; `path` is also accepted when it is the folder of one database."""

    path: Path
    found: tuple[Found, ...] = ()
    strangers: tuple[str, ...] = ()
    has_oplog: bool = False
    _oplog: str = ""
    _files: dict[tuple[str, str], str] = field(default_factory=dict)
    _open: OrderedDict[str, DumpFile] = field(default_factory=OrderedDict)
    _listed_bytes: int = 0

    def __post_init__(self) -> None:
        folders, files = self._entries(self.path)
        strangers = list[str]()
        groups: list[tuple[str, str, list[str]]] = []
        if not folders and any(name != OPLOG_FILE and _stem(name) for name in files):
            groups.append((printable(self.path.resolve().name), "", files))
        else:
            strangers += [name for name in files if name not in (OPLOG_FILE, *_MEANINGLESS)]
            strangers += [f"{name}/" for name in folders if not is_text(name)]
            for name in filter(is_text, folders):
                inner_folders, inner = self._entries(self.path / name)
                strangers += [f"{name}/{each}/" for each in inner_folders]
                groups.append((name, f"{name}/", inner))
            if OPLOG_FILE in files:
                self.has_oplog, self._oplog = True, OPLOG_FILE
        found = list[Found]()
        for database, below, names in groups:
            found += self._collections(database, below, names, strangers)
        if not found and not self.has_oplog:
            raise DaraaError(
                NOT_FOUND,
                f"{self.path} is no dump: there is no file of a collection in it.",
                hint="Name the folder that mongodump wrote (--out), or its archive.",
            )
        self.found, self.strangers = tuple(found), tuple(map(printable, strangers))

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.path)

    def pieces(self, wanted: Callable[[str, str], bool]) -> Iterator[Piece]:
        """File by file, the oplog last."""
        files = dict(self._files)
        if self._oplog:
            files[OPLOG] = self._oplog
        for (database, collection), file in files.items():
            if wanted(database, collection):
                for offset, documents in DocumentStream(self._file(file)).pieces(terminated=False):
                    yield Piece(database, collection, Place(file, offset, len(documents)), documents)

    def read(self, place: Place) -> bytes:
        """From the file that the place names."""
        return self._file(place.file).read_at(place.offset, place.length)

    def close(self) -> None:
        """Close what is open."""
        while self._open:
            self._open.popitem()[1].close()

    def _file(self, name: str) -> DumpFile:
        if name not in self._open:
            while len(self._open) >= OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            self._open[name] = open_dump_file(self.path / name, name, _PLACES)
        self._open.move_to_end(name)
        return self._open[name]

    def _entries(self, path: Path) -> tuple[list[str], list[str]]:
        folders, files = list[str](), list[str]()
        try:
            with os.scandir(path) as entries:
                for each in entries:
                    if each.is_symlink():
                        raise broken(printable(each.path), "it is a link, and may lead anywhere")
                    (folders if each.is_dir(follow_symlinks=False) else files).append(each.name)
        except OSError as error:
            raise DaraaError(
                NOT_FOUND, f"{path} cannot be read: {error.strerror}.", hint="Name the folder that mongodump wrote."
            ) from error
        return sorted(folders), sorted(files)

    def _collections(self, database: str, below: str, names: list[str], strangers: list[str]) -> Iterator[Found]:
        groups: dict[str, _Files] = {}
        for name in names:
            stem = _stem(name)
            if not stem or not is_text(name) or not (is_cut(stem) or unescaped(stem)):
                strangers += [f"{below}{name}"] if name not in _MEANINGLESS else []
                continue
            files, kind = groups.setdefault(stem, _Files()), "documents" if ".bson" in name[len(stem) :] else "metadata"
            if getattr(files, kind):
                raise broken(f"{below}{name}", "it is there twice, compressed and not")
            setattr(files, kind, f"{below}{name}")
        seen = set[str]()
        for stem, files in groups.items():
            metadata = self._metadata(files.metadata) if files.metadata else None
            collection = unescaped(stem) or ""
            if is_cut(stem):
                if metadata is None or not metadata.collection:
                    raise broken(f"{below}{stem}", "its name is cut, and no metadata says what it is called")
                collection = metadata.collection
            if collection in seen:
                raise broken(f"{below}{stem}", f"it is there twice: {collection} has files of another spelling too")
            seen.add(collection)
            if files.documents:
                self._files[database, collection] = files.documents
            yield Found(database, collection, metadata, bool(files.documents))

    def _metadata(self, name: str) -> Metadata:
        file = open_dump_file(self.path / name, name, 1)
        try:
            content = file.read_at(0, LARGEST_BYTES + 1)
            rest = file.read_at(len(content), 1)
        finally:
            file.close()
        self._listed_bytes += len(content)
        if rest or len(content) > LARGEST_BYTES or self._listed_bytes > LARGEST_LIST:
            raise broken(name, "it is larger than the metadata of any collection")
        return read_metadata(content, name)


def _stem(name: str) -> str:
    plain = name.removesuffix(GZIP)
    for end in (METADATA, BSON):
        if plain.endswith(end):
            return plain.removesuffix(end)
    return ""
