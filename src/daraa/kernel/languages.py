"""Which of the platform's two languages a caller reads; Arabic when the caller does not say."""

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["ar", "en"]
DEFAULT: Language = "ar"


def negotiate(accept: str) -> Language:
    """The language for an Accept-Language header (RFC 9110 §12.5.4); anything unreadable counts as not said."""
    best: tuple[float, Language] = (0.0, DEFAULT)
    for entry in accept.split(",")[:20]:
        tag, _, weight = entry.strip().partition(";")
        language = _known(tag.strip().lower())
        quality = _quality(weight)
        if language is not None and quality > best[0]:
            best = (quality, language)
    return best[1]


def _known(tag: str) -> Language | None:
    match tag.split("-")[0]:
        case "ar":
            return "ar"
        case "en":
            return "en"
        case "*":
            return DEFAULT
        case _:
            return None


def _quality(weight: str) -> float:
    text = weight.strip()
    if not text:
        return 1.0
    try:
        return float(text.removeprefix("q=")) if text.startswith("q=") else 1.0
    except ValueError:
        return 0.0
