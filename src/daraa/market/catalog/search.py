"""From what a shopper typed to the folded words that are looked up; pure, and strict about what is no text."""

import unicodedata

from daraa.kernel.text import fold, light_stem
from daraa.market.catalog.errors import search_invalid

LONGEST = 100
MOST_WORDS = 8


def wanted_words(text: str) -> tuple[str, ...]:
    """The distinct folded words of `text`, in order; `catalog.search.invalid` when it holds none or is no text."""
    if len(text) > LONGEST:
        raise search_invalid(
            f"The search has {len(text)} characters; {LONGEST} are allowed.", f"عبارة البحث أطول من {LONGEST} حرفا."
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text) or "\N{REPLACEMENT CHARACTER}" in text:
        raise search_invalid("The search holds characters that are no text.", "في عبارة البحث محارف ليست نصا.")
    words = tuple(dict.fromkeys(fold(text).split()))
    if not words:
        raise search_invalid("The search holds no word.", "عبارة البحث خالية من الكلمات.")
    if len(words) > MOST_WORDS:
        raise search_invalid(
            f"The search has {len(words)} words; {MOST_WORDS} are allowed.",
            f"عدد الكلمات {len(words)} والمسموح {MOST_WORDS}.",
        )
    return words


def stems(words: tuple[str, ...]) -> tuple[str, ...]:
    """The light stems: what is stored holds each word and its stem, so a stem finds every form of the word."""
    return tuple(dict.fromkeys(light_stem(word) for word in words))


def all_of(words: tuple[str, ...]) -> str:
    """The words as a `$text` search that wants every one of them; unquoted it would want any."""
    return " ".join(f'"{word}"' for word in words)
