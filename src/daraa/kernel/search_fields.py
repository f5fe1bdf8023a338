"""What the search fields of products and stores are made of: one formula for sellers' goods and for the demo's."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from daraa.kernel.text import fold, light_stem

MOST_WORDS = 60


class SearchFields(NamedTuple):
    """`text` is folded; `words` are its distinct words and their light stems, in order, at most sixty."""

    text: str
    words: tuple[str, ...]


def product_search(
    names: Sequence[str], brand: str | None, tags: Iterable[str], category_names: Iterable[str]
) -> SearchFields:
    """A product is found by its names, brand, tags and the names of its category."""
    return _fields((*names, brand or "", *tags, *category_names))


def store_search(names: Sequence[str], kind_names: Iterable[str], address: str | None) -> SearchFields:
    """A store is found by its names, those of its kinds, and where it is."""
    return _fields((*names, *kind_names, address or ""))


def _fields(texts: Iterable[str]) -> SearchFields:
    """A text that comes twice counts once; the first ones win where there are too many words."""
    folded = [each for each in dict.fromkeys(map(_folded, texts)) if each]
    words = dict.fromkeys(form for each in folded for form in _forms(each))
    return SearchFields(" ".join(folded), tuple(words)[:MOST_WORDS])


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    """Remembered, because tags, brands and the names of categories come again and again."""
    return fold(text)


@lru_cache(maxsize=4096)
def _forms(folded: str) -> tuple[str, ...]:
    return tuple(form for word in folded.split() for form in (word, light_stem(word)))
