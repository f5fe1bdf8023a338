"""When a job is due: a cron line or a fixed period, as pure functions of time that every worker computes alike."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from daraa.kernel.errors import DeclarationError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTED_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields (minute, hour, day of month, month, day of week) in a time zone, as Debian's cron reads them."""

    line: str
    timezone: str = "UTC"
    _zone: tzinfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # With six fields cronsim takes the first for seconds; other programs take the last.
        if len(self.line.split()) != 5:
            raise DeclarationError(
                f"cron {self.line!r}",
                "it has not five fields",
                "Write minute hour day month weekday, e.g. '30 2 * * 0'.",
            )
        try:
            object.__setattr__(self, "_zone", UTC if self.timezone == "UTC" else ZoneInfo(self.timezone))
        except (ZoneInfoNotFoundError, ValueError):
            raise DeclarationError(
                f"cron {self.line!r}",
                f"unknown time zone {self.timezone!r}",
                "Write e.g. 'Asia/Damascus', or leave UTC.",
            ) from None
        try:
            self.after(EPOCH)
        except (CronSimError, StopIteration) as error:
            raise DeclarationError(
                f"cron {self.line!r}", f"it names no time ({str(error) or 'never due'})", "See `man 5 crontab`."
            ) from None

    @property
    def text(self) -> str:
        """As shown and stored."""
        return self.line

    def after(self, moment: datetime) -> datetime:
        """The first due time later than `moment`, in UTC."""
        return next(CronSim(self.line, moment.astimezone(self._zone))).astimezone(UTC)

    def due_between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The due times later than `start` and not later than `end`."""
        return _until(end, (each.astimezone(UTC) for each in CronSim(self.line, start.astimezone(self._zone))))


@dataclass(frozen=True, slots=True)
class Every:
    """Every `period`, counted from 1970 so that all workers mean the same moments."""

    period: timedelta
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if self.period < timedelta(seconds=1) or self.period > timedelta(days=366):
            raise DeclarationError(f"every {self.period}", "out of range", "Use one second to a year.")

    @property
    def text(self) -> str:
        """As shown and stored."""
        return f"every {self.period.total_seconds():g} s"

    def after(self, moment: datetime) -> datetime:
        """The first due time later than `moment`, in UTC."""
        return EPOCH + ((moment - EPOCH) // self.period + 1) * self.period

    def due_between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """The due times later than `start` and not later than `end`."""
        return _until(end, self._all(start))

    def _all(self, start: datetime) -> Iterator[datetime]:
        while True:
            start = self.after(start)
            yield start


When: TypeAlias = Cron | Every


def _until(end: datetime, moments: Iterator[datetime]) -> Iterator[datetime]:
    for moment in moments:
        if moment > end:
            return
        yield moment


def count_missed(when: When, due: datetime, now: datetime) -> int:
    """How many due times have passed since `due`; counts no further than 10,000."""
    return sum(1 for _ in islice(when.due_between(due, now), COUNTED_AT_MOST))
