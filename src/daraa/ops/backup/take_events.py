"""What a take says while it runs, for a progress bar or for programs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class TakeStep(StrEnum):
    """What has just happened."""

    STARTED = "started"
    PROGRESS = "progress"
    COLLECTION = "collection"
    COPIED = "copied"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class TakeEvent:
    """How far a take is: bytes and documents as in the database, bytes stored, seconds since it began.

    `of_bytes` and `of_documents` are estimates from the server's metadata; `collection` names one that is complete.
    """

    step: TakeStep
    backup_id: str
    bytes: int
    of_bytes: int
    documents: int
    of_documents: int
    bytes_stored: int
    seconds: float
    collection: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a line of JSON."""
        return {"event": self.step, **{name: value for name, value in asdict(self).items() if name != "step"}}


Tell = Callable[[TakeEvent], None]


def silent(event: TakeEvent) -> None:
    """For whoever wants to hear nothing."""
