"""Runs one claimed job from its first row in the history to its last, whatever happens in between."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass

from daraa.collections.job_runs import JobRun, RunState
from daraa.jobs.errors import JOB_TOO_LONG, LEASE_LOST
from daraa.jobs.heartbeat import beat_until_lost
from daraa.jobs.history import History, Outcome, failed, succeeded
from daraa.jobs.registry import JobContext, JobResult, Misfire
from daraa.jobs.schedules import Claim, Schedules
from daraa.jobs.when import count_missed
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.logs import log_context
from daraa.kernel.settings import Settings
from daraa.kernel.signals import CommandCount, count_commands
from daraa.stores.mongo import Mongo

_LOG = logging.getLogger(__name__)
CANCEL_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Runner:
    """Everything a run needs."""

    mongo: Mongo
    settings: Settings
    schedules: Schedules
    history: History

    async def run(self, claim: Claim) -> Outcome | None:
        """Run it and record it; None when there was nothing to run or another worker has taken it over.

        When this task is cancelled (the worker stops), the due time is left to another worker.
        """
        with log_context(job=claim.job.name, due_at=claim.due_at.isoformat(), fence=claim.fence.number):
            if claim.took_over:
                await self.history.close_abandoned(claim)
            missed = 0 if claim.by_hand else count_missed(claim.job.when, claim.due_at, claim.at)
            run = await self.history.begin(claim, missed)
            if run is None:
                _LOG.warning("this due time was run to its end already; only the schedule moves on")
                await self.schedules.finish(claim, RunState.DONE, claim.at)
                return None
            return await self._run(claim, run)

    async def _run(self, claim: Claim, run: JobRun) -> Outcome | None:
        started = time.monotonic()
        count = CommandCount()
        try:
            outcome = self._too_late(claim) or await self._attempt(claim, run, count)
        except asyncio.CancelledError:
            await self._leave(claim, run, time.monotonic() - started, count.total)
            raise
        except DaraaError as error:
            if error.code != LEASE_LOST:
                raise
            _LOG.warning("the run was cancelled: %s", error)
            return None
        seconds = time.monotonic() - started
        finished_at = await self.history.end(run, outcome, seconds=seconds, commands=count.total)
        mark("jobs.run.recorded")
        if finished_at is None or not await self.schedules.finish(claim, outcome.state, finished_at):
            _LOG.warning("another worker has taken the job: this run ended too late to count")
            return None
        level = logging.ERROR if outcome.state is RunState.FAILED else logging.INFO
        facts: dict[str, object] = {
            "attempt": run.attempts,
            "missed": run.missed,
            "seconds": round(seconds, 3),
            **outcome.counts,
        }
        _LOG.log(
            level, "job %s %s %s", run.job, outcome.state, outcome.error or outcome.result or "", extra=_own(facts)
        )
        return outcome

    def _too_late(self, claim: Claim) -> Outcome | None:
        late_s = (claim.at - claim.due_at).total_seconds()
        if claim.by_hand or claim.job.misfire is not Misfire.SKIP or late_s <= claim.job.late_s:
            return None
        return Outcome(RunState.SKIPPED, error=f"due {late_s:.0f} s ago, and it may be {claim.job.late_s:g} s late")

    async def _attempt(self, claim: Claim, run: JobRun, count: CommandCount) -> Outcome:
        """The job itself, beside its heartbeat and within its time."""
        context = JobContext(
            job=run.job,
            due_at=run.due_at,
            attempt=run.attempts,
            missed=run.missed,
            by_hand=run.by_hand,
            fence=claim.fence,
            mongo=self.mongo,
            settings=self.settings,
        )
        # Made outside the count, so that renewals are not the job's commands.
        beat = asyncio.create_task(beat_until_lost(lambda: self.schedules.renew(claim), claim.lease_s))
        work = asyncio.create_task(_counted(claim.job.run(context), count))
        try:
            await asyncio.wait({work, beat}, timeout=claim.job.timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return _outcome_of(work)
            if beat.done():
                raise DaraaError(LEASE_LOST, f"{run.job} lost its lease.", hint="Another worker runs this due time.")
            return failed(
                DaraaError(JOB_TOO_LONG, f"It ran longer than {claim.job.timeout_s:g} s.", hint="Raise timeout_s?")
            )
        finally:
            # The heartbeat goes on until the work has really stopped: it may take its time to be cancelled.
            await _cancel(work)
            await _cancel(beat)

    async def _leave(self, claim: Claim, run: JobRun, seconds: float, commands: int) -> None:
        outcome = Outcome(RunState.ABANDONED, error="the worker was stopped before it ended; another one runs it again")
        with contextlib.suppress(DaraaError):
            await self.history.end(run, outcome, seconds=seconds, commands=commands)
            await self.schedules.give_back(claim)


async def _counted(work: Awaitable[JobResult], count: CommandCount) -> JobResult:
    with count_commands() as mine:
        try:
            return await work
        finally:
            count.total = mine.total


def _outcome_of(work: asyncio.Task[JobResult]) -> Outcome:
    if work.cancelled():
        return failed(RuntimeError("the job cancelled itself"))
    if (error := work.exception()) is not None:
        _LOG.error("the job failed", exc_info=error)
        return failed(error)
    return succeeded(work.result())


async def _cancel(task: asyncio.Task[object]) -> None:
    if task.done():
        return
    task.cancel()
    await asyncio.wait({task}, timeout=CANCEL_WITHIN_S)
    if not task.done():
        _LOG.error("a job does not react to being cancelled")


def _own(facts: dict[str, object]) -> dict[str, object]:
    """As labels: a record's own attributes (`name`, `args`) may not be overwritten, so each gets a prefix."""
    return {f"run_{key}": value for key, value in facts.items()}
