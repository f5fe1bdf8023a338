"""The generated pages are what the code says, and the check notices when they are not."""

import re
import subprocess
import sys
from pathlib import Path

from daraa.collections import ALL
from daraa.kernel.settings import Settings, describe
from daraa.ops.docs.generate import pages, sample_file

ROOT = Path(__file__).parents[4]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daraa.cli", "docs", *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_committed_pages_are_up_to_date() -> None:
    answer = run("check", "--root", str(ROOT))
    assert answer.returncode == 0, answer.stderr


def test_check_names_a_page_that_was_edited_and_one_that_should_be_gone(tmp_path: Path) -> None:
    assert run("write", "--root", str(tmp_path)).returncode == 0
    assert run("check", "--root", str(tmp_path)).returncode == 0
    (tmp_path / "docs/settings.md").write_text("by hand")
    (tmp_path / "docs/collections/ghosts.md").write_text("gone")
    answer = run("check", "--root", str(tmp_path))
    assert answer.returncode == 2
    assert "docs/settings.md" in answer.stderr
    assert "ghosts.md" in answer.stderr


def test_every_collection_has_a_page_with_every_index_and_what_it_serves() -> None:
    made = pages("")
    for collection in ALL:
        page = made[f"docs/collections/{collection.name}.md"]
        for index in collection.all_indexes:
            assert f"| {index.serves} |" in page


def test_every_line_of_the_sample_file_is_a_setting_that_loads() -> None:
    named = re.findall(r"^#(DARAA_\w+)=", sample_file(), re.MULTILINE)
    assert named == [item.env for item in describe(Settings())]
