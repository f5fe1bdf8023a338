"""The history of runs: one row per job and due time, which the database lets nobody write twice."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.job_runs import JOB_RUNS, JobRun, RunState
from daraa.declare import Query, desc, eq
from daraa.declare.document import stamp
from daraa.jobs.registry import JobResult
from daraa.jobs.schedules import Claim
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.redaction import redact_text, redact_value
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE

RUNS_OF_JOB = Query(
    JOB_RUNS, "of_job", serves="the runs of a job, newest first", where=(eq("job"),), sort=(desc("due_at"),)
)
RUN_OF_DUE_TIME = Query(
    JOB_RUNS, "of_due_time", serves="the runs of a job, newest first", where=(eq("job"), eq("due_at"))
)
LONGEST = 2000
MOST_COUNTS = 20
_OPEN = (RunState.RUNNING, RunState.ABANDONED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, ready to be stored: bounded and redacted."""

    state: RunState
    counts: dict[str, int] = field(default_factory=dict)
    result: str | None = None
    error: str | None = None


def succeeded(returned: JobResult) -> Outcome:
    """The outcome of a job that returned."""
    if isinstance(returned, str):
        return Outcome(RunState.DONE, result=bounded(returned) or None)
    counts = {
        key.replace(".", "_").lstrip("$"): value
        for key, value in list(returned.items())[:MOST_COUNTS]
        if isinstance(value, int) and not isinstance(value, bool)
    }
    rest = {key: value for key, value in redact_value(returned).items() if key not in counts}
    text = ", ".join(f"{key}: {value}" for key, value in rest.items())
    return Outcome(RunState.DONE, counts=counts, result=bounded(text) or None)


def failed(error: BaseException) -> Outcome:
    """The outcome of a job that raised."""
    name = error.code if isinstance(error, DaraaError) else type(error).__name__
    return Outcome(RunState.FAILED, error=bounded(f"{name}: {error}"))


def bounded(text: str) -> str:
    """Redacted, and short enough for the field."""
    text = redact_text(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class History:
    """Writes and reads runs."""

    def __init__(self, mongo: Mongo) -> None:
        self._table: Table[JobRun] = Table(JOB_RUNS, mongo)

    async def begin(self, claim: Claim, missed: int) -> JobRun | None:
        """The row of this run, or None when this due time was run to its end before (its worker died just after).

        A row that a dead worker left open is taken over: one more attempt, with our token.
        """
        run = JobRun(
            id=new_id("run"),
            job=claim.job.name,
            due_at=claim.due_at,
            by_hand=claim.by_hand,
            worker=claim.owner,
            fence=claim.fence.number,
            missed=missed,
            started_at=claim.at,
            **stamp(claim.at),
        )
        try:
            await self._table.insert(run)
            return run
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
        return await self._take_over(run, claim)

    async def _take_over(self, run: JobRun, claim: Claim) -> JobRun | None:
        old = await self._table.find_one(RUN_OF_DUE_TIME, job=run.job, due_at=run.due_at)
        if old is None or old.state not in _OPEN:
            return None
        words = {"worker": run.worker, "fence": run.fence, "started_at": run.started_at, "missed": run.missed}
        mine = await self._table.update_one(
            {"id": old.id, "state": {"$in": _OPEN}, **claim.fence.guard()},
            {
                "$set": {**words, "state": RunState.RUNNING},
                "$inc": {"attempts": 1, "ver": 1},
                "$currentDate": {"updated_at": True},
            },
        )
        return old.model_copy(update={**words, "attempts": old.attempts + 1}) if mine else None

    async def end(self, run: JobRun, outcome: Outcome, *, seconds: float, commands: int) -> datetime | None:
        """Record how the run ended and return when (server's clock); None when its token is out of date."""
        finished_at = run.started_at + timedelta(milliseconds=round(seconds * 1000))
        words: dict[str, Any] = {
            "state": outcome.state,
            "finished_at": finished_at,
            "duration_ms": round(seconds * 1000),
            "counts": outcome.counts,
            "commands": commands,
        }
        words |= {name: text for name in ("result", "error") if (text := getattr(outcome, name)) is not None}
        mine = await self._table.update_one(
            {"id": run.id, "fence": run.fence, "state": RunState.RUNNING},
            {"$set": words, "$inc": {"ver": 1}, "$currentDate": {"updated_at": True}},
        )
        return finished_at if mine else None

    async def close_abandoned(self, claim: Claim) -> None:
        """Mark what the dead holder before left open for other due times than the one that goes on now."""
        for run in await self._table.find(RUNS_OF_JOB, limit=20, job=claim.job.name):
            if run.state is RunState.RUNNING and run.fence < claim.fence.number and run.due_at != claim.due_at:
                await self._table.update_one(
                    {"id": run.id, "state": RunState.RUNNING, "fence": run.fence},
                    {
                        "$set": {"state": RunState.ABANDONED, "error": "its worker died"},
                        "$inc": {"ver": 1},
                        "$currentDate": {"updated_at": True},
                    },
                )

    async def latest(self, job: str, limit: int) -> list[JobRun]:
        """The last runs of a job, newest first."""
        return await self._table.find(RUNS_OF_JOB, limit=limit, job=job)
