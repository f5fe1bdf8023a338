"""Job schedules: when each job runs next and which worker holds it; one row per job."""

from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.job_runs import RunState
from daraa.collections.parts import Count
from daraa.declare import Access, Collection, Document, Index, Keep, KeyedBy, Moment, NotCached


class JobSchedule(Document):
    """`fence` grows with every change of holder, so that a worker that slept too long can be told apart.

    The lease is free once `lease_until` has passed by the server's clock.
    """

    id: Annotated[str, KeyedBy("the job's name")]
    cron: Annotated[str, StringConstraints(max_length=100)]
    timezone: Annotated[str, StringConstraints(max_length=60)] = "UTC"
    is_enabled: bool = True
    next_run_at: Moment
    last_due_at: Moment | None = None
    last_state: RunState | None = None
    last_finished_at: Moment | None = None
    lease_owner: Annotated[str | None, StringConstraints(max_length=200)] = None
    lease_until: Moment
    fence: Count = 0
    failures_in_a_row: Count = 0


JOB_SCHEDULES = Collection(
    JobSchedule,
    name="job_schedules",
    purpose="One job: its cron line, when it is due next, and the lease of the worker that runs it.",
    prefix="",
    indexes=(Index("is_enabled", "next_run_at", serves="enabled jobs in the order they are due"),),
    retention=Keep(because="without it a due run would be lost or repeated"),
    cache=NotCached(because="it decides which worker runs"),
    access=Access(app="find insert update"),
)
