"""Problems tell the caller what to do and nothing about the inside."""

import ast
import json
from pathlib import Path

import pytest

import daraa
import daraa.api.app  # registers every code that the API can answer
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


OWN = ("type", "title", "status", "detail", "instance", "code", "retryable")


def test_details_never_stand_in_the_place_of_a_problems_own_members() -> None:
    plain = json.loads(bytes(of_error(DaraaError("market.cursor.invalid", "Damaged."), "en", "r").body))
    error = DaraaError("market.cursor.invalid", "Damaged.", left=3)
    error.details.update(dict.fromkeys(OWN, "wrong"))
    assert json.loads(bytes(of_error(error, "en", "r").body)) == plain | {"left": 3}


def test_the_wait_is_told_in_the_header_alone() -> None:
    answer = of_error(DaraaError("market.cursor.invalid", "Wait.", retry_after_s=7), "en", "r")
    assert answer.headers["retry-after"] == "7"
    assert "retry_after_s" not in json.loads(bytes(answer.body))


def test_no_error_is_raised_with_a_detail_that_would_be_lost() -> None:
    lost = []
    for path in Path(daraa.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "DaraaError":
                lost += [f"{path.name}:{call.lineno}: {word.arg}" for word in call.keywords if word.arg in OWN]
    assert lost == []
