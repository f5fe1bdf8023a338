"""Arabic folding: one spelling for search, applied alike to what is stored and to what is asked (spec market.md §5)."""

import re
import unicodedata

_LETTERS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",
        "ى": "ي", "ی": "ي", "ئ": "ي",
        "ؤ": "و",
        "ة": "ه", "ۀ": "ه", "ہ": "ه", "ە": "ه",
        "ک": "ك", "گ": "ك",
        "ء": None, "ـ": None,
    }
)  # fmt: skip
_NOT_WORD = re.compile(r"[\W_]+")
_PREFIX = re.compile(r"^(?:وال|بال|كال|فال|لل|ال|و)(?=\w{3,})")
_PLURAL = re.compile(r"(?<=\w{3})(?:ات|ون|ين|ان)$")


class _Plain(dict[int, str | None]):
    """For str.translate: drops marks and format characters, makes all digits ASCII; learns each character once."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        category = unicodedata.category(char)
        plain = None if category in ("Mn", "Cf") else str(unicodedata.digit(char)) if category == "Nd" else char
        self[code] = plain
        return plain


_PLAIN = _Plain()


def fold(text: str) -> str:
    """The folded spelling of `text`: lower case, ASCII digits, words separated by single spaces.

    Names in orders, addresses and the audit log are never folded; only search fields are.
    """
    # Twice each: folding case can bring forth characters with a compatibility form, and the other way round.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).casefold()
    bare = unicodedata.normalize("NFKD", plain).translate(_PLAIN)
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", bare).translate(_LETTERS)).strip()


def light_stem(word: str) -> str:
    """A folded word without its article and plural ending: a weaker match, so that «الأحذية» finds «أحذية»."""
    return _PLURAL.sub("", _PREFIX.sub("", word))


def search_words(*texts: str, limit: int = 60) -> tuple[str, ...]:
    """The distinct folded words of `texts` and their light stems, in order of appearance, at most `limit`."""
    seen: dict[str, None] = {}
    for text in texts:
        for word in fold(text).split():
            seen.setdefault(word)
            seen.setdefault(light_stem(word))
    return tuple(seen)[:limit]
