"""Dated evidence files in one format: what was run, what was seen, on what, when; the score reads nothing else."""

import hashlib
import json
import os
import platform
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """One proof: `kind` names what was proven (`schema.kill`); `numbers` are measured, with units in the key."""

    kind: str
    command: str
    passed: bool
    at: datetime
    target: str
    numbers: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape of the file, with a hash over its own content so that an edited file is noticed."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "kind": self.kind,
            "command": self.command,
            "passed": self.passed,
            "at": self.at.isoformat(),
            "target": self.target,
            "machine": _machine(),
            "numbers": self.numbers,
            "notes": list(self.notes),
        }
        return body | {"sha256": _digest(body)}


def _machine() -> str:
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def write_evidence(folder: Path, evidence: Evidence) -> Path:
    """Write `<kind>-<date>.json` atomically into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{evidence.kind}-{evidence.at:%Y%m%dT%H%M%SZ}.json"
    half = path.with_suffix(".part")
    half.write_text(json.dumps(evidence.as_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)
    return path


def read_evidence(path: Path) -> dict[str, Any]:
    """The content of an evidence file; a file that was changed after it was written is refused with ValueError."""
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    claimed = body.pop("sha256", None)
    if claimed != _digest(body):
        raise ValueError(f"{path.name} does not match its own hash: it was edited after it was written")
    return body
