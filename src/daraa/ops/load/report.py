"""What a load came to: how many ended how, and how long they took from the moment they were due."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from daraa.ops.load.arrivals import LoadPlan


@dataclass(frozen=True, slots=True)
class Answered:
    """One request: when it was due and how long after that it was answered, in seconds, and how it ended."""

    due_s: float
    took_s: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Report:
    """All answers of one load; `lasted_s` is from the first moment to the last answer."""

    plan: LoadPlan
    lasted_s: float
    answers: tuple[Answered, ...]

    def outcomes(self) -> Counter[str]:
        """How many ended how."""
        return Counter(each.outcome for each in self.answers)

    def percentile_ms(self, percent: float, *, of: str = "") -> float:
        """The time within which that share was answered, in milliseconds; of one outcome or of all. NaN for none."""
        return percentile([each.took_s for each in self.answers if not of or each.outcome == of], percent) * 1000

    def per_second(self, outcome: str) -> float:
        """How many of that outcome came a second, over the whole load."""
        return self.outcomes()[outcome] / self.lasted_s if self.lasted_s else 0.0


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that was measured, never one in between. NaN without values."""
    if not values:
        return math.nan
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]
