"""Makes a text that matches a declared pattern, so that a new pattern needs no hand-written sample."""

import importlib
import re
from functools import cache
from typing import Any

# The parser of the standard library; it has no public name since sre_parse was deprecated.
_parser: Any = importlib.import_module("re._parser")
_USUAL_REPEAT = 8


def matching_text(pattern: str, seed: int) -> str:
    """A text that the pattern matches whole; different seeds give different texts while the pattern has room.

    Raises ValueError for a pattern with look-around or back references, which a validator should not need.
    """
    drawn = _Draw(seed)
    text = "".join(_parts(_parsed(pattern), drawn))
    if not re.fullmatch(pattern, text):
        raise ValueError(f"no sample could be made for the pattern {pattern!r}")
    return text


@cache
def _parsed(pattern: str) -> Any:
    return list(_parser.parse(pattern))


class _Draw:
    """The seed as a number in mixed bases: each choice takes its remainder, so no two seeds make the same choices."""

    def __init__(self, seed: int) -> None:
        self._left = seed

    def one_of(self, options: str) -> str:
        self._left, index = divmod(self._left, len(options))
        return options[index]


def _parts(tokens: Any, drawn: _Draw) -> list[str]:
    made: list[str] = []
    for name, argument in tokens:
        match str(name):
            case "LITERAL":
                made.append(chr(argument))
            case "IN":
                made.append(drawn.one_of(_class(argument)))
            case "ANY":
                made.append(drawn.one_of("abcdefgh"))
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, inner = argument
                usual = 1 if str(inner[0][0]) == "SUBPATTERN" else _USUAL_REPEAT
                count = min(int(most), max(int(least), usual))
                for _ in range(count):
                    made += _parts(inner, drawn)
            case "SUBPATTERN":
                made += _parts(argument[3], drawn)
            case "BRANCH":
                made += _parts(argument[1][0], drawn)
            case "AT":
                pass
            case other:
                raise ValueError(f"{other} in a pattern is not understood")
    return made


def _class(tokens: Any) -> str:
    letters = ""
    for name, argument in tokens:
        match str(name):
            case "LITERAL":
                letters += chr(argument)
            case "RANGE":
                letters += "".join(map(chr, range(argument[0], argument[1] + 1)))
            case "CATEGORY" if "DIGIT" in str(argument):
                letters += "0123456789"
            case "CATEGORY" if "WORD" in str(argument):
                letters += "abcdefghijklmnopqrstuvwxyz"
            case other:
                raise ValueError(f"{other} in a character class is not understood")
    return letters
