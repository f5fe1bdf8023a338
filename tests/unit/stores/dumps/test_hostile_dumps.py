"""What no tool writes into a dump is refused or passed over, and said in words that can be shown."""

import os
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.folder_dump import FolderDump
from daraa.stores.dumps.metadata import read_metadata
from daraa.stores.dumps.opening import open_dump
from factories.dumps import Handmade, metadata
from factories.other_user import shut


@pytest.mark.parametrize(
    "value",
    [
        '{"$oid": "zz"}',
        '{"$numberDecimal": "zz"}',
        '{"$numberDecimal": "1e9999999999"}',
        '{"$date": {"$numberLong": "99999999999999999999"}}',
        '{"$binary": 5, "$type": "00"}',
        '{"$binary": {"base64": 5, "subType": "00"}}',
        '"\\ud800"',
        "9" * 30,
    ],
)
def test_metadata_that_no_server_takes_is_broken(value: str) -> None:
    with pytest.raises(DaraaError, match="goods: it is no extended JSON") as refused:
        read_metadata(f'{{"options": {{"validator": {value}}}, "indexes": []}}', "goods")
    assert refused.value.code == "backup.dump.broken"


def test_files_whose_names_are_no_text_are_strangers_that_can_be_printed(tmp_path: Path) -> None:
    path = Handmade().add("shop", "goods", [{"_id": 1}]).folder(tmp_path / "dump")
    for name in (b"a\xff.bson", b"a\x1b[2J.bson.old", b"\xfe" * 238 + b".bson"):
        Path(os.fsdecode(os.fsencode(path / "shop") + b"/" + name)).write_bytes(b"")
    (path / os.fsdecode(b"shop\xff")).mkdir()
    (path / os.fsdecode(b"shop\xff") / "goods.bson").write_bytes(b"")
    dump = FolderDump(path)
    assert [(each.database, each.collection) for each in dump.found] == [("shop", "goods")]
    assert len(dump.strangers) == 4
    for stranger in dump.strangers:
        assert stranger.isprintable()
    dump.close()


@pytest.mark.parametrize("end", [".bson", ".metadata.json"])
def test_a_collection_of_which_files_are_there_in_two_spellings_is_broken(tmp_path: Path, end: str) -> None:
    path = Handmade().add("shop", "ab", [{"_id": 1}]).folder(tmp_path / "dump")
    (path / "shop" / f"a%62{end}").write_text("" if end == ".bson" else metadata("ab"))
    with pytest.raises(DaraaError, match="it is there twice") as refused:
        FolderDump(path)
    assert refused.value.code == "backup.dump.broken"


def test_a_dump_of_another_user_or_with_an_endless_name_is_an_error_with_a_name(tmp_path: Path) -> None:
    path = Handmade().add("shop", "ab", [{"_id": 1}]).folder(tmp_path / "locked" / "dump")
    with shut(tmp_path / "locked"), pytest.raises(DaraaError, match="cannot be read") as refused:
        open_dump(path)
    with pytest.raises(DaraaError, match="cannot be read") as endless:
        open_dump(tmp_path / ("x" * 300))
    with pytest.raises(DaraaError, match="There is no") as absent:
        open_dump(path / "shop" / "ab.bson" / "x")
    for each in (refused, endless, absent):
        assert each.value.code == "backup.dump.missing"


def test_a_name_that_is_cut_is_not_another_collection(tmp_path: Path) -> None:
    path = Handmade().add("shop", "ab", [{"_id": 1}]).folder(tmp_path / "dump")
    cut = "x" * 208 + "%24" + "x" * 27
    (path / "shop" / f"{cut}.metadata.json").write_text(metadata("ab"))
    with pytest.raises(DaraaError, match="it is there twice"):
        FolderDump(path)
