"""Only a database that carries our own mark of being unfinished is ever made anew."""

from pathlib import Path

from daraa.ops.stack.first_database import begin_database, finish_database


def _data(folder: Path) -> Path:
    path = folder / "secantus-rs" / "WiredTiger.wt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("tables")
    return path


def test_a_database_killed_before_its_schema_stood_is_cleared_away(tmp_path: Path) -> None:
    assert begin_database(tmp_path)
    half = _data(tmp_path)
    assert begin_database(tmp_path)
    assert not half.exists()


def test_a_finished_database_is_kept_and_not_laid_out_again(tmp_path: Path) -> None:
    begin_database(tmp_path)
    data = _data(tmp_path)
    finish_database(tmp_path)
    assert not begin_database(tmp_path)
    assert data.exists()


def test_data_without_our_mark_is_never_touched(tmp_path: Path) -> None:
    data = _data(tmp_path)
    assert not begin_database(tmp_path)
    assert not begin_database(tmp_path)
    assert data.read_text() == "tables"


def test_other_files_beside_an_unfinished_database_stay(tmp_path: Path) -> None:
    begin_database(tmp_path)
    (tmp_path / "secantusd.toml").write_text("# options\n")
    begin_database(tmp_path)
    assert (tmp_path / "secantusd.toml").exists()
