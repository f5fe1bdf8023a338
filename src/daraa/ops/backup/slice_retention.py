"""Which slices of the oplog stay and which go, and why: pure, and with the same two phases and halts as for copies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.ops.backup.retention import CLOCK_TOLERANCE, Action
from daraa.ops.backup.retention_rule import Policy
from daraa.stores.mongo.oplog_reading import OplogTime


@dataclass(frozen=True, slots=True)
class OneSlice:
    """A slice as retention sees it: where its window ends, and the latest time on anything that belongs to it.

    `until` is None for one that cannot be believed: only its number is known.
    """

    number: int
    until: OplogTime | None
    seen_until: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """A tombstone for all slices up to `through`; `fits`: it is about the slices as they are now."""

    through: int
    at: datetime
    fits: bool = True


@dataclass(frozen=True, slots=True)
class SliceDecision:
    """What happens to the slices `first` to `last`, and why in one sentence; `last` is the tombstone's number."""

    first: int
    last: int
    action: Action
    reason: str


def decide_slices(
    slices: Sequence[OneSlice],
    announced: Iterable[Announced],
    needed_from: OplogTime | None,
    policy: Policy,
    now: datetime,
    halted: str = "",
) -> tuple[SliceDecision, ...]:
    """The fate of all slices at `now`, in groups, oldest first. Pure.

    `needed_from` is the moment of the oldest copy that a window stands on (None: there is none); `halted` says why
    nothing at all is changed. A slice goes only when it is older than `policy.window`, ends before `needed_from`, and
    all older ones go too; the newest never does, because the next one follows it.
    """
    ordered = sorted(slices, key=lambda each: each.number)
    buried = sorted(announced, key=lambda each: each.through)
    halted = halted or _odd_clock(ordered, buried, now)
    if halted:
        return _left_alone(ordered, buried, halted)
    spare = _spare(ordered, needed_from, now - policy.window)
    revived = [each for each in buried if not each.fits or each.through > spare]
    standing = [each for each in buried if each not in revived]
    over = [each for each in standing if now - each.at >= policy.grace]
    most = max(1, int(policy.share * len(ordered)))
    decided = [
        SliceDecision(_first(ordered, each.through), each.through, Action.REVIVE, _why_revived(each))
        for each in revived
    ]
    gone = over[-1].through if over else -1
    if over:
        decided.append(
            SliceDecision(_first(ordered, gone), gone, Action.DELETE, f"Their grace of {_days(policy.grace)} is over.")
        )
    waiting = max((each.through for each in standing), default=-1)
    decided += _group(ordered, gone, waiting, Action.WAIT, "Their grace lasts on.")
    new = [each.number for each in ordered if waiting < each.number <= spare][:most]
    end = new[-1] if new else waiting
    decided += _group(
        ordered, waiting, end, Action.TOMBSTONE, f"They are older than {_days(policy.window)} and no window needs them."
    )
    decided += _group(ordered, max(end, waiting), spare, Action.KEEP, f"One run announces at most {most}.")
    newest = ordered[-1].number if ordered else -1
    decided += _group(ordered, max(spare, gone), newest, Action.KEEP, "A window needs them, or they are too new.")
    return tuple(decided)


def _spare(ordered: Sequence[OneSlice], needed_from: OplogTime | None, horizon: datetime) -> int:
    """The number up to which no slice is needed, also those that are gone already. The newest is never spare."""
    spare = ordered[0].number - 1 if ordered else -1
    for each in ordered[:-1]:
        of_use = needed_from is not None and each.until is not None and each.until > needed_from
        if each.seen_until > horizon or of_use:
            break
        spare = each.number
    return spare


def _odd_clock(ordered: Sequence[OneSlice], buried: Sequence[Announced], now: datetime) -> str:
    ahead = max((*(each.seen_until for each in ordered), *(each.at for each in buried)), default=now)
    if ahead <= now + CLOCK_TOLERANCE:
        return ""
    return f"A slice is of {ahead:%Y-%m-%d %H:%M} UTC, after the clock's {now:%Y-%m-%d %H:%M}."


def _left_alone(ordered: Sequence[OneSlice], buried: Sequence[Announced], because: str) -> tuple[SliceDecision, ...]:
    waiting = max((each.through for each in buried), default=-1)
    newest = ordered[-1].number if ordered else -1
    return (
        *_group(ordered, -1, waiting, Action.WAIT, because),
        *_group(ordered, waiting, newest, Action.KEEP, because),
    )


def _group(ordered: Sequence[OneSlice], after: int, through: int, action: Action, reason: str) -> list[SliceDecision]:
    inside = [each.number for each in ordered if after < each.number <= through]
    return [SliceDecision(inside[0], inside[-1], action, reason)] if inside else []


def _first(ordered: Sequence[OneSlice], through: int) -> int:
    return min((each.number for each in ordered if each.number <= through), default=through)


def _why_revived(each: Announced) -> str:
    return "A window needs some of them again." if each.fits else "Their tombstone was about other slices."


def _days(span: timedelta) -> str:
    return f"{span.total_seconds() / 86400:g} days"
