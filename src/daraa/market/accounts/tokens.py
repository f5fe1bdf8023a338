"""Access and refresh tokens: made and read with one key, so that only what we issued is ever looked up."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from daraa.collections.sessions import LoginWay
from daraa.kernel.ids import is_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock

ALGORITHM = "HS256"
ACCESS_S = 600
"""How long an access token holds, in seconds."""
LONGEST = 8192
_CLAIMS = ["sub", "sid", "by", "roles", "scopes", "epoch", "iat", "exp"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    account_id: str
    session_id: str
    by: LoginWay
    roles: frozenset[str]
    scopes: frozenset[str]
    epoch: int


class Tokens:
    """Makes and reads tokens. The key has 32 bytes or more."""

    def __init__(self, key: bytes, clock: Clock = SYSTEM_CLOCK) -> None:
        if len(key) < 32:
            raise ValueError("a token key needs 32 bytes or more")
        # Two keys from one: neither kind of token can be passed off as the other.
        self._access_key = hmac.digest(key, b"access", "sha256")
        self._refresh_key = hmac.digest(key, b"refresh", "sha256")
        self._clock = clock

    def access(self, claims: Claims) -> str:
        """A signed access token that holds for `ACCESS_S` seconds."""
        now = int(self._clock.now().timestamp())
        words = {
            "sub": claims.account_id,
            "sid": claims.session_id,
            "by": claims.by.value,
            "roles": sorted(claims.roles),
            "scopes": sorted(claims.scopes),
            "epoch": claims.epoch,
            "iat": now,
            "exp": now + ACCESS_S,
        }
        return jwt.encode(words, self._access_key, algorithm=ALGORITHM)

    def read_access(self, token: str) -> Claims | None:
        """What the token says; None unless we signed it and it still holds."""
        if len(token) > LONGEST:
            return None
        # Times are compared by our own clock, below.
        options: Any = {"require": _CLAIMS, "verify_exp": False, "verify_iat": False}
        try:
            words = jwt.decode(token, self._access_key, algorithms=[ALGORITHM], options=options)
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        return _claims(words) if _holds(words, self._clock.now().timestamp()) else None

    def refresh(self, session_id: str) -> str:
        """A new refresh token of the session: its id, 32 random bytes, and the proof that we made it."""
        body = f"{session_id}.{secrets.token_urlsafe(32)}"
        return f"{body}.{self._proof(body)}"

    def session_of(self, refresh_token: str) -> str | None:
        """The session that a refresh token was made for, however long ago; None for one that we never made."""
        body, _, proof = refresh_token.rpartition(".")
        session_id = body.partition(".")[0]
        if not refresh_token.isascii() or not hmac.compare_digest(proof, self._proof(body)):
            return None
        return session_id if is_id(session_id, "ses") else None

    def _proof(self, body: str) -> str:
        return hmac.new(self._refresh_key, body.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def hash_of(refresh_token: str) -> str:
    """How a refresh token is stored. It holds 256 random bits, so a plain hash gives nothing away."""
    return hashlib.sha256(refresh_token.encode("utf-8", "replace")).hexdigest()


def _holds(words: Mapping[str, Any], now: float) -> bool:
    return (
        all(isinstance(words[name], int) for name in ("iat", "exp", "epoch"))
        and words["iat"] - 60 <= now < words["exp"]
    )


def _claims(words: Mapping[str, Any]) -> Claims | None:
    lists = (words["roles"], words["scopes"])
    if not all(isinstance(each, list) and all(isinstance(item, str) for item in each) for each in lists):
        return None
    if not (isinstance(words["sub"], str) and isinstance(words["sid"], str)) or words["by"] not in list(LoginWay):
        return None
    return Claims(
        account_id=words["sub"],
        session_id=words["sid"],
        by=LoginWay(words["by"]),
        roles=frozenset(words["roles"]),
        scopes=frozenset(words["scopes"]),
        epoch=words["epoch"],
    )
