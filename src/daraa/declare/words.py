"""Makes a declaration word closed: a misspelt keyword is an error that names the nearest right one."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

from daraa.declare.names import did_you_mean
from daraa.kernel.errors import DeclarationError

C = TypeVar("C")


def closed(cls: type[C]) -> type[C]:
    """Class decorator for frozen dataclasses: an unknown keyword is a DeclarationError, not Python's TypeError."""
    inner: Callable[..., None] = cls.__init__
    known = {field.name for field in fields(cls) if field.init}  # type: ignore[arg-type]

    def __init__(self: C, *args: Any, **words: Any) -> None:
        for word in words:
            if word not in known:
                raise DeclarationError(cls.__name__, f"unknown word {word!r}", did_you_mean(word, known))
        inner(self, *args, **words)

    cls.__init__ = __init__  # type: ignore[assignment,method-assign]
    return cls
