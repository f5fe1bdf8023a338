"""Who runs what is due: one row per job, taken by compare-and-swap on its token, by the server's clock alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.job_runs import RunState
from daraa.collections.job_schedules import JOB_SCHEDULES, JobSchedule
from daraa.declare import Is, Query, asc, beyond, eq, one_of
from daraa.declare.document import stamp
from daraa.jobs.errors import JOB_BUSY
from daraa.jobs.registry import Fence, Job, Registry
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import LONG_AGO, server_now

DUE_JOBS = Query(
    JOB_SCHEDULES,
    "due",
    serves="enabled jobs in the order they are due",
    where=(Is("is_enabled", True), beyond("next_run_at", "lte", "now")),
    sort=(asc("next_run_at"),),
)
JOBS_BY_NAME = Query(JOB_SCHEDULES, "by_names", serves="by id", where=(one_of("id", "names"),))
JOB_BY_NAME = Query(JOB_SCHEDULES, "by_name", serves="by id", where=(eq("id", "name"),))
MOST_JOBS = 200
_CHANGED: dict[str, Any] = {"$inc": {"ver": 1}, "$currentDate": {"updated_at": True}}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job for one due time. `at` is the server's time of the claim.

    `took_over` says that the holder before did not give it back, so a run of his may stand unfinished.
    """

    job: Job
    due_at: datetime
    at: datetime
    fence: Fence
    owner: str
    lease_s: float
    by_hand: bool
    took_over: bool


class Schedules:
    """The schedule rows as one worker sees them."""

    def __init__(self, mongo: Mongo, registry: Registry, *, worker: str, lease_s: float) -> None:
        self._mongo, self._registry, self._worker, self._lease_s = mongo, registry, worker, lease_s
        self._table: Table[JobSchedule] = Table(JOB_SCHEDULES, mongo)

    async def rows(self) -> dict[str, JobSchedule]:
        """The rows of the registered jobs, by name."""
        names = [job.name for job in self._registry]
        return {row.id: row for row in await self._table.find(JOBS_BY_NAME, limit=MOST_JOBS, names=names)}

    async def enrol(self) -> None:
        """Give every registered job its row, and a changed schedule its new next time. Nothing is due at once."""
        now, known = await server_now(self._mongo), await self.rows()
        for job in self._registry:
            row = known.get(job.name)
            if row is None:
                await self._add(job, now)
            elif (row.cron, row.timezone) != (job.when.text, job.when.timezone):
                words = {"cron": job.when.text, "timezone": job.when.timezone, "next_run_at": job.when.after(now)}
                await self._table.update_one({"id": job.name, "ver": row.ver}, {"$set": words, **_CHANGED})

    async def _add(self, job: Job, now: datetime) -> None:
        row = JobSchedule(
            id=job.name,
            cron=job.when.text,
            timezone=job.when.timezone,
            next_run_at=job.when.after(now),
            lease_until=LONG_AGO,
            **stamp(now),
        )
        try:
            await self._table.insert(row)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise

    async def due(self, now: datetime) -> list[JobSchedule]:
        """The rows that are due at `now` (the server's) and free, of registered jobs, longest due first."""
        due = await self._table.find(DUE_JOBS, limit=MOST_JOBS, now=now)
        return [row for row in due if row.id in self._registry and row.lease_until <= now]

    async def claim(self, row: JobSchedule, now: datetime) -> Claim | None:
        """Take the due run of that row; None when another worker was faster. `now` is the server's."""
        guard = {"is_enabled": True, "next_run_at": row.next_run_at}
        return await self._take(row, now, due_at=row.next_run_at, guard=guard, by_hand=False)

    async def claim_by_hand(self, name: str) -> Claim:
        """Take the job now whatever its schedule says; `jobs.job.busy` while it runs somewhere."""
        self._registry.get(name)
        now = await server_now(self._mongo)
        row = await self._table.find_one(JOB_BY_NAME, name=name)
        assert row is not None, "enrol comes first"
        claim = await self._take(row, now, due_at=now, guard={}, by_hand=True) if row.lease_until <= now else None
        if claim is None:
            raise DaraaError(
                JOB_BUSY,
                f"{name} is running at {row.lease_owner or 'another worker'}.",
                hint="Wait until it is done; `daraa jobs history` shows it.",
            )
        return claim

    async def _take(
        self, row: JobSchedule, now: datetime, *, due_at: datetime, guard: dict[str, Any], by_hand: bool
    ) -> Claim | None:
        job = self._registry.get(row.id)
        lease_s, fence = job.lease_s or self._lease_s, row.fence + 1
        won = await self._table.update_one(
            {"id": row.id, "fence": row.fence, "lease_until": {"$lte": now}, **guard},
            {
                "$set": {
                    "lease_owner": self._worker,
                    "lease_until": now + timedelta(seconds=lease_s),
                    "fence": fence,
                },
                **_CHANGED,
            },
        )
        if not won:
            return None
        took_over = row.lease_owner is not None
        return Claim(job, due_at, now, Fence(fence), self._worker, lease_s, by_hand, took_over)

    async def renew(self, claim: Claim) -> bool:
        """Make the claim last `lease_s` from now; False when another worker has taken the job since."""
        until = await server_now(self._mongo) + timedelta(seconds=claim.lease_s)
        return await self._table.update_one(_held(claim), {"$set": {"lease_until": until}, **_CHANGED})

    async def finish(self, claim: Claim, state: RunState, finished_at: datetime) -> bool:
        """Set the next due time and give the job back; False when another worker has taken it since.

        The next time counts from the claim, so what came due during a long run is still run (once).
        """
        words: dict[str, Any] = {"lease_until": LONG_AGO, "last_state": state, "last_finished_at": finished_at}
        if not claim.by_hand:
            words |= {"last_due_at": claim.due_at, "next_run_at": claim.job.when.after(max(claim.due_at, claim.at))}
        change: dict[str, Any] = {"$set": words, "$unset": {"lease_owner": ""}, **_CHANGED}
        if state is RunState.FAILED:
            change["$inc"] = {"ver": 1, "failures_in_a_row": 1}
        else:
            words["failures_in_a_row"] = 0
        return await self._table.update_one(_held(claim), change)

    async def give_back(self, claim: Claim) -> None:
        """Leave the due time to another worker, at once."""
        await self._table.update_one(
            _held(claim), {"$set": {"lease_until": LONG_AGO}, "$unset": {"lease_owner": ""}, **_CHANGED}
        )


async def make_due(mongo: Mongo, name: str) -> bool:
    """Let that job be due now, once, whatever its schedule says; False when no worker has ever enrolled it."""
    words = {"next_run_at": await server_now(mongo)}
    return await Table(JOB_SCHEDULES, mongo).update_one({"id": name}, {"$set": words, **_CHANGED})


def _held(claim: Claim) -> dict[str, Any]:
    return {"id": claim.job.name, "fence": claim.fence.number}
