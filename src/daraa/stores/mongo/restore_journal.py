"""What a restore has done so far, kept in its target, so that a killed one continues and two never share a target."""

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo import timeout

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.restore_commands import drop_as

JOURNAL = "restoreJournal"
"""The journal's collection in the target's main database; it is removed when the restore is complete."""
STEP_S = 30.0
"""Longest wait for one entry, in seconds."""
SILENT_S = 120.0
"""After this many seconds without a sign a restore on another machine is taken for dead."""
_HEAD = "restore"

BUSY = register(
    "backup.target.busy", status=409, retryable=True, en="Another restore is running there", ar="استعادة أخرى جارية"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A chunk that is written whole: how many documents it brought and the sum of their hashes (hex)."""

    documents: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal of one restore into `mongo`; `task` says what is restored (backup and selection)."""

    mongo: Mongo

    async def read(self) -> Raw | None:
        """The head entry (`task`, `phase`, `owner`, `beatAt`), or None when no restore has begun here."""
        with translated("find restoreJournal"), timeout(STEP_S):
            found: Raw | None = await self._rows.find_one({"_id": _HEAD})
        return found

    async def begin(self, task: Mapping[str, Any], phase: str, kept: Iterable[str], now: datetime) -> None:
        """Write the head; `kept` are collections that stay as they are. `backup.target.busy`: another was faster."""
        words = {"task": dict(task), "phase": phase, "kept": sorted(kept)}
        head = {"_id": _HEAD, **words, "owner": _me(), "beatAt": now}
        with translated("insert restoreJournal"), timeout(STEP_S):
            answer = await self._rows.update_one({"_id": _HEAD}, {"$setOnInsert": head}, upsert=True)
        if answer.upserted_id is None:
            raise _busy(self.mongo.settings.database)

    async def take_over(self, head: Raw, now: datetime) -> None:
        """Continue what a dead process began; `backup.target.busy` while its owner lives, or may."""
        if _lives(head["owner"], (now - head["beatAt"]).total_seconds()):
            raise _busy(self.mongo.settings.database)
        with translated("update restoreJournal"), timeout(STEP_S):
            mine = {"$set": {"owner": _me(), "beatAt": now}}
            answer = await self._rows.update_one({"_id": _HEAD, "owner": head["owner"]}, mine)
        if not answer.matched_count:
            raise _busy(self.mongo.settings.database)

    async def enter(self, phase: str, now: datetime) -> None:
        """Everything before `phase` is complete."""
        with translated("update restoreJournal"), timeout(STEP_S):
            await self._rows.update_one({"_id": _HEAD}, {"$set": {"phase": phase, "beatAt": now}})

    async def done(self, chunk: str, mark: Mark, now: datetime) -> None:
        """The chunk of that object name is written whole."""
        with translated("update restoreJournal"), timeout(STEP_S):
            words = {"documents": mark.documents, "contentHash": mark.content_hash, "at": now}
            await self._rows.replace_one({"_id": f"chunk/{chunk}"}, words, upsert=True)
            await self._rows.update_one({"_id": _HEAD}, {"$set": {"beatAt": now}})

    async def replayed(self, through: int, now: datetime) -> None:
        """Everything of the backup and of the slices of the oplog up to number `through` is replayed."""
        with translated("update restoreJournal"), timeout(STEP_S):
            await self._rows.update_one({"_id": _HEAD}, {"$set": {"replayedThrough": through, "beatAt": now}})

    async def marks(self) -> dict[str, Mark]:
        """Every chunk that is written whole, by its object's name."""
        with translated("find restoreJournal"), timeout(STEP_S):
            rows = await self._rows.find({"_id": {"$gt": "chunk/", "$lt": "chunk0"}}).to_list(None)
        return {
            str(row["_id"]).removeprefix("chunk/"): Mark(int(row["documents"]), str(row["contentHash"])) for row in rows
        }

    async def remove(self) -> None:
        """The restore is complete: leave no trace of it."""
        await drop_as(self.mongo, Database.MAIN, JOURNAL)

    @property
    def _rows(self) -> Any:
        return self.mongo.database()[JOURNAL]


def _me() -> Raw:
    return {"host": socket.gethostname(), "pid": os.getpid(), "began": _began(os.getpid())}


def _began(pid: int) -> str:
    """When a process of this machine began, in the kernel's ticks: a pid alone is given out again."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _lives(owner: Mapping[str, Any], silent_s: float) -> bool:
    if owner.get("host") != socket.gethostname():
        return silent_s < SILENT_S
    pid = int(owner["pid"])
    if pid == os.getpid():
        return False  # this very process asks again: its earlier try ended with an error
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _began(pid) == owner.get("began")


def _busy(target: str) -> DaraaError:
    return DaraaError(
        BUSY,
        f"Another restore into {target} is running.",
        hint=f"Wait for it. One on another machine counts as dead after {SILENT_S:.0f} s without a sign.",
    )
