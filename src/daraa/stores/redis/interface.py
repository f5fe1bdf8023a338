"""What the rest of the house may ask of a key-value store; small, so that every implementation can pass one suite."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, written for Redis 6.2.

    It must bear being run twice with the same arguments: when an answer is lost, the call is repeated.
    """

    text: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest())


class KeyValue(Protocol):
    """Bytes under string keys, with an optional time to live.

    Every call may raise `redis.server.unavailable` (retryable), `redis.server.refused` and `redis.command.refused`.
    There is deliberately no bare increment: after a lost answer nobody knows whether it happened.
    """

    async def ping(self) -> None:
        """Return when the server answers."""

    async def get(self, key: str) -> bytes | None:
        """The value, or None when there is none or its time is over."""

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None, only_if_absent: bool = False) -> bool:
        """Store `value` for `ttl_s` seconds (a millisecond at least; None: for good); False when it was not stored.

        With `only_if_absent` the value must be unique to the caller (a random token): it is how a repeated call
        recognises that its first attempt did succeed.
        """

    async def delete(self, *keys: str) -> None:
        """Remove the keys; those that are not there do not matter."""

    async def run(self, script: Script, keys: Sequence[str] = (), args: Sequence[bytes | str | int] = ()) -> Any:
        """Run a Lua script on the server and return its answer (bytes, int, list or None)."""

    async def close(self) -> None:
        """Give all connections back; the store is of no use afterwards."""
