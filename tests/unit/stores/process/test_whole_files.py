"""A file that a collector reads is whole at every moment, and a failure leaves the one before."""

import stat
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.process import whole_files
from daraa.stores.process.whole_files import FILE_UNWRITABLE, replace_file


def test_the_file_is_replaced_whole_and_readable_by_the_collector(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    path.touch(0o600)
    with path.open("w+") as reader:
        reader.write("old")
        reader.flush()
        replace_file(path, "new\n")
        reader.seek(0)
        assert reader.read() == "old", "whoever reads the old file reads it to its end"
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["a.prom"]


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "a.prom", tmp_path / "file" / "a.prom"):
        (tmp_path / "file").touch()
        with pytest.raises(DaraaError) as refused:
            replace_file(path, "new")
        assert refused.value.code == FILE_UNWRITABLE
        assert str(path) in refused.value.message


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.prom"
    path.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whole_files.os, "fsync", full)
    with pytest.raises(DaraaError, match="No space left"):
        replace_file(path, "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.prom"]
