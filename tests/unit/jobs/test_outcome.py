"""What a job returns or raises is stored bounded and without anything that must not be written down."""

import pytest

from daraa.collections.job_runs import RunState
from daraa.jobs.errors import JOB_BUSY
from daraa.jobs.history import LONGEST, MOST_COUNTS, Outcome, failed, succeeded
from daraa.kernel.errors import DaraaError


def test_a_sentence_is_the_result() -> None:
    assert succeeded("removed nothing") == Outcome(RunState.DONE, result="removed nothing")


def test_nothing_said_is_no_result() -> None:
    assert succeeded("") == Outcome(RunState.DONE)


def test_whole_numbers_are_counts_and_the_rest_is_text() -> None:
    outcome = succeeded({"removed": 3, "kept.rows": 4, "complete": True, "name": "orders"})
    assert outcome.counts == {"removed": 3, "kept_rows": 4}
    assert outcome.result is not None
    assert "complete: True" in outcome.result
    assert "name: orders" in outcome.result


def test_more_figures_than_the_field_holds_are_not_lost() -> None:
    outcome = succeeded({f"n{number}": number for number in range(MOST_COUNTS + 5)})
    assert len(outcome.counts) == MOST_COUNTS
    assert f"n{MOST_COUNTS + 4}: {MOST_COUNTS + 4}" in str(outcome.result)


@pytest.mark.parametrize("text", ["x" * 10_000, "كلمة " * 5_000])
def test_long_texts_are_cut(text: str) -> None:
    assert len(succeeded(text).result or "") == LONGEST
    assert len(failed(ValueError(text)).error or "") <= LONGEST


def test_an_error_is_named_by_its_code_or_its_class_and_redacted() -> None:
    assert failed(DaraaError(JOB_BUSY, "It runs.", hint="Wait.")).error == "jobs.job.busy: It runs. Wait."
    assert failed(KeyError("mongodb://app:pw@db/")).error == "KeyError: 'mongodb://[redacted]@db/'"


def test_secrets_in_figures_are_hidden_by_their_names() -> None:
    assert succeeded({"access_token": "abc", "note": "+963 933 123 456"}).result == (
        "access_token: [redacted], note: [redacted]"
    )
