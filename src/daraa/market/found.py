"""What every repository shares: how far a list goes, and the answer when something must exist and does not."""

from typing import Any, TypeAlias, TypeVar

from daraa.kernel.errors import DaraaError, register

T = TypeVar("T")
After: TypeAlias = tuple[Any, ...] | None
"""The sort values of the last document shown; a list continues behind it. None starts from the top.

A list sorted by a time alone skips what was made in the same millisecond as the last one shown.
"""

MISSING = register("market.thing.missing", status=404, en="There is no such thing", ar="غير موجود")


def required(found: T | None, thing: str) -> T:
    """`found`, or DaraaError `market.thing.missing` when it is None; `thing` is what was asked for (`order`)."""
    if found is None:
        raise DaraaError(MISSING, f"There is no such {thing}.", hint="Check the id, and that it is yours.", thing=thing)
    return found
