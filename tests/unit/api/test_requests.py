"""What the edge decides about a request before anything looks at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.api.requests import request_id_of, unreadable
from daraa.kernel.ids import is_id
from daraa.kernel.languages import negotiate


@given(st.binary(max_size=150))
def test_any_request_id_becomes_a_safe_one(given_id: bytes) -> None:
    text = request_id_of(given_id)
    assert text == given_id.decode("latin-1") or is_id(text, "req")
    assert 8 <= len(text) <= 128
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    ("query", "refused"),
    [(b"", False), (b"a=1&b=2", False), (b"a=1&a=2", True), (b"a=%FF", True), (b"a=\xff", True), (b"q=%D8%A3", False)],
)
def test_a_query_that_can_be_read_two_ways_is_unreadable(query: bytes, refused: bool) -> None:
    assert unreadable({"query_string": query}) is refused


@given(st.text(max_size=200))
def test_any_accept_language_gives_one_of_the_two(header: str) -> None:
    assert negotiate(header) in ("ar", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ar"),
        ("en-GB,en;q=0.9", "en"),
        ("*", "ar"),
        ("fr", "ar"),
        ("ar;q=0.2,en;q=0.8", "en"),
        ("en;q=0", "ar"),
        ("en;q=nan", "ar"),
        ("EN", "en"),
    ],
)
def test_the_preferred_language_wins(header: str, language: str) -> None:
    assert negotiate(header) == language
