"""Time comes from an injected clock, in UTC and whole milliseconds, because that is what the database keeps."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The current time: UTC, aware, truncated to milliseconds."""
        ...


def to_milliseconds(moment: datetime) -> datetime:
    """Drop what the database would drop; a naive time is refused because its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored: use datetime.now(UTC)")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time: UTC, aware, truncated to milliseconds."""
        return to_milliseconds(datetime.now(UTC))


class FixedClock:
    """A clock that stands still until told otherwise, for tests and for deterministic demo data."""

    def __init__(self, start: datetime) -> None:
        self._now = to_milliseconds(start)

    def now(self) -> datetime:
        """The time last set."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._now = to_milliseconds(self._now + by)


SYSTEM_CLOCK = SystemClock()
