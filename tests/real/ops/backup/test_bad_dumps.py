"""Dumps that are broken, hostile or beyond what is known are refused, before anything is written."""

import gzip
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.restoration import Far
from daraa.stores.mongo.restore_journal import JOURNAL
from factories.backup_place import Place
from factories.dump_restores import refused, restore, shop
from factories.dumps import ID_INDEX

pytestmark = pytest.mark.anyio

Spoil = Callable[[Path], None]


def cut(path: Path) -> None:
    """The end is missing."""
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    """One letter in a document."""
    content = path.read_bytes()
    at = content.rindex(b"name") + 20
    path.write_bytes(content[:at] + bytes([content[at] ^ 2]) + content[at + 1 :])


def lie(path: Path) -> None:
    """A document says that it is two gigabytes long."""
    content = path.read_bytes()
    at = content.rindex(bson.encode({"_id": 4, "name": "بضاعة 4"}))
    path.write_bytes(content[:at] + struct.pack("<i", 2**31 - 1) + content[at + 4 :])


def lie_inside(path: Path) -> None:
    """A text within a document says that it is longer than the document."""
    content = path.read_bytes()
    at = content.rindex(b"\x02name\0") + 6
    path.write_bytes(content[:at] + struct.pack("<i", 5000) + content[at + 4 :])


SPOILT = [
    (spoil, form)
    for form in ("folder", "archive", "packed folder", "packed archive")
    for spoil in (cut, lie, lie_inside)
]


# The files of a folder have no checksum: a changed letter in one cannot be noticed by anybody.
@pytest.mark.parametrize(("spoil", "form"), [*SPOILT, (flip, "archive"), (flip, "packed archive")])
async def test_what_is_damaged_is_refused_before_anything_is_written(
    place: Place, tmp_path: Path, spoil: Spoil, form: str
) -> None:
    if "archive" in form:
        file = path = shop().archive(tmp_path / "dump")
    else:
        path = shop().folder(tmp_path / "dump")
        file = path / "shop" / "goods.bson"
    spoil(file)
    if form.startswith("packed"):
        file.write_bytes(gzip.compress(file.read_bytes()))
    error = await refused(place, path)
    assert error.code == "backup.dump.broken"
    assert (
        "byte" in error.message or "checksum" in error.message or "damaged" in error.message or "cut" in error.message
    )


async def test_a_compressed_file_that_is_cut_off_or_changed_is_refused(place: Place, tmp_path: Path) -> None:
    path = shop(5000).folder(tmp_path / "dump", packed=True)
    file = path / "shop" / "goods.bson.gz"
    whole = file.read_bytes()
    for spoilt in (whole[:-9], whole[: len(whole) // 2], whole[:-6] + b"\0" + whole[-5:], whole + b"more"):
        file.write_bytes(spoilt)
        assert (await refused(place, path)).code == "backup.dump.broken"


async def test_a_small_file_that_unpacks_to_very_much_takes_no_memory(place: Place, tmp_path: Path) -> None:
    path = shop().folder(tmp_path / "dump", packed=True)
    zeros = gzip.compress(bytes(200_000_000), 9)
    for name in ("goods.bson.gz", "goods.metadata.json.gz"):
        before = (path / "shop" / name).read_bytes()
        (path / "shop" / name).write_bytes(zeros)
        tracemalloc.start()
        assert (await refused(place, path)).code == "backup.dump.broken"
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
        tracemalloc.stop()
        (path / "shop" / name).write_bytes(before)


@pytest.mark.parametrize("as_archive", [False, True])
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            {"options": {"timeseries": {"timeField": "at"}}, "kind": "timeseries"},
            "backup.dump.unsupported",
            "time series",
        ),
        ({"options": {"strangeOption": 1}}, "backup.dump.unsupported", "strangeOption"),
        ({"indexes": [{**ID_INDEX, "strange": 1}]}, "backup.dump.unsupported", "strange"),
        ({"indexes": [{"key": {"a": 1}}]}, "backup.dump.broken", "not the metadata"),
    ],
)
async def test_what_is_not_known_is_refused_unless_it_is_left_out(
    place: Place, tmp_path: Path, words: dict[str, Any], code: str, said: str, as_archive: bool
) -> None:
    made = shop().add("shop", "odd", [{"_id": 1}], **words)
    path = made.archive(tmp_path / "dump") if as_archive else made.folder(tmp_path / "dump")
    error = await refused(place, path)
    assert (error.code, said in error.message) == (code, True)
    if code == "backup.dump.unsupported":
        await restore(place, path, collections=("goods",))
        assert await place.client[place.target].goods.count_documents({}) == 5


async def test_documents_without_an_id_and_unfinished_restores_are_refused(place: Place, tmp_path: Path) -> None:
    path = shop().add("shop", "odd", [{"a": 1}]).folder(tmp_path / "one")
    assert "no _id" in (await refused(place, path)).message
    path = shop().add("shop", JOURNAL, [{"_id": "restore"}]).folder(tmp_path / "two")
    assert "a restore had not ended" in (await refused(place, path)).message


@pytest.mark.parametrize("name", ["", "..", "../../etc", "a$b", "a\0b", ".hidden", "open."])
async def test_names_that_no_collection_can_have_are_refused(place: Place, tmp_path: Path, name: str) -> None:
    made = shop()
    made.rows["shop", name], made.metadata["shop", name] = [{"_id": 1}], ""
    assert (await refused(place, made.archive(tmp_path / "dump"))).code == "backup.dump.broken"


async def test_a_name_that_looks_like_a_path_is_a_name(place: Place, tmp_path: Path) -> None:
    path = shop().add("shop", "a/./b/etc/x", [{"_id": 1}]).archive(tmp_path / "dump")
    await restore(place, path)
    assert await place.client[place.target]["a/./b/etc/x"].count_documents({}) == 1


async def test_links_and_pipes_in_a_folder_are_not_followed(place: Place, tmp_path: Path) -> None:
    path = shop().folder(tmp_path / "dump")
    real = path / "shop" / "goods.bson"
    (tmp_path / "elsewhere").write_bytes(real.read_bytes())
    real.unlink()
    real.symlink_to(tmp_path / "elsewhere")
    assert "a link" in (await refused(place, path)).message
    real.unlink()
    os.mkfifo(real)
    assert "no plain file" in (await refused(place, path)).message
    real.unlink()
    assert "is missing" in (await refused(place, path)).message
    (path / "other").symlink_to("/")
    assert "a link" in (await refused(place, path)).message


def doubled(content: bytes) -> bytes:
    """The last segment once more."""
    return (
        content + bson.encode({"db": "shop", "collection": "goods", "EOF": False, "CRC": bson.Int64(0)}) + b"\xff" * 4
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: b"PK" + content[2:], "no archive"),
        (lambda content: content[:4], "no document"),
        (lambda content: content.replace(b"0.1\0", b"0.9\0"), "of the format"),
        (lambda content: content[:40], "cut off"),
        (doubled, "there can be none"),
        (lambda content: content[: content.rindex(b"EOF") - 40], "cut off"),
        (lambda content: content + b"\xff\xff\xff\xff", "-1 bytes"),
        (lambda content: content.replace(b"collection\0\x06", b"colliction\0\x06"), "in a way that no tool does"),
    ],
)  # fmt: skip
async def test_archives_that_no_tool_wrote_are_refused(
    place: Place, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    path = shop().archive(tmp_path / "dump")
    path.write_bytes(spoil(path.read_bytes()))
    error = await refused(place, path)
    assert (error.code, said in error.message) == ("backup.dump.broken", True), error.message


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"op": "c", "ns": "shop.$cmd", "o": {"renameCollection": "shop.a", "to": "shop.b"}}, "unsupported"),
        ({"op": "c", "ns": "shop.$cmd", "o": {"createIndexes": "goods"}}, "unsupported"),
        ({"op": "z", "ns": "shop.goods", "o": {"_id": 1}}, "unsupported"),
        ({"op": "u", "ns": "shop.goods", "o": {"$v": 2, "diff": {"zz": 1}}, "o2": {"_id": 1}}, "unsupported"),
        ({"op": "i", "ns": "shop.system.views", "o": {"_id": "x"}}, "unsupported"),
        ({"op": "u", "ns": "shop.goods", "o": {"a": 1}}, "broken"),
        ({"op": "i", "ns": "shop.goods", "o": 5}, "broken"),
        ({"op": "c", "ns": "admin.$cmd", "o": {"applyOps": 5}}, "broken"),
    ],
)  # fmt: skip
async def test_an_oplog_that_cannot_be_replayed_is_refused_before_anything_is_written(
    place: Place, tmp_path: Path, entry: dict[str, Any], code: str
) -> None:
    path = shop().folder(tmp_path / "dump", [{"ts": bson.Timestamp(1, 1), **entry}])
    assert (await refused(place, path)).code == f"backup.dump.{code}"


async def test_a_dump_that_changes_while_it_is_restored_is_noticed(place: Place, tmp_path: Path) -> None:
    path = shop().folder(tmp_path / "dump")
    file = path / "shop" / "goods.bson"

    def tell(far: Far) -> None:
        if far.phase.value == "loading":
            flip(file)

    with pytest.raises(DaraaError) as changed:
        await restore(place, path, tell)
    assert changed.value.code == "backup.dump.changed"
    assert JOURNAL in await place.client[place.target].list_collection_names(), "the target says that it is half done"
    other = shop(6).archive(tmp_path / "other")
    with pytest.raises(DaraaError) as unfinished:
        await restore(place, other)
    assert unfinished.value.code == "backup.target.unfinished"
    await restore(place, other, overwrite=place.target)
    assert await place.client[place.target].goods.count_documents({}) == 6


@pytest.mark.parametrize("what", ["nothing", "empty", "text", "bson"])
async def test_what_is_no_dump_is_said_to_be_none(place: Place, tmp_path: Path, what: str) -> None:
    path = tmp_path / "dump"
    if what == "empty":
        path.mkdir()
    elif what == "text":
        path.write_text("no dump")
    elif what == "bson":
        path = shop().folder(path) / "shop" / "goods.bson"
    assert (await refused(place, path)).code in ("backup.dump.missing", "backup.dump.broken")
