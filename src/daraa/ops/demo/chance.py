"""Where demo data takes its chance from: everything follows from the seed, so that every load makes the same."""

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from daraa.kernel.ids import id_at

T = TypeVar("T")


class Dice:
    """Throws that a key determines. Only `random()` is used, whose sequence Python promises to keep."""

    def __init__(self, entropy: int) -> None:
        self._throw = random.Random(entropy).random  # noqa: S311 - nothing here is secret

    def below(self, count: int) -> int:
        """One of 0 … count - 1."""
        return int(self._throw() * count)

    def between(self, least: int, most: int) -> int:
        """A whole number; both ends included."""
        return least + int(self._throw() * (most - least + 1))

    def chance(self, share: float) -> bool:
        """True in that share (0 to 1) of the throws."""
        return self._throw() < share

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._throw() * len(choices))]

    def within(self, least: timedelta, most: timedelta) -> timedelta:
        """A duration in whole seconds."""
        return timedelta(seconds=self.between(int(least.total_seconds()), int(most.total_seconds())))


class Source:
    """Ids, hashes and dice of one seed. `reference` is the day that the data takes for today."""

    def __init__(self, seed: int, reference: datetime) -> None:
        self.reference = reference
        self._base = f"daraa-demo:{seed}:"

    def digest(self, key: str, size: int = 10) -> bytes:
        """Bytes that belong to the key."""
        return hashlib.blake2b((self._base + key).encode(), digest_size=size).digest()

    def id(self, prefix: str, when: datetime, key: str) -> str:
        """The id of the thing that `key` names within its prefix."""
        return id_at(prefix, when, self.digest(f"{prefix}:{key}"))

    def dice(self, key: str) -> Dice:
        """Fresh dice for that key."""
        return Dice(int.from_bytes(self.digest(f"dice:{key}", 8), "big"))

    def days_ago(self, days: float) -> datetime:
        """A moment before the reference day."""
        return self.reference - timedelta(days=days)
