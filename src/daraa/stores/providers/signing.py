"""Signatures as in Standard Webhooks, both ways: HMAC-SHA-256 under keys that can be rotated, good for five minutes.

Hooks are signed as the standard says (https://www.standardwebhooks.com): id, time and body. Requests to the provider
also cover method and path, and its answers cover the id of the request that they answer, so neither can be replayed
as another one.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError, register

SIGNATURE_INVALID = register(
    "stores.signature.invalid", status=401, en="The signature is not valid", ar="التوقيع غير صالح"
)
SIGNATURE_STALE = register(
    "stores.signature.stale", status=401, en="The message is too old or from the future", ar="الرسالة قديمة جدا"
)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
"""How far a message's time may lie from ours, in seconds."""
_PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9_:+/=-]{1,120}")
_MOST_SIGNATURES = 8


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The keys in force: the first signs, every one of them is accepted. Never printed."""

    keys: tuple[bytes, ...]

    def headers(self, message_id: str, now: float, *content: bytes) -> dict[str, str]:
        """The three headers of a message; `now` is in seconds since 1970."""
        stamp = str(int(now))
        signature = _sign(self.keys[0], message_id, stamp, content)
        return {ID: message_id, TIMESTAMP: stamp, SIGNATURE: f"v1,{signature}"}

    def verify(self, headers: Mapping[str, str], now: float, *content: bytes) -> str:
        """The id of a message that was signed with one of our keys within the last five minutes.

        `headers` has lower-case names. DaraaError `stores.signature.invalid` or, for a rightly signed one that is
        too old or too new, `stores.signature.stale`.
        """
        message_id, stamp, given = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
        if not _ID.fullmatch(message_id):
            raise _invalid("it has no usable id")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise _invalid("it has no usable time")
        offered = [each[3:].encode() for each in given.split(" ")[:_MOST_SIGNATURES] if each.startswith("v1,")]
        wanted = [_sign(key, message_id, stamp, content).encode() for key in self.keys]
        # Every pair is compared, so that the time taken tells nothing.
        if not sum([hmac.compare_digest(each, own) for each in offered for own in wanted]):
            raise _invalid("no key of ours made it")
        if abs(now - int(stamp)) > TOLERANCE_S:
            raise DaraaError(
                SIGNATURE_STALE,
                "The message was signed more than five minutes from now.",
                hint="Sign it anew when it is sent again, and check the clock.",
            )
        return message_id


def keys_from(secret: SecretStr) -> Keys:
    """The keys of a secret file, one a line, newest first; `whsec_` before base64 as the standard writes them."""
    found = tuple(_key(line.strip()) for line in secret.get_secret_value().splitlines() if line.strip())
    return Keys(found)


def _key(text: str) -> bytes:
    if not text.startswith(_PREFIX):
        return text.encode()
    return base64.b64decode(text.removeprefix(_PREFIX))


def _sign(key: bytes, message_id: str, stamp: str, content: tuple[bytes, ...]) -> str:
    # Only the last piece may hold line ends, and no id a dot: what was signed can be read in one way only.
    signed = b".".join((message_id.encode(), stamp.encode(), b"\n".join(content)))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _invalid(why: str) -> DaraaError:
    return DaraaError(
        SIGNATURE_INVALID, f"The signature is not valid: {why}.", hint="Check the key that both sides share."
    )
