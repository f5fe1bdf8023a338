"""What an audit row says of a change: the differing fields as JSON text, without secrets."""

import json
from collections.abc import Mapping
from typing import Any

from daraa.collections.audit_logs import Change
from daraa.kernel.redaction import redact_value

LONGEST = 2000
MOST = 50


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields that differ, in order of their names; values whose names tell of a secret are redacted."""
    hidden_before, hidden_after = redact_value(before), redact_value(after)
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return tuple(
        Change(path=path, before=_text(hidden_before.get(path)), after=_text(hidden_after.get(path)))
        for path in paths[:MOST]
    )


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
