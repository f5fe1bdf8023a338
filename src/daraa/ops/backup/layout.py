"""Where everything lies in a repository; the one place that spells the names."""

import hashlib
import re

MARK = "repository.json"
BACKUPS = "backups"
OPLOG = "oplog"
RECEIPTS = "receipts"
TOMBSTONES = "tombstones"
MANIFEST = "manifest.json"
SCHEMA = "schema.zst.enc"
LOCKS = "locks/take"
SLICES = "oplog/slices"
SLICE_DATA = "oplog/data"
SLICE_TOMBSTONES = "oplog/tombstones"
NEWEST_SLICE = "oplog/newest.json"

_PLAIN = re.compile(r"[A-Za-z0-9_.-]")
_LONGEST = 150


def backup_folder(backup_id: str) -> str:
    """The folder of one backup."""
    return f"{BACKUPS}/{backup_id}"


def manifest_key(backup_id: str) -> str:
    """The key of a backup's manifest."""
    return f"{backup_folder(backup_id)}/{MANIFEST}"


def receipt_key(backup_id: str, receipt_id: str) -> str:
    """The key of one receipt of a backup."""
    return f"{RECEIPTS}/{backup_id}/{receipt_id}.json"


def tombstone_key(backup_id: str) -> str:
    """The key of the announcement that a backup will be deleted."""
    return f"{TOMBSTONES}/{backup_id}.json"


def chunk_name(database: str, collection: str, number: int) -> str:
    """The name of a chunk below its backup's folder."""
    return f"data/{spelled(f'{database}.{collection}')}/{number}.zst.enc"


def oplog_name(number: int) -> str:
    """The name of a part of the oplog below its backup's folder."""
    return f"oplog/{number}.zst.enc"


def slice_key(number: int) -> str:
    """The key of a slice's signed file."""
    return f"{SLICES}/{number:012d}.json"


def slice_folder(number: int, slice_id: str) -> str:
    """Where the objects of a slice lie: whoever tries to write the same number has another folder."""
    return f"{SLICE_DATA}/{number:012d}/{slice_id}"


def slice_tombstone_key(through: int) -> str:
    """The key of the announcement that all slices up to a number will be deleted."""
    return f"{SLICE_TOMBSTONES}/{through:012d}.json"


def number_of(key: str) -> int | None:
    """The number that a key of a slice or of its tombstone ends in; None when it is no such key."""
    stem = key.rpartition("/")[2].removesuffix(".json")
    return int(stem) if len(stem) == 12 and stem.isascii() and stem.isdecimal() and key.endswith(".json") else None


def spelled(namespace: str) -> str:
    """A namespace as a segment of a key: other characters become `=XX` (UTF-8 in hex), a long one ends in its hash."""
    text = "".join(
        each if _PLAIN.fullmatch(each) else "".join(f"={byte:02X}" for byte in each.encode()) for each in namespace
    )
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}={hashlib.sha256(namespace.encode()).hexdigest()[:32]}"
