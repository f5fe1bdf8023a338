"""What a shopper types becomes folded words, or a refusal; nothing in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.errors import DaraaError
from daraa.kernel.text import fold, search_words
from daraa.market.catalog.search import MOST_WORDS, all_of, stems, wanted_words


@given(st.text(max_size=130))
def test_a_search_is_at_most_eight_folded_words_or_is_refused(text: str) -> None:
    try:
        words = wanted_words(text)
    except DaraaError as error:
        said = (error.code, bool(error.details["ar"]))
    else:
        said = None
    if said is not None:
        assert said == ("catalog.search.invalid", True)
        return
    assert 1 <= len(words) <= MOST_WORDS
    assert all(fold(word) == word for word in words)


@given(st.text(st.characters(categories=["Lo", "Lu", "Ll", "Nd"]), min_size=1, max_size=12))
def test_the_stem_of_any_stored_word_is_stored_too(word: str) -> None:
    stored = search_words(word)
    assert set(stems(tuple(fold(word).split()))) <= set(stored)


@pytest.mark.parametrize("text", ["", "  ", "!؟", "a\x00", "a\tb", chr(0xD800), "\N{REPLACEMENT CHARACTER}", "ـ", "ًٌ"])
def test_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(DaraaError):
        wanted_words(text)


def test_a_ranked_search_wants_every_word() -> None:
    assert all_of(wanted_words("أحمد Shoes")) == '"احمد" "shoes"'
