"""When the requests of a load come: like customers, at random moments around a rate, whatever the server does."""

import random
from dataclasses import dataclass

from daraa.kernel.errors import DaraaError, register

PLAN_INVALID = register("load.plan.invalid", status=500, en="This load is not allowed", ar="هذا الحمل غير مسموح")
MOST_REQUESTS = 1_000_000
LONGEST_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """`rate` requests a second for `seconds`; the same seed gives the same moments. Bounded in count and time."""

    rate: float
    seconds: float
    seed: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.rate <= 10_000 and 0 < self.seconds <= LONGEST_S):
            raise DaraaError(
                PLAN_INVALID,
                f"A load of {self.rate:g} requests a second for {self.seconds:g} s is out of bounds.",
                hint=f"Stay within 10,000 a second and {LONGEST_S:g} s.",
            )
        if self.rate * self.seconds > MOST_REQUESTS:
            raise DaraaError(
                PLAN_INVALID,
                f"That would be {self.rate * self.seconds:,.0f} requests.",
                hint=f"One load sends {MOST_REQUESTS:,} at most.",
            )

    def moments(self) -> list[float]:
        """Seconds after the start, ascending: a Poisson process, the arrivals of independent people."""
        dice = random.Random(self.seed)  # noqa: S311 — a load, no secret
        found: list[float] = []
        at = dice.expovariate(self.rate)
        while at < self.seconds:
            found.append(at)
            at += dice.expovariate(self.rate)
        return found
