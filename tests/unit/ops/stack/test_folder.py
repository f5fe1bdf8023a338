"""The state folder: half-made, foreign, newer and locked folders each get a clear answer."""

import os
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.ops.stack import folder as folder_module
from daraa.ops.stack.folder import StateFolder


def test_a_new_folder_is_whole_only_after_it_was_marked(tmp_path: Path) -> None:
    home = tmp_path / "state"
    with StateFolder(home) as folder:
        assert not folder.complete
        folder.mark_complete()
    with StateFolder(home) as folder:
        assert folder.complete
        assert not folder.was_half_made
    assert (home / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_half_made_folder_is_recognised_and_continued(tmp_path: Path) -> None:
    home = tmp_path / "state"
    with StateFolder(home):
        pass
    with StateFolder(home) as folder:
        assert folder.was_half_made


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("precious")
    with pytest.raises(DaraaError, match=r"thesis\.odt"), StateFolder(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.odt"]


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_text("99\n")
    with pytest.raises(DaraaError, match="format '99'"), StateFolder(tmp_path):
        pass


def test_a_second_run_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with StateFolder(tmp_path), pytest.raises(DaraaError, match=f"process {os.getpid()}"), StateFolder(tmp_path):
        pass
    with StateFolder(tmp_path):
        pass


def test_too_little_space_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "NEEDED_FREE_MB", 10**9)
    with pytest.raises(DaraaError, match="MB free"), StateFolder(tmp_path / "state"):
        pass
    assert not (tmp_path / "state").exists()
