"""Unrolls oplog entries into the operations that they stand for: a transaction counts when its last entry has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson

from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.oplog_diff import UNKNOWN, Raw


@dataclass
class Operations:
    """Keeps what transactions have done so far until they end; those that never do have done nothing."""

    _open: dict[bytes, list[Raw]] = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """A transaction has begun and not ended."""
        return bool(self._open)

    def of(self, entry: Raw) -> Iterable[Raw]:
        """The entry itself, or what is in it. Raises `backup.oplog.unsupported` for half a transaction."""
        what = entry.get("o", {})
        if entry.get("op") != "c" or not {"applyOps", "commitTransaction", "abortTransaction"} & set(what):
            return (entry,)
        key = bson.encode({"lsid": entry.get("lsid", {}), "number": entry.get("txnNumber", 0)})
        if "abortTransaction" in what:
            self._open.pop(key, None)
            return ()
        if "commitTransaction" in what:
            return self._open.pop(key, [])
        before = self._open.pop(key, [])
        previous = entry.get("prevOpTime", {}).get("ts")
        chained = "lsid" in entry and not entry.get("multiOpType")  # 1: inserts that share an entry, no transaction
        if not before and chained and previous is not None and previous.time:
            raise not_replayable("the end of a transaction that began before it")
        inner = [*before, *what["applyOps"]]
        if what.get("partialTxn") or what.get("prepare"):
            self._open[key] = inner
            return ()
        return inner

    def forget(self) -> None:
        """There are no more entries."""
        self._open.clear()


def is_replayable(command: Mapping[str, Any]) -> bool:
    """Whether a copy survives that change of the schema: a plain collection that is made, or any that is dropped."""
    name = next(iter(command))
    return name == "drop" or (name == "create" and set(command) <= {"create", "idIndex"})


def not_replayable(what: str) -> DaraaError:
    """The error for an oplog part that nobody can replay."""
    return DaraaError(
        UNKNOWN,
        f"The oplog part of the backup holds {what}, which cannot be replayed.",
        hint="The schema was changed or the oplog was cut while the backup was taken: take another one.",
    )
