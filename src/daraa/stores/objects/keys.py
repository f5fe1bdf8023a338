"""Which names objects may have: only those that every store spells the same way, and that cannot leave their place."""

import re

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.errors import KEY_INVALID

_LONGEST_KEY = 900  # S3 takes 1,024 bytes; the rest is left to the prefix of the store
_LONGEST_SEGMENT = 200  # file systems take 255 bytes; the rest is left to names of unfinished files
_SEGMENT = re.compile(r"[A-Za-z0-9_.=-]+")


def checked_key(key: str) -> str:
    """The key itself, or `objects.key.invalid` with what is wrong about it."""
    problem = _problem(key)
    if problem:
        shown = key if len(key) <= 100 else f"{key[:100]}…"
        raise DaraaError(
            KEY_INVALID,
            f"{shown!r} cannot name an object: {problem}.",
            hint="Use ASCII letters, digits, and _ . = - in segments between single slashes.",
        )
    return key


def is_key(key: str) -> bool:
    """True for what `checked_key` lets pass."""
    return _problem(key) is None


def _problem(key: str) -> str | None:
    if not key:
        return "it is empty"
    if len(key) > _LONGEST_KEY:
        return f"it is longer than {_LONGEST_KEY} characters"
    for segment in key.split("/"):
        if not segment:
            return "it begins or ends with a slash, or has two in a row"
        if segment in (".", ".."):
            return "it has . or .. as a segment"
        if len(segment) > _LONGEST_SEGMENT:
            return f"a segment is longer than {_LONGEST_SEGMENT} characters"
        if not _SEGMENT.fullmatch(segment):
            return "a segment has other characters"
    return None
