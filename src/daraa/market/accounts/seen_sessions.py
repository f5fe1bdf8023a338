"""Remembers for a moment which sessions were found alive, so that not every request reads its session."""

import time
from collections.abc import Callable

MOST = 20_000


class SeenSessions:
    """Sessions seen alive less than `lifetime_s` seconds ago, in this process; at most `most` of them."""

    def __init__(
        self, lifetime_s: float = 5.0, most: int = MOST, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._lifetime_s, self._most, self.monotonic = lifetime_s, most, monotonic
        self._seen: dict[str, tuple[str, int, float]] = {}

    def holds(self, session_id: str, account_id: str, epoch: int) -> bool:
        """True when exactly this session of this account and epoch was seen alive a moment ago."""
        found = self._seen.get(session_id)
        return found is not None and found[:2] == (account_id, epoch) and self.monotonic() - found[2] < self._lifetime_s

    def keep(self, session_id: str, account_id: str, epoch: int, asked_at: float) -> None:
        """Remember a session that was read alive; `asked_at` is the monotonic time before the read."""
        # Taken out first, so that the dict stays in order of age and the oldest is the first to go.
        self._seen.pop(session_id, None)
        while len(self._seen) >= self._most:
            del self._seen[next(iter(self._seen))]
        self._seen[session_id] = (account_id, epoch, asked_at)

    def forget(self, session_id: str) -> None:
        """The next request of this session reads it again."""
        self._seen.pop(session_id, None)

    def forget_account(self, account_id: str) -> None:
        """The same for all sessions of an account."""
        for session_id in [key for key, seen in self._seen.items() if seen[0] == account_id]:
            del self._seen[session_id]
