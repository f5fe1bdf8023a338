"""Which copies stay, which go and why: a pure function, because a mistake here destroys what all else is for.

Two phases: a copy is announced by a tombstone, and deleted only by a later run after a grace. When anything about
the repository or the clock is odd, the answer is to leave everything as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from daraa.ops.backup.retention_rule import Policy

CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far two machines' clocks may differ before times count as coming from the future."""


class Quality(StrEnum):
    """What is known about a copy, best first; only the first counts as a backup that can be relied on."""

    VERIFIED = "verified"
    COMPLETE = "complete"
    FAILED = "failed"
    DAMAGED = "damaged"
    PARTIAL = "partial"


_RANK = {quality: rank for rank, quality in enumerate(reversed(Quality))}


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy as the listing shows it. `at`: the moment it is of; for a partial one, of its newest object.

    `seen_until` is the latest time found on anything that belongs to it; `tombstoned_at` the announcement, if any,
    and `tombstone_fits` whether that was about the copy as it is now.
    """

    backup_id: str
    at: datetime
    quality: Quality
    seen_until: datetime
    tombstoned_at: datetime | None = None
    tombstone_fits: bool = True

    @property
    def whole(self) -> bool:
        """True when it has a manifest that can be believed."""
        return self.quality is not Quality.PARTIAL


@dataclass(frozen=True, slots=True)
class Window:
    """A range in which any moment can be restored: the copy it stands on, and where it ends."""

    base: str
    until: datetime


@dataclass(frozen=True, slots=True)
class History:
    """All that a repository holds. `complete`: it was listed to its end; `problems`: what in it nobody understands."""

    copies: tuple[Copy, ...]
    complete: bool = True
    problems: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()


class Action(StrEnum):
    """What happens to a copy; `REVIVE` takes an announcement back, `WAIT` lets its grace run."""

    KEEP = "keep"
    TOMBSTONE = "tombstone"
    WAIT = "wait"
    DELETE = "delete"
    REVIVE = "revive"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one copy, and why in one sentence."""

    backup_id: str
    action: Action
    reason: str


class Halt(StrEnum):
    """Why nothing at all is changed; the last two heal by themselves when backups are taken and verified."""

    INCOMPLETE = "incomplete"
    ODD = "odd"
    CLOCK = "clock"
    UNPROVEN = "unproven"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One decision per copy, newest first; `halted` says why nothing is changed, if nothing is."""

    decisions: tuple[Decision, ...]
    halted: Halt | None = None
    because: str = ""


def decide(history: History, policy: Policy, now: datetime) -> Verdict:
    """The fate of every copy at `now`. Pure: the same question has the same answer."""
    copies = sorted(history.copies, key=_newest_first, reverse=True)
    halted, because = _halt(history, policy, now)
    if halted is not None:
        return Verdict(tuple(_left_alone(copy, because) for copy in copies), halted, because)
    wanted = _wanted([copy for copy in copies if copy.whole], history.windows, policy)
    decided = [_one(copy, wanted, policy, now) for copy in copies]
    return Verdict(tuple(_share_only(decided, _most_in_one_run(copies, policy))))


def _newest_first(copy: Copy) -> tuple[datetime, str]:
    return copy.at, copy.backup_id


def _halt(history: History, policy: Policy, now: datetime) -> tuple[Halt | None, str]:
    if not history.complete:
        return Halt.INCOMPLETE, "The repository could not be listed to its end, so nothing is changed."
    if history.problems:
        return Halt.ODD, f"The repository holds something odd, so nothing is changed: {history.problems[0]}"
    ahead = max((copy.seen_until for copy in history.copies), default=now)
    if ahead > now + CLOCK_TOLERANCE:
        return Halt.CLOCK, f"Something in the repository is of {_moment(ahead)}, after the clock's {_moment(now)}."
    verified = [copy for copy in history.copies if copy.quality is Quality.VERIFIED]
    if len(verified) < policy.min_verified:
        return Halt.UNPROVEN, f"Only {len(verified)} copies are verified; {policy.min_verified} have to be, at least."
    newest = max(copy.at for copy in verified)
    if now - newest > policy.max_age:
        return Halt.STALE, (
            f"The newest verified copy is of {_moment(newest)}, older than {_hours(policy.max_age)}: "
            "no copy is taken away while no new ones come."
        )
    return None, ""


def _left_alone(copy: Copy, because: str) -> Decision:
    return Decision(copy.backup_id, Action.WAIT if copy.tombstoned_at else Action.KEEP, because)


def _wanted(copies: list[Copy], windows: Iterable[Window], policy: Policy) -> dict[str, str]:
    """The whole copies to keep, each with the first reason found. `copies` come newest first."""
    wanted: dict[str, str] = {}
    verified = [copy for copy in copies if copy.quality is Quality.VERIFIED]
    for number, copy in enumerate(verified[: policy.min_verified], start=1):
        wanted[copy.backup_id] = f"It is number {number} of the {policy.min_verified} newest verified copies."
    for copy in copies:
        if copy.at > verified[0].at:
            wanted.setdefault(copy.backup_id, "It is newer than every verified copy.")
    there = {copy.backup_id for copy in copies}
    for window in (each for each in windows if each.base in there):
        wanted.setdefault(window.base, f"Every moment until {_moment(window.until)} is restored from it.")
    for rule in policy.keep:
        for bucket, copy in _newest_of_each(copies, rule.bucket, rule.count).items():
            wanted.setdefault(copy.backup_id, f"It is the best copy of {rule.name} {bucket}.")
    return wanted


def _newest_of_each(copies: list[Copy], bucket_of: Callable[[datetime], str], count: int) -> Mapping[str, Copy]:
    """The best copy in each of the newest `count` buckets that have one: verified before others, then the newest."""
    best: dict[str, Copy] = {}
    for copy in copies:
        bucket = bucket_of(copy.at)
        if bucket not in best:
            if len(best) == count:
                break
            best[bucket] = copy
        elif _RANK[copy.quality] > _RANK[best[bucket].quality]:
            best[bucket] = copy
    return best


def _one(copy: Copy, wanted: Mapping[str, str], policy: Policy, now: datetime) -> Decision:
    if copy.backup_id in wanted:
        action = Action.KEEP if copy.tombstoned_at is None else Action.REVIVE
        return Decision(copy.backup_id, action, wanted[copy.backup_id])
    if copy.tombstoned_at is not None and not copy.tombstone_fits:
        return Decision(copy.backup_id, Action.REVIVE, "Its tombstone was about another state of it.")
    if copy.tombstoned_at is not None:
        left = copy.tombstoned_at + policy.grace - now
        if left > timedelta():
            return Decision(copy.backup_id, Action.WAIT, f"Its grace lasts {_hours(left)} more.")
        return Decision(copy.backup_id, Action.DELETE, f"Its grace of {_hours(policy.grace)} is over.")
    if copy.whole:
        return Decision(
            copy.backup_id, Action.TOMBSTONE, f"{policy.sentence} asks for it, and newer copies are verified."
        )
    if now - copy.at <= policy.grace:
        return Decision(copy.backup_id, Action.KEEP, "It has no manifest yet: somebody may still be writing it.")
    return Decision(
        copy.backup_id, Action.TOMBSTONE, f"It has no manifest and nobody wrote to it for {_hours(policy.grace)}."
    )


def _most_in_one_run(copies: Iterable[Copy], policy: Policy) -> int:
    return max(1, int(policy.share * sum(copy.whole for copy in copies)))


def _share_only(decided: list[Decision], most: int) -> list[Decision]:
    """Of each phase the oldest `most`; the others wait for the next run."""
    left = {Action.TOMBSTONE: most, Action.DELETE: most}
    shared = []
    for decision in reversed(decided):
        if decision.action in left and left[decision.action] == 0:
            later = Action.KEEP if decision.action is Action.TOMBSTONE else Action.WAIT
            decision = Decision(decision.backup_id, later, f"One run takes at most {most}; the next one goes on.")
        elif decision.action in left:
            left[decision.action] -= 1
        shared.append(decision)
    return shared[::-1]


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
