"""What a duty writes to be run: its name, when, what for, and the coroutine that does it."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from daraa.declare.names import did_you_mean
from daraa.jobs.errors import JOB_UNKNOWN
from daraa.jobs.when import Cron, Every, When
from daraa.kernel.errors import DaraaError, DeclarationError
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo


@dataclass(frozen=True, slots=True)
class Fence:
    """The token of a holder: it grows with every new one, so a write that carries an old one can be refused."""

    number: int

    def guard(self, path: str = "fence") -> dict[str, dict[str, int]]:
        """The condition to add to the filter of a guarded write; the write must also set `path` to `number`."""
        return {path: {"$lte": self.number}}


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running job knows: `attempt` above 1 means that an earlier worker died in this very due time."""

    job: str
    due_at: datetime
    attempt: int
    missed: int
    by_hand: bool
    fence: Fence
    mongo: Mongo
    settings: Settings


JobResult: TypeAlias = str | Mapping[str, object]
"""A sentence, or figures: whole numbers become the counts of the run, anything else its result text."""


class Misfire(StrEnum):
    """What to do with a due time that nobody was there for. Several are always collapsed into one run."""

    RUN_ONCE = "run once"
    SKIP = "skip"


@dataclass(frozen=True)
class Job:
    """One duty. Exactly one of `cron` (five fields) and `every` says when; a wrong one is a DeclarationError.

    It runs again from its beginning when its worker dies, so it is idempotent or checks its fence. `timeout_s` bounds
    one run; `lease_s` (0: the setting) is how long a dead worker's run stays blocked; with `Misfire.SKIP` a run that is
    more than `late_s` late is recorded as skipped.
    """

    name: str
    purpose: str
    run: Callable[[JobContext], Awaitable[JobResult]]
    cron: str = ""
    every: timedelta | None = None
    timezone: str = "UTC"
    timeout_s: float = 3600
    lease_s: float = 0
    misfire: Misfire = Misfire.RUN_ONCE
    late_s: float = 300
    when: When = field(init=False)

    def __post_init__(self) -> None:
        where = f"Job {self.name!r}"
        if not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", self.name):
            raise DeclarationError(where, "a job's name is room.verb", "Write e.g. 'schema.drift'.")
        if len(self.purpose) < 15 or not self.purpose.endswith("."):
            raise DeclarationError(
                where, "the purpose is not a sentence", "Say what it is for, and end with a full stop."
            )
        if bool(self.cron) == (self.every is not None):
            raise DeclarationError(where, "it needs either cron or every", "Give exactly one of them.")
        if self.timeout_s <= 0 or self.lease_s < 0 or self.late_s < 0:
            raise DeclarationError(where, "a duration is negative", "Durations are seconds above zero.")
        when: When = Every(self.every) if self.every is not None else Cron(self.cron, self.timezone)
        object.__setattr__(self, "when", when)


class Registry:
    """All jobs that a process knows. A worker runs only these; others in the database wait for a worker that does."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def register(self, job: Job) -> Job:
        """Add a job; the same name twice is a DeclarationError."""
        if job.name in self._jobs:
            raise DeclarationError(f"Job {job.name!r}", "it is registered twice", "Give one of them another name.")
        self._jobs[job.name] = job
        return job

    def get(self, name: str) -> Job:
        """The job of that name; `jobs.job.unknown` names the nearest ones."""
        if name not in self._jobs:
            raise DaraaError(JOB_UNKNOWN, f"There is no job {name!r}.", hint=did_you_mean(name, self._jobs))
        return self._jobs[name]

    def __iter__(self) -> Iterator[Job]:
        return iter(sorted(self._jobs.values(), key=lambda job: job.name))

    def __contains__(self, name: str) -> bool:
        return name in self._jobs
