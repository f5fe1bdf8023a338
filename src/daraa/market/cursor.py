"""Signed cursors: where a list continues, readable by us alone, worthless with any other list."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daraa.kernel.errors import DaraaError, register

CURSOR_INVALID = register(
    "market.cursor.invalid", status=400, en="The cursor is not valid here", ar="مؤشر الصفحة غير صالح هنا"
)
_MAC_BYTES = 16
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Position:
    """`after` are the sort values of the last item shown; `scope` what the filters were resolved to (ids by name)."""

    after: tuple[Any, ...]
    scope: Mapping[str, str]


class CursorSigner:
    """Makes and reads cursors with HMAC-SHA-256. The list's identity is signed along, so it need not be trusted."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("a cursor key needs 16 bytes or more")
        self._key = key

    def sign(self, position: Position, filters: Mapping[str, Any]) -> str:
        """The opaque text for `position` in the list that `filters` (with the order) describe."""
        body = json.dumps(
            [list(position.after), dict(position.scope)], ensure_ascii=False, separators=(",", ":")
        ).encode()
        return base64.urlsafe_b64encode(self._mac(body, filters) + body).rstrip(b"=").decode()

    def read(self, cursor: str, filters: Mapping[str, Any]) -> Position:
        """The position; `market.cursor.invalid` unless we signed exactly this for exactly this list."""
        if len(cursor) > _LONGEST:
            raise cursor_invalid()
        try:
            signed = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise cursor_invalid() from error
        mac, body = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        # Re-encoding refuses a second spelling of the same bytes: unused bits in the last character.
        canonical = base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
        if not hmac.compare_digest(mac, self._mac(body, filters)) or canonical != cursor:
            raise cursor_invalid()
        after, scope = json.loads(body)
        return Position(tuple(after), scope)

    def _mac(self, body: bytes, filters: Mapping[str, Any]) -> bytes:
        identity = json.dumps(dict(filters), sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
        mac = hmac.new(self._key, hashlib.sha256(identity).digest() + body, hashlib.sha256)
        return mac.digest()[:_MAC_BYTES]


def cursor_invalid() -> DaraaError:
    """The same answer for a forged, damaged, foreign or outdated cursor: it tells a forger nothing."""
    return DaraaError(
        CURSOR_INVALID,
        "The cursor is damaged or belongs to another list.",
        hint="Send page.next_cursor unchanged, with the same filters and order; or leave it out to start again.",
        parameter="cursor",
        ar="المؤشر تالف أو يخص قائمة أخرى؛ أرسل page.next_cursor كما هو مع المرشحات نفسها أو ابدأ من جديد.",
    )
