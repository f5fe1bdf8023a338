"""A cursor says where a list goes on, to us alone, and only for the list it came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.errors import DaraaError
from daraa.market.cursor import CursorSigner, Position

SIGNER = CursorSigner(b"a" * 32)
VALUES = st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=50)), min_size=1, max_size=2)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCOPES = st.dictionaries(TEXTS, TEXTS, max_size=2)
FILTERS = st.dictionaries(TEXTS, st.one_of(st.none(), st.integers(), TEXTS, st.tuples(TEXTS)), max_size=4)


@given(VALUES, SCOPES, FILTERS)
def test_a_position_comes_back_as_it_was_signed(after: list[int | str], scope: dict[str, str], filters: dict) -> None:
    position = Position(tuple(after), scope)
    assert SIGNER.read(SIGNER.sign(position, filters), dict(reversed(filters.items()))) == position


@given(FILTERS, FILTERS)
def test_a_cursor_of_another_list_is_refused(one: dict, other: dict) -> None:
    cursor = SIGNER.sign(Position(("x",), {}), one)
    if one != other:
        with pytest.raises(DaraaError, match="another list"):
            SIGNER.read(cursor, other)


def test_a_cursor_of_another_key_is_refused() -> None:
    cursor = CursorSigner(b"b" * 32).sign(Position(("x",), {}), {})
    with pytest.raises(DaraaError) as refused:
        SIGNER.read(cursor, {})
    assert refused.value.code == "market.cursor.invalid"


@given(st.text(max_size=200))
def test_no_text_is_taken_for_a_cursor(text: str) -> None:
    with pytest.raises(DaraaError) as refused:
        SIGNER.read(text, {})
    assert refused.value.code == "market.cursor.invalid"


@pytest.mark.parametrize("after", [("x",), ("xy",), ("xyz",)])
def test_the_unused_bits_of_the_last_character_are_signed_too(after: tuple[str]) -> None:
    cursor = SIGNER.sign(Position(after, {}), {})
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=":
        if last != cursor[-1]:
            with pytest.raises(DaraaError):
                SIGNER.read(cursor[:-1] + last, {})


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        CursorSigner(b"short")
