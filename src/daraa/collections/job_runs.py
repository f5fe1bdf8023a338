"""Job runs: what each due run did; the unique due time makes a second run of it impossible."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Count
from daraa.declare import Access, AtMost, Collection, Document, Expire, Moment, NotCached, Unique, desc


class RunState(StrEnum):
    """Abandoned runs lost their worker before they ended; skipped ones were due too long ago to be of use."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"
    SKIPPED = "skipped"


class JobRun(Document):
    """`counts` are what the job itself reports, e.g. how many rows it removed.

    `attempts` counts the workers that began it, `missed` the later due times that this run stands for,
    `commands` what it sent to the database. `result` and `error` are redacted.
    """

    job: Annotated[str, StringConstraints(max_length=100)]
    due_at: Moment
    by_hand: bool = False
    state: RunState = RunState.RUNNING
    worker: Annotated[str, StringConstraints(max_length=200)]
    fence: Count
    attempts: Annotated[int, Field(ge=1)] = 1
    missed: Count = 0
    commands: Count | None = None
    started_at: Moment
    finished_at: Moment | None = None
    duration_ms: Count | None = None
    counts: Annotated[dict[str, int], AtMost(20)] = Field(default_factory=dict)
    result: Annotated[str | None, StringConstraints(max_length=2000)] = None
    error: Annotated[str | None, StringConstraints(max_length=2000)] = None


JOB_RUNS = Collection(
    JobRun,
    name="job_runs",
    purpose="One run of one job for one due time: who ran it, how long, with what result.",
    prefix="run",
    indexes=(Unique("job", desc("due_at"), serves="the runs of a job, newest first"),),
    retention=Expire(by="created_at", after=timedelta(days=90)),
    cache=NotCached(because="it decides whether a run still has to happen"),
    access=Access(app="find insert update"),
)
