"""Cuts stored oplog entries to a window, whole transactions on the side of the moment that they began on. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from daraa.stores.mongo.oplog_reading import OplogTime

Transaction = tuple[bytes, int]
"""Session and number."""
LAST_INCREMENT = 2**32 - 1
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)


def transaction_of(entry: Any) -> Transaction | None:
    """Of an entry that is one statement of a transaction among others, as SecantusDB writes them; else None."""
    if entry.get("op") not in ("i", "u", "d") or "txnNumber" not in entry or "stmtId" in entry:
        return None
    return bytes(entry["lsid"]["id"]), int(entry["txnNumber"])


def within(entries: bytes, after: OplogTime, until: OplogTime) -> bytes:
    """The entries after one moment, up to and with another."""
    return b"".join(each.raw for each, at in _timed(entries) if after < at <= until)


def begun_by(entries: bytes, until: OplogTime) -> set[Transaction]:
    """The transactions that have an entry up to a moment."""
    return {found for each, at in _timed(entries) if at <= until and (found := transaction_of(each))}


def rest_of(entries: bytes, until: OplogTime, begun: set[Transaction]) -> bytes:
    """The entries after a moment of transactions that had begun by then."""
    return b"".join(each.raw for each, at in _timed(entries) if at > until and transaction_of(each) in begun)


def moment_before_last(entries: bytes) -> OplogTime:
    """The moment just before that of the last entry."""
    *_, (_, last) = _timed(entries)
    return just_before(last)


def just_before(moment: OplogTime) -> OplogTime:
    """The greatest moment that is earlier."""
    if moment.increment > 0:
        return OplogTime(moment.seconds, moment.increment - 1)
    return OplogTime(moment.seconds - 1, LAST_INCREMENT)


def as_moment(moment: OplogTime) -> str:
    """For people: the second, or the exact place where it is not a whole one."""
    second = f"{datetime.fromtimestamp(moment.seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return second if moment.increment == LAST_INCREMENT else f"{moment} ({second})"


def _timed(entries: bytes) -> Iterator[tuple[Any, OplogTime]]:
    for each in bson.decode_iter(entries, _RAW):
        yield each, OplogTime(each["ts"].time, each["ts"].inc)
