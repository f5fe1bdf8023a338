"""How copies are shown: a line each, or one with all that is known about it."""

from collections.abc import Iterable
from typing import Any

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.catalog import BackupState, Listing
from daraa.ops.backup.errors import BACKUP_UNKNOWN
from daraa.ops.backup.windows import last_second, point_windows
from daraa.stores.mongo.oplog_reading import OplogTime

LATEST = "latest"


def find_backup(listing: Listing, backup_id: str) -> BackupState:
    """The copy of that id, or the newest for `latest`; `backup.copy.unknown` when the repository has none such."""
    for backup in listing.backups:
        if backup_id in (backup.backup_id, LATEST):
            return backup
    raise DaraaError(
        BACKUP_UNKNOWN,
        f"There is no backup {backup_id} in this repository.",
        hint="`daraa backup list` names them; --repository chooses another place.",
    )


def as_row(backup: BackupState) -> dict[str, Any]:
    """One copy for programs, short: sizes in bytes, times in ISO 8601."""
    facts, receipt = backup.facts, backup.receipt
    return {
        "backup_id": backup.backup_id,
        "state": backup.state,
        "at": backup.at.isoformat(),
        "documents": facts.documents if facts else None,
        "bytes_plain": facts.bytes_plain if facts else None,
        "bytes_stored": backup.bytes_stored,
        "objects": backup.objects,
        "took_seconds": facts.seconds if facts else None,
        "verified_at": receipt.at.isoformat() if receipt and receipt.ok else None,
        "recovery_seconds": receipt.seconds if receipt and receipt.ok else None,
        "tombstoned_at": backup.buried_at.isoformat() if backup.buried_at else None,
    }


def as_details(backup: BackupState) -> dict[str, Any]:
    """One copy for programs, with all that is known."""
    facts, receipt, tombstone = backup.facts, backup.receipt, backup.tombstone
    return as_row(backup) | {
        "started_at": facts.started_at.isoformat() if facts else None,
        "prefix": facts.prefix if facts else None,
        "server": facts.server if facts else None,
        "consistency": facts.consistency if facts else None,
        "collections": facts.collections if facts else None,
        "tool_version": facts.tool_version if facts else None,
        "manifest_sha256": backup.manifest_sha256,
        "findings": list(backup.findings),
        "receipt": receipt.model_dump(mode="json") if receipt else None,
        "tombstone": tombstone.model_dump(mode="json") if tombstone else None,
    }


def listing_text(listing: Listing, place: str) -> str:
    """The copies for people, newest first, and what is odd about the listing."""
    lines = [_line(each) for each in listing.backups]
    lines += windows_text(listing)
    lines += [f"! {problem}" for problem in listing.problems]
    count = len(listing.backups) - len(listing.strays)
    lines.append(f"{count} copies in {place}" + (f", {len(listing.strays)} partial." if listing.strays else "."))
    return "\n".join(lines)


def windows_as_dict(listing: Listing) -> dict[str, Any]:
    """The windows for programs, newest first: between `since` and `until` any moment can be restored."""
    rows = [
        {
            "since": f"{last_second(each.since):%FT%T}Z",
            "until": f"{last_second(each.until):%FT%T}Z",
            "since_exact": str(each.since),
            "until_exact": str(each.until),
            "slices": each.range.last - each.range.first + 1,
            "bases": [base.backup_id for base in each.bases],
            "begins_because": each.range.because,
            "ended_because": each.range.ended,
        }
        for each in point_windows(listing)
    ]
    return {"windows": rows, "slices": len(listing.slices.slices), "slice_findings": list(listing.slices.findings)}


def windows_text(listing: Listing) -> list[str]:
    """The windows for people, newest first, and why each ended."""
    lines = []
    for each in point_windows(listing):
        span = _span(each.since, each.until)
        ended = f"  ended: {each.range.ended}" if each.range.ended else ""
        lines.append(f"any moment of {span}  from {len(each.bases)} copies{ended}")
    if listing.slices.slices and not lines:
        lines.append("No moment between copies can be restored: no copy was taken since the stream began or was cut.")
    return [*lines, *(f"! {finding}" for finding in listing.slices.findings)]


def moments_from(listing: Listing, backup: BackupState) -> list[str]:
    """Up to where the oplog goes on from this copy; nothing where it does not."""
    return [
        _span(base.at, each.until)
        for each in point_windows(listing)
        for base in each.bases
        if base.backup_id == backup.backup_id
    ]


def _span(since: OplogTime, until: OplogTime) -> str:
    return f"{last_second(since):%FT%T}Z to {last_second(until):%FT%T}Z"


def details_text(backup: BackupState) -> str:
    """One copy for people."""
    words = as_details(backup)
    for long in ("findings", "receipt", "tombstone"):
        words.pop(long)
    lines = [f"{name.replace('_', ' '):<18} {value}" for name, value in words.items() if value is not None]
    lines += [f"✗ {finding}" for finding in (*backup.findings, *(backup.receipt.findings if backup.receipt else ()))]
    if backup.tombstone:
        lines.append(f"to be deleted: {backup.tombstone.reason}")
    return "\n".join(lines)


def _line(backup: BackupState) -> str:
    facts = backup.facts
    size = f"{facts.bytes_plain / 1e6:,.1f} MB {facts.documents:,} documents" if facts else f"{backup.objects} objects"
    words: Iterable[str] = (
        f"{backup.at:%Y-%m-%d %H:%M}",
        backup.backup_id,
        f"{backup.state:<10}",
        size,
        *(["to be deleted"] if backup.tombstone else []),
    )
    return "  ".join(words)
