"""Compressed files are read at any place, and streams of documents are cut where documents end."""

import gzip
import random
import struct
from pathlib import Path

import bson
import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps import dump_files, folder_dump
from daraa.stores.dumps.archive_dump import ArchiveDump
from daraa.stores.dumps.document_stream import PIECE_BYTES, DocumentStream
from daraa.stores.dumps.dump_files import GzipFile, open_dump_file
from daraa.stores.dumps.folder_dump import FolderDump
from factories.dumps import Handmade


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files have many places then, as large ones have otherwise."""
    monkeypatch.setattr(dump_files, "STEP", 4096)
    monkeypatch.setattr(dump_files, "APART", 20_000)


@pytest.mark.parametrize("members", [1, 5])
@pytest.mark.usefixtures("small_steps")
def test_a_compressed_file_is_read_at_any_place(tmp_path: Path, members: int) -> None:
    chance = random.Random(members)
    whole = b"".join(chance.choice([b"abc", b"x" * 50, chance.randbytes(9)]) for _ in range(20_000))
    size = len(whole) // members + 1
    packed = b"".join(gzip.compress(whole[at : at + size]) for at in range(0, len(whole), size))
    (tmp_path / "file").write_bytes(packed)
    file = open_dump_file(tmp_path / "file", "file", places=8)
    assert isinstance(file, GzipFile)
    assert file.read_at(0, len(whole) + 5) == whole
    assert 2 < len(file._places) <= 8, "it keeps some places, and never more than it may"
    for _ in range(200):
        at, length = chance.randrange(len(whole) + 10), chance.randrange(9000)
        assert file.read_at(at, length) == whole[at : at + length]
    file.close()


@pytest.mark.usefixtures("small_steps")
def test_a_compressed_file_gives_all_that_is_before_the_damage_and_then_an_error(tmp_path: Path) -> None:
    whole = random.Random(3).randbytes(60_000)
    (tmp_path / "file").write_bytes(gzip.compress(whole)[:-4])
    file = open_dump_file(tmp_path / "file", "file")
    assert file.read_at(0, 30_000) == whole[:30_000]
    with pytest.raises(DaraaError) as cut:
        file.read_at(50_000, 20_000)
    assert cut.value.code == "backup.dump.broken"
    file.close()


def test_pieces_end_where_documents_end_and_are_no_larger_than_a_chunk(tmp_path: Path) -> None:
    chance = random.Random(4)
    rows = [
        bson.encode({"_id": n, "x": chance.randbytes(chance.choice([10, 3_000_000, 15_000_000]))}) for n in range(9)
    ]
    (tmp_path / "file").write_bytes(b"".join(rows))
    file = open_dump_file(tmp_path / "file", "file")
    pieces = list(DocumentStream(file).pieces(terminated=False))
    assert b"".join(documents for _, documents in pieces) == b"".join(rows)
    for offset, documents in pieces:
        assert file.read_at(offset, len(documents)) == documents
        assert len(documents) <= PIECE_BYTES
        assert bson.decode_all(documents)
    assert len(pieces) > 2
    file.close()


@pytest.mark.parametrize("length", [-2, 0, 4, 16 * 1024 * 1024 + 16 * 1024 + 1, 2**31 - 1])
def test_a_length_that_no_document_has_is_not_believed(tmp_path: Path, length: int) -> None:
    (tmp_path / "file").write_bytes(struct.pack("<i", length) + bytes(100))
    file = open_dump_file(tmp_path / "file", "file")
    with pytest.raises(DaraaError, match="no document is") as refused:
        DocumentStream(file).next()
    assert refused.value.code == "backup.dump.broken"
    file.close()


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("packed", [False, True])
def test_pieces_of_collections_that_come_in_turns_are_found_again(tmp_path: Path, packed: bool) -> None:
    made = Handmade()
    for name in "abc":
        made.add("shop", name, [{"_id": n, "name": name * 300} for n in range(400)])
    path = made.archive(tmp_path / "dump", turns=40)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    dump = ArchiveDump(path)
    pieces = list(dump.pieces(lambda database, collection: collection != "b"))
    assert {piece.collection for piece in pieces} == {"a", "c"}
    random.Random(5).shuffle(pieces)
    for piece in pieces:
        assert dump.read(piece.place) == piece.documents
    assert sum(len(bson.decode_all(piece.documents)) for piece in pieces) == 800
    dump.close()


def test_an_archive_of_countless_pieces_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daraa.stores.dumps.archive_dump.SEGMENTS_AT_MOST", 30)
    dump = ArchiveDump(
        Handmade().add("shop", "a", [{"_id": n} for n in range(40)]).archive(tmp_path / "dump", turns=40)
    )
    with pytest.raises(DaraaError, match="more than 30 pieces"):
        list(dump.pieces(lambda database, collection: True))
    dump.close()


def test_no_more_files_are_open_than_are_needed(tmp_path: Path) -> None:
    made = Handmade()
    for number in range(12):
        made.add("shop", f"c{number}", [{"_id": 1}])
    dump = FolderDump(made.folder(tmp_path / "dump"))
    assert len(list(dump.pieces(lambda database, collection: True))) == 12
    assert len(dump._open) == folder_dump.OPEN_FILES
    dump.close()
    assert not dump._open


def test_metadata_beyond_all_measure_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Handmade().add("shop", "a", []).add("shop", "b", []).folder(tmp_path / "dump")
    monkeypatch.setattr(folder_dump, "LARGEST_LIST", 150)
    with pytest.raises(DaraaError, match="larger than the metadata"):
        FolderDump(path)
    archive = Handmade().add("shop", "a", []).add("shop", "b", []).archive(tmp_path / "archive")
    monkeypatch.setattr("daraa.stores.dumps.archive_dump.LARGEST_LIST", 300)
    with pytest.raises(DaraaError, match="list of its collections is larger"):
        ArchiveDump(archive)
