"""What a restore has done so far, kept in its target, so that a killed one continues and two never share a target."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo import timeout

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.time import Clock
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.restore_commands import drop_as
from daraa.stores.mongo.server_time import LONG_AGO

JOURNAL = "restoreJournal"
"""The journal's collection in the target's main database; it is removed when the restore is complete."""
STEP_S = 30.0
"""Longest wait for one entry, in seconds."""
SILENT_S = 120.0
"""After this many seconds without a sign a restore on another machine is taken for dead."""
BEAT_S = 20.0
"""How often a living one gives a sign, in seconds, whatever it does meanwhile."""
_HEAD = "restore"

BUSY = register(
    "backup.target.busy", status=409, retryable=True, en="Another restore is running there", ar="استعادة أخرى جارية"
)
LOST = register(
    "backup.target.lost", status=409, en="Another restore took over the target", ar="أخذت استعادة أخرى الوجهة"
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

    async def begin(self, task: Mapping[str, Any], phase: str, now: datetime) -> None:
        """Write the head; `backup.target.busy`: another was faster."""
        head = {"_id": _HEAD, "task": dict(task), "phase": phase, "owner": _me(), "beatAt": now}
        with translated("insert restoreJournal"), timeout(STEP_S):
            answer = await self._rows.update_one({"_id": _HEAD}, {"$setOnInsert": head}, upsert=True)
        if answer.upserted_id is None:
            raise _busy(self.mongo.settings.database)

    async def take_over(self, head: Raw, now: datetime) -> None:
        """Continue what a dead process began; `backup.target.busy` while its owner lives, or may."""
        await self.refuse(head, now)
        with translated("update restoreJournal"), timeout(STEP_S):
            mine = {"$set": {"owner": _me(), "beatAt": now}}
            answer = await self._rows.update_one({"_id": _HEAD, "owner": head["owner"]}, mine)
        if not answer.matched_count:
            raise _busy(self.mongo.settings.database)

    async def refuse(self, head: Raw, now: datetime) -> None:
        """Raise `backup.target.busy` while the owner of that head lives, or may."""
        if _lives(head["owner"], (now - head["beatAt"]).total_seconds()):
            raise _busy(self.mongo.settings.database)

    async def held_by_another(self, now: datetime) -> bool:
        """Whether a living process other than this one restores into the target."""
        head = await self.read()
        return head is not None and _lives(head["owner"], (now - head["beatAt"]).total_seconds())

    async def beat(self, clock: Clock) -> None:
        """Give a sign again and again until cancelled; what goes wrong is left to the next step to notice."""
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(DaraaError):
                await self._sign({}, clock.now())

    async def enter(self, phase: str, now: datetime) -> None:
        """Everything before `phase` is complete. Like what follows, `backup.target.lost` when it is ours no more."""
        await self._sign({"phase": phase}, now)

    async def done(self, chunk: str, mark: Mark, now: datetime) -> None:
        """The chunk of that object name is written whole."""
        await self._sign({}, now)
        with translated("update restoreJournal"), timeout(STEP_S):
            words = {"documents": mark.documents, "contentHash": mark.content_hash, "at": now}
            await self._rows.replace_one({"_id": f"chunk/{chunk}"}, words, upsert=True)

    async def replayed(self, through: int, now: datetime) -> None:
        """Everything of the backup and of the slices of the oplog up to number `through` is replayed."""
        await self._sign({"replayedThrough": through}, now)

    async def marks(self) -> dict[str, Mark]:
        """Every chunk that is written whole, by its object's name."""
        with translated("find restoreJournal"), timeout(STEP_S):
            rows = await self._rows.find({"_id": {"$gt": "chunk/", "$lt": "chunk0"}}).to_list(None)
        return {
            str(row["_id"]).removeprefix("chunk/"): Mark(int(row["documents"]), str(row["contentHash"])) for row in rows
        }

    async def remove(self) -> None:
        """The restore is complete: leave no trace of it."""
        await self._sign({}, LONG_AGO)
        await drop_as(self.mongo, Database.MAIN, JOURNAL)

    async def _sign(self, words: Mapping[str, Any], now: datetime) -> None:
        with translated("update restoreJournal"), timeout(STEP_S):
            ours = {"_id": _HEAD, "owner": _me()}
            answer = await self._rows.update_one(ours, {"$set": {**words, "beatAt": now}})
        if not answer.matched_count:
            raise DaraaError(
                LOST,
                f"The restore into {self.mongo.settings.database} was taken over by another process.",
                hint="This one has stopped, and the other goes on; `daraa backup verify` shows what is right.",
            )

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
