"""The rules of one-time codes, without any I/O: when one may be sent, how it is stored, what the message says."""

import hmac
import secrets
from datetime import datetime, timedelta

from daraa.collections.otps import Otp, OtpPurpose
from daraa.kernel.languages import Language

LIFETIME = timedelta(minutes=5)
COOLDOWN = timedelta(seconds=60)
WINDOW = timedelta(hours=1)
MOST_SENDS = 5
MOST_TRIES = 5


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def sends_within(known: Otp | None, now: datetime) -> tuple[datetime, ...]:
    """When codes were sent to the number within the last hour."""
    return tuple(at for at in known.recent_sends if at > now - WINDOW) if known else ()


def may_send(known: Otp | None, now: datetime) -> bool:
    """True unless a code was sent less than a minute ago, or five in the last hour."""
    if known is None:
        return True
    return now - known.sent_at >= COOLDOWN and len(sends_within(known, now)) < MOST_SENDS


def message(code: str, language: Language) -> str:
    """What the SMS says."""
    if language == "en":
        return f"{code} is your Daraa code. It is good for 5 minutes. Give it to nobody."
    return f"رمز الدخول إلى درعا: {code}. صالح 5 دقائق. لا تعطه لأحد."


class CodeHasher:
    """Keyed hashes: the database alone tells neither the number nor the code, though both are easily guessed."""

    def __init__(self, pepper: bytes) -> None:
        if len(pepper) < 32:
            raise ValueError("the pepper needs 32 bytes or more")
        self._pepper = pepper

    def id_of(self, phone: str, purpose: OtpPurpose) -> str:
        """The key of the live code of that number for that purpose."""
        return self._hash("id", purpose, phone)

    def hash_of(self, phone: str, purpose: OtpPurpose, code: str) -> str:
        """How the code is stored."""
        return self._hash("code", purpose, phone, code)

    def _hash(self, *words: str) -> str:
        return hmac.digest(self._pepper, "\n".join(words).encode(), "sha256").hex()
