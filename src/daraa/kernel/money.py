"""Money is a whole number of minor units with its currency; it is never a float and never loses a unit when split."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

INT64_MAX = 2**63 - 1
CURRENCY_PATTERN = r"^[A-Z]{3}$"


class Money(BaseModel):
    """An amount in integer minor units (e.g. cents) of an ISO 4217 currency; `PTS` counts loyalty points."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    amount: int = Field(ge=-INT64_MAX, le=INT64_MAX)
    currency: str = Field(pattern=CURRENCY_PATTERN)

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(amount=self.amount - other.amount, currency=self.currency)

    def __neg__(self) -> Self:
        return type(self)(amount=-self.amount, currency=self.currency)

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}: convert first")


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units by `weights` so that the parts sum to the whole (largest remainder, market.md I8)."""
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be zero or more, and not all zero")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
