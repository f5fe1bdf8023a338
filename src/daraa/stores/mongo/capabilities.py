"""What the connected server can do, found out by probing it, never by reading its name."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`text`: has text indexes. `plans_unhinted`: its planner picks the right index by itself.

    The cautious defaults hold until a probe has run: hint every query, do not send `$text`.
    """

    text: bool = False
    plans_unhinted: bool = False
    server: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For storing beside the fingerprint."""
        return asdict(self)
