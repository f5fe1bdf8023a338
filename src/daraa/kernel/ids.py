"""Ids are `prefix_uuidv7` strings: readable, unique without a server, and in order of creation (RFC 9562)."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from daraa.kernel.time import SYSTEM_CLOCK

ID_PATTERN = r"^[a-z]{2,5}_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ID = re.compile(ID_PATTERN)


def id_at(prefix: str, when: datetime, entropy: bytes) -> str:
    """The id of something made at `when`; the same `entropy` (10 bytes) gives the same id, as demo data needs."""
    if len(entropy) != 10:
        raise ValueError("an id needs 10 bytes of entropy")
    millis = int(when.timestamp() * 1000)
    raw = bytearray(millis.to_bytes(6, "big") + entropy)
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return f"{prefix}_{UUID(bytes=bytes(raw))}"


def new_id(prefix: str) -> str:
    """A fresh id, e.g. `ord_0198c2f1-…`."""
    return id_at(prefix, SYSTEM_CLOCK.now(), secrets.token_bytes(10))


def is_id(text: str, prefix: str | None = None) -> bool:
    """True when `text` has the form of an id (of that prefix)."""
    return bool(_ID.fullmatch(text)) and (prefix is None or text.startswith(f"{prefix}_"))
