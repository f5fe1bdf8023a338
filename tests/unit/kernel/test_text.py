"""One spelling for search: pairs that shoppers and sellers write differently must fold alike (market.md §5)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.text import fold, light_stem, search_words

PAIRS = {
    "hamza above alef": ("أحمد", "احمد"),
    "hamza below alef": ("إبراهيم", "ابراهيم"),
    "madda on alef": ("آمال", "امال"),
    "wasla on alef": ("ٱلكتاب", "الكتاب"),
    "decomposed hamza": ("ا\u0654حمد", "أحمد"),
    "hamza on waw": ("مؤمن", "مومن"),
    "hamza on yeh": ("فائز", "فايز"),
    "lone hamza": ("سماء", "سما"),
    "ta marbuta": ("مدرسة", "مدرسه"),
    "alef maqsura": ("مصطفى", "مصطفي"),
    "tatweel": ("محـــمد", "محمد"),
    "harakat": ("مُحَمَّدٌ", "محمد"),
    "lam-alef ligature": ("ﻻعب", "لاعب"),
    "Arabic-Indic digits": ("هاتف ١٢٣", "هاتف 123"),
    "Persian digits": ("هاتف ۴۵۶", "هاتف 456"),
    "bidi marks": ("\u200fأحمد\u200e \u202bعلي\u202c", "احمد علي"),
    "Persian kaf and yeh": ("کریم", "كريم"),
    "mixed Latin": ("Café SAMSUNG جالكسي", "cafe samsung جالكسي"),
}


def test_there_are_eighteen_pairs() -> None:
    assert len(PAIRS) == 18


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_two_spellings_of_a_word_fold_alike(one: str, other: str) -> None:
    assert one != other
    assert fold(one) == fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("علي", "عمر"), ("قلب", "كلب"), ("سيف", "صيف"), ("دار", "ضار"), ("تين", "طين"), ("ذهب", "زهب"), ("12", "21")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_the_unicode_form_does_not_matter(text: str) -> None:
    assert len({fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}) == 1


@given(st.text(max_size=60))
def test_folded_text_is_words_of_letters_and_digits_between_single_spaces(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not any(unicodedata.category(char) in ("Mn", "Cf", "Cc", "Cs") for char in folded)
    assert all(char.isascii() for char in folded if unicodedata.category(char) == "Nd")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("الأحذية", "أحذية"), ("والكتاب", "كتاب"), ("معلمون", "معلم"), ("سيارات", "السيارات"), ("بالجملة", "جملة")],
)
def test_article_and_plural_do_not_hide_a_word(stored: str, asked: str) -> None:
    assert light_stem(fold(asked)) in search_words(stored)


@pytest.mark.parametrize("word", ["الم", "وان", "ال", "دان", "و"])
def test_a_short_word_keeps_its_letters(word: str) -> None:
    assert len(light_stem(word)) >= 2 or light_stem(word) == word


def test_search_words_are_distinct_and_bounded() -> None:
    words = search_words("تفاح تفاح apple Apple", " ".join(f"w{number}" for number in range(100)))
    assert len(words) == len(set(words)) == 60
    assert words[0] == "تفاح"
    assert "apple" in words
