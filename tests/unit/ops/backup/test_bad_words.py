"""Words that nobody means end in a clear error, and never in a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.daily import not_older_than
from daraa.ops.backup.integrity import parse_subset
from daraa.ops.backup.point_in_time import parse_moment
from daraa.stores.dumps.opening import open_writer
from daraa.stores.process.whole_files import replace_file

BAD = [
    *((lambda hours=hours: not_older_than(SYSTEM_CLOCK, float(hours)), "age") for hours in ("1e9", "nan", "inf", "-1")),
    *((lambda time=time: parse_moment(f"{time}-01-01T00:00:00+14:00"), "moment") for time in ("0001", "1969", "9999")),
    (lambda: parse_moment("9999-12-31T23:59:59-14:00"), "moment"),
    *(
        (lambda text=text: parse_subset(text), "subset")
        for text in ("1/" + "9" * 5000, "9" * 5000, "0/1", "2/1", "١/٢")
    ),
    *((lambda at=at: open_writer(Path(at), as_archive=True, gzip=False), "target_taken") for at in ("", "/", ".")),
    *((lambda at=at: open_writer(Path(at), as_archive=False, gzip=False), "target_taken") for at in ("", "/", ".")),
    *((lambda at=at: replace_file(Path(at), "text"), "unwritable") for at in ("", "/", ".", "..")),
]


@pytest.mark.parametrize(("call", "named"), BAD)
def test_it_is_refused_by_name(call: Callable[[], object], named: str) -> None:
    with pytest.raises(DaraaError) as refused:
        call()
    assert named in refused.value.code
    assert refused.value.hint
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("words", "more", "status"),
    [
        (("take", "--unless-newer-than", "nan"), {}, 2),
        (("daily", "--unless-newer-than", "inf"), {}, 2),
        (("restore", "latest", "--into", "other", "--to", "0001-01-01T00:00:00+14:00"), {}, 1),
        (("verify", "latest", "--subset", f"1/{'9' * 5000}"), {}, 1),
        (("check", "--output", "/"), {}, 1),
        (("list",), {"DARAA_BACKUP_URL": "s3://[bucket/x"}, 1),
        (("list",), {"DARAA_BACKUP_WINDOW_DAYS": "1000000"}, 1),
        (("list",), {"DARAA_BACKUP_GRACE_DAYS": "inf"}, 1),
    ],
)
def test_the_command_ends_with_a_sentence(
    tmp_path: Path, words: tuple[str, ...], more: dict[str, str], status: int
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    argv = [sys.executable, "-m", "daraa.cli", "backup", *words]
    env |= {"DARAA_HOME": str(tmp_path), **more}
    done = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr, bool(done.stderr)) == (status, False, True), done.stderr
