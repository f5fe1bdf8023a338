"""The search fields of goods and stores: all their words, folded, the most telling ones first."""

from daraa.kernel.search_fields import MOST_WORDS, product_search, store_search
from daraa.kernel.text import fold, light_stem, search_words


def test_a_product_is_found_by_each_of_its_texts() -> None:
    found = product_search(("عسلُ أحمد", "Ahmad's honey"), "الجيدور", ["مونة"], ["عسل ومربيات", "Honey"])
    for text in ("عسل", "أحمد", "HONEY", "الجيدور", "مونه", "مربيات"):
        assert light_stem(fold(text)) in found.words, text
    assert fold(found.text) == found.text
    assert search_words(found.text) == found.words


def test_what_comes_twice_counts_once() -> None:
    found = product_search(("عسل", "Honey"), None, ["honey", "HONEY"], ["عَسَل", "Honey"])
    assert found.text == "عسل honey"


def test_names_win_where_there_are_too_many_words() -> None:
    found = store_search(("متجر", "Shop"), [" ".join(f"kind{number}" for number in range(100))], "درعا")
    assert len(found.words) == MOST_WORDS
    assert {"متجر", "shop"} <= set(found.words)
