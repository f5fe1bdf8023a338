"""Password hashes: argon2id off the event loop, a few at a time, and as much work for nobody as for somebody."""

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
"""Hashes computed at a time in one process: each takes 19 MiB and about 40 ms of a core."""


class Hasher:
    """argon2id with OWASP's figures (2 passes, 19 MiB, 1 lane)."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store, with its salt and figures in it."""
        async with self._slots:
            return await asyncio.to_thread(self._argon2.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """True when the password is the stored one; without a stored one the same work is done for nothing."""
        async with self._slots:
            found = await asyncio.to_thread(self._verify, stored or self._nobody, password)
        return found and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        """The hash that stands in where there is none."""
        return self._argon2.hash("nobody has this password")
