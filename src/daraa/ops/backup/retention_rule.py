"""What the owner wants kept: counts of hours, days, weeks, months, years, and the bounds no run may cross."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.kernel.settings import BackupSettings
from daraa.ops.backup.repositories import LOCAL


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the best copy in each of the newest `count` periods that have one (periods in UTC)."""

    name: str
    count: int
    bucket: Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Policy:
    """One repository's rule. `share`: the largest part of the whole copies that one run announces, or deletes."""

    keep: tuple[Keep, ...]
    min_verified: int
    max_age: timedelta
    grace: timedelta
    share: float
    window: timedelta = timedelta(days=7)
    """How far back any moment can be restored, where the oplog is streamed."""

    def __post_init__(self) -> None:
        if self.min_verified < 1 or self.grace <= timedelta() or not 0 < self.share <= 1:
            raise ValueError("a policy keeps at least one verified copy, has a grace, and a share between 0 and 1")

    @property
    def sentence(self) -> str:
        """The counts in words: `7 days, 4 weeks`."""
        return ", ".join(f"{each.count} {each.name}s" for each in self.keep if each.count) or "nothing"


def keep_rules(
    *, hourly: int = 0, daily: int = 0, weekly: int = 0, monthly: int = 0, yearly: int = 0
) -> tuple[Keep, ...]:
    """The five periods, each with its count."""
    return (
        Keep("hour", hourly, lambda at: f"{at:%Y-%m-%d %H}h"),
        Keep("day", daily, lambda at: f"{at:%Y-%m-%d}"),
        Keep("week", weekly, lambda at: f"{at:%G-W%V}"),
        Keep("month", monthly, lambda at: f"{at:%Y-%m}"),
        Keep("year", yearly, lambda at: f"{at:%Y}"),
    )


def policy_of(section: BackupSettings, repository: str) -> Policy:
    """The rule that the settings give for a repository."""
    counts = ("hourly", "daily", "weekly", "monthly", "yearly")
    prefix = "keep_" if repository == LOCAL else f"{repository}_keep_"
    return Policy(
        keep=keep_rules(**{name: getattr(section, prefix + name) for name in counts}),
        min_verified=section.min_verified,
        max_age=timedelta(hours=section.max_age_hours),
        grace=timedelta(days=section.grace_days),
        share=section.prune_share,
        window=timedelta(days=section.window_days),
    )
