"""What the API's description owes to those who write clients from it."""

from collections import Counter

import pytest

from factories.world import DOCUMENT, OPERATIONS, Operation

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def statuses(operation: Operation) -> set[str]:
    return set(operation.words["responses"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_says_what_it_is_and_how_it_fails(operation: Operation) -> None:
    words = operation.words
    assert words["summary"]
    assert words["description"]
    assert len(words["tags"]) == 1
    assert any(status.startswith("2") for status in statuses(operation))
    for parameter in words.get("parameters", ()):
        assert parameter.get("description") or parameter["schema"].get("description"), parameter["name"]
    for status, answer in words["responses"].items():
        assert answer["description"]
        assert status < "400" or answer["content"] == PROBLEM, status


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_success_with_a_body_has_a_schema(operation: Operation) -> None:
    for status, answer in operation.words["responses"].items():
        if status.startswith("2") and status != "204":
            assert answer["content"]["application/json"]["schema"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_what_an_operation_asks_for_may_be_refused(operation: Operation) -> None:
    told = statuses(operation)
    assert told >= {"400", "503"}
    if operation.is_protected:
        assert told >= {"401", "403", "404"}
    if operation.is_protected and operation.method != "GET":
        assert "409" in told
    if "If-Match" in operation.names("header"):
        assert told >= {"412", "428"}
    if "requestBody" in operation.words:
        assert told >= {"413", "422"}
    if operation.path.startswith("/v1/auth/") and not operation.is_protected:
        assert "429" in told


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = Counter(operation.words["operationId"] for operation in OPERATIONS)
    assert [name for name, count in ids.items() if count > 1] == []


def test_every_reference_leads_somewhere_and_no_schema_is_left_over() -> None:
    text = str(DOCUMENT)
    for name in DOCUMENT["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, f"nothing refers to {name}"
    assert text.count("HTTPValidationError") == 0
