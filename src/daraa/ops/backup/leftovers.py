"""Uploads that a killed or cut-off take began and never completed: no listing of objects shows them, yet they are paid.

They are no part of any backup, so nothing is announced: those older than the grace are aborted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.ops.backup.layout import BACKUPS, OPLOG
from daraa.stores.objects import ObjectStore, Unfinished, UnfinishedSeen
from daraa.stores.objects.errors import REFUSED


@dataclass(frozen=True, slots=True)
class Leftover:
    """One unfinished upload: whether it goes, and why in one sentence."""

    upload: Unfinished
    goes: bool
    reason: str

    def as_dict(self) -> dict[str, str]:
        """For programs."""
        return {
            "object": self.upload.key,
            "upload": self.upload.upload,
            "begun_at": self.upload.begun_at.isoformat(),
            "action": "abort" if self.goes else "keep",
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Leftovers:
    """All unfinished uploads that can be seen, oldest first; `unknown` says why there may be others."""

    each: tuple[Leftover, ...] = ()
    unknown: str = ""

    @property
    def going(self) -> tuple[Leftover, ...]:
        """Those to abort."""
        return tuple(each for each in self.each if each.goes)


def plan_leftovers(seen: UnfinishedSeen, grace: timedelta, now: datetime) -> Leftovers:
    """Pure: what is older than the grace goes, by our clock and by the store's, so that no one clock decides."""
    return Leftovers(tuple(_judged(each, grace, min(now, seen.at)) for each in seen.uploads), seen.unknown)


def _judged(upload: Unfinished, grace: timedelta, now: datetime) -> Leftover:
    age = now - upload.begun_at
    if age > grace:
        return Leftover(
            upload, True, f"It was begun {_days(age)} ago and never completed; the grace is {_days(grace)}."
        )
    return Leftover(upload, False, f"It was begun {_days(age)} ago: somebody may still be writing it.")


async def see_leftovers(store: ObjectStore, grace: timedelta, now: datetime) -> Leftovers:
    """Look where large objects go, and decide."""
    seen = [await store.list_unfinished(folder) for folder in (BACKUPS, OPLOG)]
    uploads = sorted((upload for each in seen for upload in each.uploads), key=lambda each: each.begun_at)
    unknown = next((each.unknown for each in seen if each.unknown), "")
    return plan_leftovers(UnfinishedSeen(tuple(uploads), min(each.at for each in seen), unknown), grace, now)


async def abort_leftovers(
    store: ObjectStore, agreed: tuple[Leftover, ...], say: Callable[[str], None] = lambda line: None
) -> tuple[Leftover, ...]:
    """Abort what was agreed; one that was completed or aborted meanwhile does not matter. Returns what was done.

    Raises `objects.server.refused` without the right to, and the store's errors; running again does the rest.
    """
    for each in agreed:
        say(f"abort {each.upload.key}: {each.reason}")
        try:
            await store.abort_unfinished(each.upload)
        except DaraaError as error:
            if error.code != REFUSED:
                raise
            raise DaraaError(
                REFUSED,
                f"{error.message.rstrip('.')}: these credentials may not abort unfinished uploads.",
                hint="Prune with others (s3:AbortMultipartUpload), or give the bucket a lifecycle rule that does it.",
            ) from error
        mark("prune.leftover_aborted")
    return agreed


def _days(span: timedelta) -> str:
    return f"{span.total_seconds() / 86400:.1f} days"
