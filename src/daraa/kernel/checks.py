"""One result for every check, and its writers; a check that could not run says unknown and counts zero."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """What a check found; `UNKNOWN` means it could not be measured, which is never good."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: a stable dotted name, its state, what was seen, and what to do about it."""

    name: str
    state: CheckState
    evidence: str
    hint: str = ""


_SIGNS = {CheckState.OK: "✓", CheckState.WARN: "!", CheckState.FAIL: "✗", CheckState.UNKNOWN: "?"}


def worst(checks: Iterable[Check]) -> CheckState:
    """The worst state among `checks`; nothing checked is unknown."""
    order = [CheckState.FAIL, CheckState.UNKNOWN, CheckState.WARN, CheckState.OK]
    found = {check.state for check in checks}
    return next((state for state in order if state in found), CheckState.UNKNOWN)


def as_text(checks: Sequence[Check]) -> str:
    """One line per check for people; the hint stands under what is not good."""
    lines = []
    for check in checks:
        lines.append(f"{_SIGNS[check.state]} {check.name}: {check.evidence}")
        if check.hint and check.state is not CheckState.OK:
            lines.append(f"    → {check.hint}")
    return "\n".join(lines)


def as_json(checks: Sequence[Check]) -> str:
    """A JSON object with the overall state and every check, for programs."""
    return json.dumps({"state": worst(checks), "checks": [asdict(check) for check in checks]}, ensure_ascii=False)


def as_metrics(checks: Sequence[Check], room: str) -> str:
    """Prometheus text format: one gauge per check, 1 only when it is ok."""
    name = f"daraa_{room}_check_ok"
    lines = [f"# HELP {name} 1 when the check passed, 0 otherwise (unknown is 0).", f"# TYPE {name} gauge"]
    for check in checks:
        escaped = check.name.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{name}{{check="{escaped}",state="{check.state}"}} {int(check.state is CheckState.OK)}')
    return "\n".join(lines) + "\n"
