"""Checks: unknown is not good, in every writer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daraa.kernel.checks import Check, CheckState, as_json, as_metrics, as_text, worst
from daraa.kernel.evidence import Evidence, read_evidence, write_evidence

CHECKS = [
    Check("schema.indexes", CheckState.OK, "185 of 185"),
    Check("schema.text", CheckState.UNKNOWN, "the server has no text indexes", "Run on MongoDB 7 or newer."),
]


def test_one_unknown_check_makes_the_whole_unknown() -> None:
    assert worst(CHECKS) is CheckState.UNKNOWN
    assert worst([]) is CheckState.UNKNOWN
    assert worst([*CHECKS, Check("a", CheckState.FAIL, "")]) is CheckState.FAIL


def test_text_shows_the_hint_only_where_something_is_to_do() -> None:
    text = as_text(CHECKS)
    assert "? schema.text: the server has no text indexes\n    → Run on MongoDB 7" in text
    assert text.count("→") == 1


def test_json_and_metrics_count_unknown_as_zero() -> None:
    assert json.loads(as_json(CHECKS))["state"] == "unknown"
    metrics = as_metrics(CHECKS, "schema")
    assert 'daraa_schema_check_ok{check="schema.indexes",state="ok"} 1' in metrics
    assert 'daraa_schema_check_ok{check="schema.text",state="unknown"} 0' in metrics


def test_evidence_that_was_edited_after_it_was_written_is_refused(tmp_path: Path) -> None:
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    path = write_evidence(tmp_path, Evidence("schema.kill", "make proof", False, at, "secantus-rs", {"points": 3}))
    assert path.name == "schema.kill-20261123T020000Z.json"
    assert read_evidence(path)["passed"] is False
    path.write_text(path.read_text().replace("false", "true"))
    with pytest.raises(ValueError, match="edited"):
        read_evidence(path)
