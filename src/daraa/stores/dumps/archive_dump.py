"""A dump in one file, in which the documents of several collections may come in turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from daraa.stores.dumps.archive_format import (
    MAGIC,
    TERMINATOR,
    Listed,
    Segment,
    read_header,
    read_listed,
    read_segment,
)
from daraa.stores.dumps.crc64 import crc64
from daraa.stores.dumps.document_stream import DocumentStream
from daraa.stores.dumps.dump import LARGEST_LIST, OPLOG, Found, Piece, Place
from daraa.stores.dumps.dump_files import DumpFile, open_dump_file
from daraa.stores.dumps.errors import broken
from daraa.stores.dumps.metadata import read_metadata

SEGMENTS_AT_MOST = 200_000
"""More changes between collections than that nobody's archive has: mongodump changes after 16 MB."""
_BUCKETS = "system.buckets."


@dataclass
class ArchiveDump:
    """`Dump` of an archive; its list of collections is read when it is made."""

    path: Path
    found: tuple[Found, ...] = ()
    has_oplog: bool = False
    strangers: tuple[str, ...] = ()
    _file: DumpFile = field(init=False)
    _body: int = 0
    _closing: dict[tuple[str, str], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._file = open_dump_file(self.path, self.path.name)
        try:
            self._read_list(DocumentStream(self._file))
        except BaseException:
            self._file.close()
            raise

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    def pieces(self, wanted: Callable[[str, str], bool]) -> Iterator[Piece]:
        """Segment by segment; the checksum of every collection is compared, of those that are not wanted too."""
        stream, sums, segments = DocumentStream(self._file, self._body), dict[tuple[str, str], int](), 0
        over = dict.fromkeys(self._closing, False)
        while (head := stream.next()) is not None:
            about, segments = read_segment(head, self._file.where), segments + 1
            name = (about.database, about.collection)
            if over.get(name, True):
                raise broken(self._file.where, f"it has documents of {'.'.join(name)} where there can be none")
            if segments > SEGMENTS_AT_MOST:
                raise broken(self._file.where, f"it consists of more than {SEGMENTS_AT_MOST} pieces")
            for offset, documents in stream.pieces(terminated=True):
                if about.over:
                    raise broken(self._file.where, f"{'.'.join(name)} goes on after its end")
                sums[name] = crc64(documents, sums.get(name, 0))
                if wanted(*name):
                    yield Piece(*name, Place("", offset, len(documents)), documents)
            if about.over:
                self._compare(about, sums.pop(name, 0))
                over[name] = True
        if missing := [".".join(name) for name, done in over.items() if not done and self._closing[name]]:
            raise broken(self._file.where, f"it is cut off before the end of {missing[0]}")

    def read(self, place: Place) -> bytes:
        """From the file."""
        return self._file.read_at(place.offset, place.length)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _compare(self, about: Segment, found: int) -> None:
        if about.crc != found:
            raise broken(
                self._file.where,
                f"the checksum of {about.database}.{about.collection} is {found:016x}, not {about.crc:016x} as written",
            )

    def _read_list(self, stream: DocumentStream) -> None:
        where = self._file.where
        if not stream.skip(MAGIC):
            raise broken(where, "it is no archive of mongodump")
        header = stream.next()
        read_header(header or b"", where)
        found, total = list[Found](), 0
        while not stream.skip(TERMINATOR):
            document = stream.next()
            if document is None:
                raise broken(where, "it is cut off in the list of its collections")
            total += len(document)
            if total > LARGEST_LIST:
                raise broken(where, f"the list of its collections is larger than {LARGEST_LIST} bytes")
            listed = read_listed(document, where)
            self._add(listed, found)
        self.found, self._body = tuple(found), stream.position

    def _add(self, listed: Listed, found: list[Found]) -> None:
        name = (listed.database, listed.collection)
        if name in self._closing:
            raise broken(self._file.where, f"{'.'.join(name)} is listed twice")
        buckets = (listed.database, _BUCKETS + listed.collection)
        # The documents of a time series come under another name, which of the two depends on the server.
        self._closing |= {name: False, buckets: False} if listed.kind == "timeseries" else {name: True}
        if name == OPLOG:
            self.has_oplog = True
            return
        where = f"{self._file.where}: the metadata of {'.'.join(name)}"
        metadata = read_metadata(listed.metadata, where) if listed.metadata else None
        found.append(Found(*name, metadata, documents=True))
