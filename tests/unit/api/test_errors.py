"""Problems tell the caller what to do and nothing about the inside."""

import json

import pytest

import daraa.api.app  # noqa: F401 - registers every code that the API can answer
from daraa.api.errors import of_error, problem
from daraa.kernel.errors import REGISTRY, DaraaError


@pytest.mark.parametrize("code", sorted(REGISTRY))
@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_registered_code_makes_a_whole_problem(code: str, language: str) -> None:
    answer = problem(code, language=language, instance="req-1")  # type: ignore[arg-type]
    body = json.loads(bytes(answer.body))
    assert body["title"] == getattr(REGISTRY[code], language)
    assert (body["status"], body["code"], body["instance"]) == (answer.status_code, code, "req-1")
    assert 400 <= answer.status_code <= 599
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == (answer.status_code == 503)


@pytest.mark.parametrize("code", ["stores.database.unavailable", "stores.access.denied", "kernel.secret.missing"])
def test_a_failure_on_our_side_does_not_tell_its_message(code: str) -> None:
    answer = of_error(DaraaError(code, "db.internal:27017 said no", hint="ask root"), "en", "req-1")
    assert b"internal:27017" not in answer.body
    assert b"root" not in answer.body


def test_a_refusal_of_a_parameter_points_at_it() -> None:
    error = DaraaError("market.cursor.invalid", "Damaged.", hint="Start again.", parameter="cursor", ar="تالف")
    english = json.loads(bytes(of_error(error, "en", "r").body))
    assert english["detail"] == "Damaged. Start again."
    expected = {"pointer": "/query/cursor", "code": "market.cursor.invalid", "detail": "Damaged. Start again."}
    assert english["errors"] == [expected]
    assert "ar" not in english
    assert json.loads(bytes(of_error(error, "ar", "r").body))["detail"] == "تالف"
