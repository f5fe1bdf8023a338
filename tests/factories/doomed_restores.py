"""A process that forks a child for every restore or export, so that tests can kill it without paying for imports."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from factories.backup_place import Place
from factories.backups import DATABASES


class Restoring:
    """The process that forks a child for every restore."""

    def __init__(self, place: Place, folder: Path, backup_id: str, program: str = "restore_process.py") -> None:
        here = Path(__file__).parents[1] / "real/ops/backup"
        self._words = {
            "settings": place.settings.model_dump_json(), "repository": str(folder / "repository"),
            "backup": backup_id, "target": place.target, "verb": "restore",
        }  # fmt: skip
        env = {"PYTHONPATH": str(Path(__file__).parents[1])}
        self._process = subprocess.Popen(
            [sys.executable, str(here / program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )

    def run(self, crash: Any = None, *, fails: bool = False, **words: Any) -> dict[str, Any]:
        """One restore to its end or to its death."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**self._words, **words, "crash": crash}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert (answer["status"] == "failed") == fails, answer.get("said")
        return answer

    def stop(self) -> None:
        """End the process; it has no child between two restores."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


async def forget(place: Place) -> None:
    """Empty the target."""
    for part in DATABASES:
        await place.client.drop_database(place.target + part)
