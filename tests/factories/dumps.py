"""Dumps read and made by hand, from the description of the formats alone: nothing here uses the code under test."""

import gzip
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bson
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from bson.raw_bson import RawBSONDocument

RAW: Any = bson.CodecOptions(document_class=RawBSONDocument)
MAGIC = bytes.fromhex("6de29981")
END = b"\xff\xff\xff\xff"


def crc64(content: bytes) -> int:
    """CRC-64/XZ bit by bit: polynomial 0x42F0E1EBA9EA3693 from the low end, all ones before and after."""
    value = 2**64 - 1
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0xC96C5795D7870F42 if value & 1 else 0)
    return value ^ (2**64 - 1)


@dataclass
class ReadArchive:
    """What is in an archive: the header, the list of collections, and by namespace the documents."""

    header: dict[str, Any]
    listed: list[dict[str, Any]] = field(default_factory=list)
    documents: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    order: list[tuple[str, str]] = field(default_factory=list)


def read_archive(content: bytes) -> ReadArchive:
    """Block by block; every byte must be what the description says, and every collection must end with its CRC."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    assert content[:4] == MAGIC
    at = 4

    def document() -> bytes:
        nonlocal at
        size = struct.unpack_from("<i", content, at)[0]
        found, at = content[at : at + size], at + size
        assert len(found) == size
        assert found[-1] == 0
        return found

    def ended() -> bool:
        nonlocal at
        if content[at : at + 4] != END:
            return False
        at += 4
        return True

    archive = ReadArchive(bson.decode(document()))
    assert list(archive.header) == ["concurrent_collections", "version", "server_version", "tool_version"]
    while not ended():
        archive.listed.append(bson.decode(document()))
        assert list(archive.listed[-1]) == ["db", "collection", "metadata", "size", "type"]
    over: set[tuple[str, str]] = set()
    while at < len(content):
        head = bson.decode(document())
        assert list(head) == ["db", "collection", "EOF", "CRC"]
        name = (head["db"], head["collection"])
        assert name not in over
        rows = archive.documents.setdefault(name, [])
        if head["EOF"]:
            assert head["CRC"] == struct.unpack("<q", struct.pack("<Q", crc64(b"".join(rows))))[0]
            over.add(name)
            archive.order.append(name)
            assert ended()
            continue
        assert head["CRC"] == 0
        while not ended():
            rows.append(document())
    assert over == {(each["db"], each["collection"]) for each in archive.listed}
    return archive


def metadata(collection: str, options: Any = None, indexes: Sequence[Any] = (), kind: str = "collection") -> str:
    """The JSON beside a collection."""
    words = {"options": options} if options else {}
    words |= {"indexes": list(indexes), "uuid": "0" * 32, "collectionName": collection, "type": kind}
    return dumps(words, json_options=CANONICAL_JSON_OPTIONS)


ID_INDEX = {"v": 2, "key": {"_id": 1}, "name": "_id_"}


@dataclass
class Handmade:
    """A dump as somebody else makes it; change its parts, then write it."""

    rows: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    metadata: dict[tuple[str, str], str] = field(default_factory=dict)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, database: str, collection: str, rows: Iterable[dict[str, Any]], **words: Any) -> "Handmade":
        """One collection."""
        self.rows[database, collection] = list(rows)
        self.metadata[database, collection] = metadata(collection, **words)
        self.kinds[database, collection] = words.get("kind", "collection")
        return self

    def folder(self, path: Path, oplog: Sequence[dict[str, Any]] | None = None, packed: bool = False) -> Path:
        """As `mongodump --out`."""
        end = ".gz" if packed else ""
        for (database, collection), rows in self.rows.items():
            (path / database).mkdir(parents=True, exist_ok=True)
            put(path / database / f"{collection}.bson{end}", b"".join(map(bson.encode, rows)), packed)
            put(
                path / database / f"{collection}.metadata.json{end}",
                self.metadata[database, collection].encode(),
                packed,
            )
        if oplog is not None:
            put(path / "oplog.bson", b"".join(map(bson.encode, oplog)), packed)
        return path

    def archive(self, path: Path, oplog: Sequence[dict[str, Any]] | None = None, turns: int = 1) -> Path:
        """As `mongodump --archive`, in which the collections come in `turns` turns."""
        rows = dict(self.rows) | ({("", "oplog"): list(oplog)} if oplog is not None else {})
        header = {"concurrent_collections": 4, "version": "0.1", "server_version": "8.0.4", "tool_version": "100.12.2"}
        parts = [MAGIC, bson.encode(header)]
        for name in rows:
            words = {"db": name[0], "collection": name[1], "metadata": self.metadata.get(name, "")}
            parts.append(bson.encode({**words, "size": 0, "type": self.kinds.get(name, "")}))
        parts.append(END)
        for turn in range(turns):
            for name, documents in rows.items():
                share = documents[turn::turns]
                parts += [bson.encode(_head(name)), *map(bson.encode, share), END]
        for name, documents in rows.items():
            whole = b"".join(bson.encode(row) for turn in range(turns) for row in documents[turn::turns])
            parts += [bson.encode(_head(name, crc64(whole))), END]
        path.write_bytes(b"".join(parts))
        return path


def put(path: Path, content: bytes, packed: bool = False) -> None:
    """A file, compressed or not."""
    path.write_bytes(gzip.compress(content) if packed else content)


def canonical(text: str) -> Any:
    """JSON as it stands, so that types are compared too."""
    return json.loads(text)


def _head(name: tuple[str, str], crc: int | None = None) -> dict[str, Any]:
    number = struct.unpack("<q", struct.pack("<Q", crc or 0))[0]
    return {"db": name[0], "collection": name[1], "EOF": crc is not None, "CRC": bson.Int64(number)}
