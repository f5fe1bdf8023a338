"""Ids are `prefix_uuidv7` strings: readable, unique without a server, and in order of creation (RFC 9562)."""

import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

ID_PATTERN = r"^[a-z]{2,5}_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ID = re.compile(ID_PATTERN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_MS = 1_000_000
_FRACTIONS = 4096


def id_at(prefix: str, when: datetime, entropy: bytes) -> str:
    """The id of something made at `when`; the same `entropy` (10 bytes) gives the same id, as demo data needs."""
    if len(entropy) != 10:
        raise ValueError("an id needs 10 bytes of entropy")
    # In whole numbers: as a float, some moments of 2004 and 2038 would fall into the millisecond before.
    return _written(prefix, (when - _EPOCH) // timedelta(milliseconds=1), entropy)


def new_id(prefix: str) -> str:
    """A fresh id, e.g. `ord_0198c2f1-…`; those of one process sort in the order of their making, to the microsecond.

    The first twelve bits after the millisecond are its fraction (RFC 9562 §6.2, method 3): two rows of one transaction
    are often of one millisecond, and lists are sorted by id.
    """
    millis, rest = divmod(time.time_ns(), _NS_PER_MS)
    fraction = rest * _FRACTIONS // _NS_PER_MS
    return _written(prefix, millis, fraction.to_bytes(2, "big") + secrets.token_bytes(8))


def _written(prefix: str, millis: int, entropy: bytes) -> str:
    raw = bytearray(millis.to_bytes(6, "big") + entropy)
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return f"{prefix}_{UUID(bytes=bytes(raw))}"


def is_id(text: str, prefix: str | None = None) -> bool:
    """True when `text` has the form of an id (of that prefix)."""
    return bool(_ID.fullmatch(text)) and (prefix is None or text.startswith(f"{prefix}_"))
