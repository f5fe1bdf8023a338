"""What pruning would do to a repository: the listing put into retention's words, and the answer as steps."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from daraa.ops.backup.catalog import BackupState, Listing, State
from daraa.ops.backup.leftovers import Leftover, Leftovers
from daraa.ops.backup.retention import Action, Copy, Decision, Halt, History, Quality, Verdict, Window, decide
from daraa.ops.backup.retention_rule import Policy
from daraa.ops.backup.slice_retention import Announced, OneSlice, SliceDecision, decide_slices
from daraa.ops.backup.windows import needed_windows, oldest_needed

_CHANGING = (Action.REVIVE, Action.TOMBSTONE, Action.DELETE)
_WRONG = (Halt.INCOMPLETE, Halt.ODD, Halt.CLOCK)


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What pruning would do to the repository called `repository`, as it was listed."""

    repository: str
    listing: Listing
    verdict: Verdict
    leftovers: Leftovers = field(default_factory=Leftovers)
    slices: tuple[SliceDecision, ...] = ()

    @property
    def steps(self) -> tuple[Decision, ...]:
        """What would be changed, in the order of doing: announcements taken back, new ones, deletions."""
        of = self.verdict.decisions
        return tuple(each for action in _CHANGING for each in of if each.action is action)

    @property
    def aborts(self) -> tuple[Leftover, ...]:
        """Unfinished uploads that would be aborted; none while something is wrong with the repository or the clock."""
        return () if self.wrong else self.leftovers.going

    @property
    def slice_steps(self) -> tuple[SliceDecision, ...]:
        """What would be changed about slices of the oplog, in the order of doing."""
        return tuple(each for action in _CHANGING for each in self.slices if each.action is action)

    @property
    def pending(self) -> int:
        """How many changes there are, of copies, of slices and of unfinished uploads."""
        return len(self.steps) + len(self.slice_steps) + len(self.aborts)

    @property
    def wrong(self) -> bool:
        """True when nothing is changed because something is wrong, rather than because it is too early."""
        return self.verdict.halted in _WRONG

    def backup(self, backup_id: str) -> BackupState:
        """The listed copy that a decision is about."""
        return next(each for each in self.listing.backups if each.backup_id == backup_id)

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "repository": self.repository,
            "pending": self.pending,
            "halted": self.verdict.halted,
            "because": self.verdict.because,
            "backups": [
                {
                    "backup_id": each.backup_id,
                    "at": self.backup(each.backup_id).at.isoformat(),
                    "state": self.backup(each.backup_id).state,
                    "action": each.action,
                    "reason": each.reason,
                }
                for each in self.verdict.decisions
            ],
            "unfinished": [each.as_dict() for each in self.leftovers.each],
            "unfinished_unknown": self.leftovers.unknown,
            "slices": [asdict(each) for each in self.slices],
        }


def plan_prune(
    repository: str, listing: Listing, policy: Policy, now: datetime, windows: Iterable[Window] = ()
) -> PrunePlan:
    """Pure: what `decide` says about the listing."""
    copies = tuple(_copy(each) for each in listing.backups)
    problems = (*listing.problems, *_unbelieved(listing))
    # Found again in every plan: what can be restored to any moment now can be so after the pruning.
    held = (*windows, *needed_windows(listing, now, policy.window))
    verdict = decide(History(copies, listing.complete, problems, held), policy, now)
    slices = _slices(listing, held, policy, now, verdict.because)
    return PrunePlan(repository, listing, verdict, slices=slices)


def _slices(
    listing: Listing, held: tuple[Window, ...], policy: Policy, now: datetime, halted: str
) -> tuple[SliceDecision, ...]:
    there = {each.number: each for each in listing.slices.slices}
    slices = [
        OneSlice(
            each.number,
            each.slice.ends_at if each.slice else None,
            max(each.written_at, each.slice.read_at) if each.slice else each.written_at,
        )
        for each in there.values()
    ]
    announced = [
        # A tombstone for slices of which the last is gone: their deletion has begun, for the oldest go first.
        Announced(of.through, each.buried_at, of.through not in there or there[of.through].sha256 == of.sha256)
        for each in listing.slices.tombstones
        for of in (each.tombstone,)
    ]
    return decide_slices(slices, announced, oldest_needed(listing, held), policy, now, halted)


_QUALITIES = {
    State.VERIFIED: Quality.VERIFIED,
    State.COMPLETE: Quality.COMPLETE,
    State.FAILED: Quality.FAILED,
    State.PARTIAL: Quality.PARTIAL,
}


def _copy(backup: BackupState) -> Copy:
    times = [backup.last_written_at, backup.at]
    times += [backup.receipt.at] if backup.receipt else []
    times += [backup.buried_at] if backup.buried_at else []
    return Copy(
        backup.backup_id,
        backup.at,
        _QUALITIES.get(backup.state, Quality.DAMAGED),
        seen_until=max(times),
        tombstoned_at=backup.buried_at,
        tombstone_fits=_fits(backup),
    )


def _fits(backup: BackupState) -> bool:
    """Whether the tombstone is about the copy as it is: the same manifest, or the same silence."""
    if backup.tombstone is None or backup.buried_at is None:
        return True
    if backup.manifest_sha256 is not None:
        return backup.tombstone.manifest_sha256 == backup.manifest_sha256
    # A tombstone for a manifest that is gone: the deletion has begun, for the manifest goes first.
    return backup.tombstone.manifest_sha256 is not None or backup.last_written_at <= backup.buried_at


def _unbelieved(listing: Listing) -> Iterable[str]:
    for each in listing.backups:
        if each.state in (State.TAMPERED, State.UNREADABLE, State.OTHER_KEY):
            yield f"{each.backup_id} is {each.state}."
