"""Exactly one run per due time, over any number of workers, whatever happens to them."""

import asyncio
import signal
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from daraa.collections.job_runs import JOB_RUNS, JobRun, RunState
from daraa.collections.job_schedules import JOB_SCHEDULES, JobSchedule
from daraa.jobs.errors import JOB_BUSY
from daraa.jobs.history import History, Outcome
from daraa.jobs.registry import Job, JobContext, JobResult, Misfire, Registry
from daraa.jobs.running import Runner
from daraa.jobs.schedules import JOB_BY_NAME, Claim, Schedules
from daraa.jobs.subscriptions import Subscriptions
from daraa.jobs.worker import Worker
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.server_time import server_now

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
Start = Callable[..., "subprocess.Popen[bytes]"]
Eventually = Callable[..., Awaitable[Any]]


def job(run: Callable[[JobContext], Awaitable[JobResult]], **words: Any) -> Job:
    return Job(name="probe.test", purpose="Does what a test needs.", run=run, **{"every": timedelta(hours=1), **words})


class Bench:
    """One worker's view of one job, taken apart so that a test can stop between the steps."""

    def __init__(self, mongo: Mongo, settings: Settings, tested: Job, worker: str = "here") -> None:
        registry = Registry()
        registry.register(tested)
        self.name, self.mongo = tested.name, mongo
        self.table: Table[JobSchedule] = Table(JOB_SCHEDULES, mongo)
        self.history = History(mongo)
        self.schedules = Schedules(mongo, registry, worker=worker, lease_s=settings.jobs.lease_s)
        self.runner = Runner(mongo, settings, self.schedules, self.history)

    async def make_due(self, ago: timedelta = timedelta(seconds=1)) -> datetime:
        await self.schedules.enrol()
        due = await server_now(self.mongo) - ago
        assert await self.table.update_one({"id": self.name}, {"$set": {"next_run_at": due}})
        return due

    async def claim(self) -> Claim | None:
        now = await server_now(self.mongo)
        due = await self.schedules.due(now)
        return await self.schedules.claim(due[0], now) if due else None

    async def run_due(self) -> Outcome | None:
        claim = await self.claim()
        assert claim is not None
        return await self.runner.run(claim)

    async def row(self) -> JobSchedule:
        row = await self.table.find_one(JOB_BY_NAME, name=self.name)
        assert row is not None
        return row

    async def runs(self) -> list[JobRun]:
        return await self.history.latest(self.name, 50)


async def says_ok(context: JobContext) -> str:
    return "ok"


def lines(folder: Path) -> list[list[str]]:
    path = folder / "runs.txt"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


async def runs_of(mongo: Mongo, name: str) -> list[dict[str, Any]]:
    return await mongo.collection(JOB_RUNS).find({"job": name}).sort("dueAt").to_list()


async def test_three_workers_with_wrong_clocks_run_each_due_time_exactly_once(
    mongo: Mongo, start_worker: Start, tmp_path: Path, eventually: Eventually
) -> None:
    hour = timedelta(hours=1).total_seconds()
    # Nobody dies here, so a lease may last long: a busy machine must not look like a dead worker.
    words = {"lease_s": 15}
    workers = [start_worker("probe.quick", "probe.twin", clock_off_s=off, **words) for off in (-hour, 0, hour)]

    async def seen() -> bool:
        started = all("starts with" in log.read_text() for log in tmp_path.glob("worker*.log"))
        ran = Counter(line[0] for line in lines(tmp_path))
        return started and min(ran["probe.quick"], ran["probe.twin"]) >= 3

    await eventually(seen, within_s=30)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(10) for worker in workers] == [0, 0, 0]
    ran = Counter((name, due) for name, due, *_ in lines(tmp_path))
    assert set(ran.values()) == {1}, "a due time ran more than once"
    now = await server_now(mongo)
    for name in ("probe.quick", "probe.twin"):
        rows = await runs_of(mongo, name)
        # By its own clock, one of the workers would have run everything an hour early and another an hour late.
        assert all(timedelta(0) <= now - row["startedAt"] < timedelta(minutes=1) for row in rows)
        assert all(row["dueAt"] <= row["startedAt"] for row in rows)
        assert {row["state"] for row in rows} == {"done"}
        assert {row["attempts"] for row in rows} == {1}
        assert len(rows) == sum(1 for ran_name, _ in ran if ran_name == name)
        stood_for = [row["dueAt"] + timedelta(seconds=n) for row in rows for n in range(row["missed"] + 1)]
        first = rows[0]["dueAt"]
        assert stood_for == [first + timedelta(seconds=n) for n in range(len(stood_for))], (
            "a due time is unaccounted for"
        )
        fences = [row["fence"] for row in rows]
        assert fences == sorted(set(fences))


async def test_of_many_workers_that_saw_the_same_due_row_one_gets_it(mongo: Mongo, settings: Settings) -> None:
    benches = [Bench(mongo, settings, job(says_ok), f"w{number}") for number in range(8)]
    await benches[0].make_due()
    now = await server_now(mongo)
    (row,) = await benches[0].schedules.due(now)
    claims = await asyncio.gather(*(bench.schedules.claim(row, now) for bench in benches))
    (won,) = [claim for claim in claims if claim is not None]
    assert (await benches[0].row()).lease_owner == won.owner


async def test_the_run_of_a_killed_worker_is_run_again_by_another(
    mongo: Mongo, settings: Settings, start_worker: Start, tmp_path: Path, eventually: Eventually
) -> None:
    victim = start_worker("probe.slow")

    async def began() -> list[list[str]]:
        return lines(tmp_path)

    await eventually(began)
    victim.kill()
    victim.wait()
    dead = (await runs_of(mongo, "probe.slow"))[0]
    assert dead["state"] == "running"

    attempts: list[tuple[datetime, int]] = []

    async def note(context: JobContext) -> str:
        attempts.append((context.due_at, context.attempt))
        return "ok"

    registry, stop = Registry(), asyncio.Event()
    registry.register(Job(name="probe.slow", purpose="Does it at once instead.", run=note, every=timedelta(seconds=1)))
    work = asyncio.create_task(Worker(mongo, settings, registry, Subscriptions()).run(stop))

    async def ended() -> bool:
        return (await runs_of(mongo, "probe.slow"))[0]["state"] == "done"

    await eventually(ended)
    stop.set()
    await work
    again = (await runs_of(mongo, "probe.slow"))[0]
    assert attempts[0] == (dead["dueAt"], 2)
    assert (again["_id"], again["attempts"]) == (dead["_id"], 2)
    assert again["fence"] > dead["fence"]
    assert again["worker"] != dead["worker"]


async def test_a_worker_killed_after_recording_its_run_leaves_nothing_to_run_again(
    mongo: Mongo, settings: Settings, start_worker: Start, tmp_path: Path
) -> None:
    victim = start_worker("probe.quick", crash_at="jobs.run.recorded")
    assert await asyncio.to_thread(victim.wait, 15) == -signal.SIGKILL
    bench = Bench(
        mongo, settings, Job(name="probe.quick", purpose="Is never called here.", run=says_ok, cron="0 0 * * *")
    )
    left = await bench.row()
    await bench.table.update_one({"id": left.id}, {"$set": {"lease_until": left.next_run_at}})
    assert await bench.run_due() is None
    runs = await bench.runs()
    assert [(run.due_at, run.state, run.attempts) for run in runs] == [(left.next_run_at, RunState.DONE, 1)]
    assert len(lines(tmp_path)) == 1
    moved = await bench.row()
    assert moved.next_run_at > left.next_run_at
    assert moved.lease_owner is None


async def test_a_run_whose_lease_went_to_another_worker_is_cancelled_and_does_not_count(
    mongo: Mongo, settings: Settings
) -> None:
    began, cancelled = asyncio.Event(), asyncio.Event()

    async def hang(context: JobContext) -> str:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "never"

    # So long a lease that no heartbeat comes between taking it away and taking it over.
    first = Bench(mongo, settings, job(hang, lease_s=9), "first")
    await first.make_due()
    running = asyncio.create_task(first.run_due())
    await asyncio.wait_for(began.wait(), 5)
    # As after a long pause of the first worker: its lease has run out and a second one has taken the job.
    await first.table.update_one(
        {"id": first.name}, {"$set": {"lease_until": datetime.fromisoformat("2020-01-01T00:00Z")}}
    )
    second = Bench(mongo, settings, job(says_ok), "second")
    outcome = await second.run_due()
    assert await asyncio.wait_for(running, 10) is None
    assert cancelled.is_set()
    assert outcome == Outcome(RunState.DONE, result="ok")
    assert [(run.state, run.attempts, run.worker) for run in await second.runs()] == [(RunState.DONE, 2, "second")]


async def test_a_claim_that_is_out_of_date_can_neither_renew_nor_finish(mongo: Mongo, settings: Settings) -> None:
    bench = Bench(mongo, settings, job(says_ok, lease_s=0.2))
    await bench.make_due()
    old = await bench.claim()
    assert old is not None
    run = await bench.history.begin(old, 0)
    assert run is not None
    await asyncio.sleep(0.3)
    new = await bench.claim()
    assert new is not None
    assert await bench.history.begin(new, 0)
    assert new.fence.number > old.fence.number
    assert not await bench.schedules.renew(old)
    assert await bench.history.end(run, Outcome(RunState.DONE), seconds=1, commands=0) is None
    assert not await bench.schedules.finish(old, RunState.DONE, old.at)
    assert await bench.schedules.renew(new)


async def test_a_long_run_keeps_its_lease_by_heartbeats(mongo: Mongo, settings: Settings) -> None:
    lease, enough = timedelta(seconds=5), asyncio.Event()

    async def longer_than_its_lease(context: JobContext) -> str:
        await enough.wait()
        return "ok"

    bench = Bench(mongo, settings, job(longer_than_its_lease, lease_s=lease.total_seconds()))
    await bench.make_due()
    claim = await bench.claim()
    assert claim is not None
    running = asyncio.create_task(bench.runner.run(claim))
    while await server_now(mongo) <= claim.at + lease:
        await asyncio.sleep(0.2)
    assert await bench.claim() is None
    enough.set()
    assert await running == Outcome(RunState.DONE, result="ok")


async def test_missed_due_times_collapse_into_one_run_that_says_how_many(mongo: Mongo, settings: Settings) -> None:
    bench, minute = Bench(mongo, settings, job(says_ok, every=timedelta(minutes=1))), timedelta(minutes=1)
    off = await bench.make_due(ago=10 * minute)
    # Due times are whole minutes: one at any second of its minute would have missed ten or eleven, as the second is.
    due = off.replace(second=0, microsecond=0)
    assert await bench.table.update_one({"id": bench.name}, {"$set": {"next_run_at": due}})
    claim = await bench.claim()
    assert claim is not None
    await bench.runner.run(claim)
    (run,) = await bench.runs()
    assert (run.due_at, run.state, run.missed) == (due, RunState.DONE, (claim.at - due) // minute)
    assert run.missed in (10, 11)  # eleven when a minute began between the two readings of the clock
    assert (await bench.row()).next_run_at == due + (run.missed + 1) * minute


async def test_a_job_that_is_useless_late_is_skipped_and_says_so(mongo: Mongo, settings: Settings) -> None:
    async def never(context: JobContext) -> str:
        raise AssertionError("it must not run")

    bench = Bench(mongo, settings, job(never, misfire=Misfire.SKIP, late_s=60))
    await bench.make_due(ago=timedelta(minutes=5))
    await bench.run_due()
    (run,) = await bench.runs()
    assert run.state is RunState.SKIPPED
    assert run.error is not None
    late = run.started_at - run.due_at
    assert timedelta(minutes=5) <= late < timedelta(minutes=6)
    assert f"due {late.total_seconds():.0f} s ago" in run.error


async def test_a_failing_run_is_recorded_redacted_and_the_schedule_moves_on(mongo: Mongo, settings: Settings) -> None:
    async def fail(context: JobContext) -> str:
        raise RuntimeError("cannot send to +963 933 123 456 with password=hunter22")

    bench = Bench(mongo, settings, job(fail))
    due = await bench.make_due()
    await bench.run_due()
    (run,) = await bench.runs()
    assert run.state is RunState.FAILED
    assert run.error == "RuntimeError: cannot send to [redacted] with password=[redacted]"
    row = await bench.row()
    assert (row.failures_in_a_row, row.last_state, row.last_due_at) == (1, RunState.FAILED, due)
    assert row.next_run_at > due


async def test_a_run_beyond_its_time_is_cancelled_and_failed(mongo: Mongo, settings: Settings) -> None:
    async def hang(context: JobContext) -> str:
        await asyncio.sleep(60)
        return "never"

    bench = Bench(mongo, settings, job(hang, timeout_s=0.2))
    await bench.make_due()
    outcome = await bench.run_due()
    assert outcome is not None
    assert outcome.state is RunState.FAILED
    assert "0.2 s" in str(outcome.error)


async def test_a_stopped_worker_hands_its_unfinished_run_to_the_next(
    mongo: Mongo, settings: Settings, start_worker: Start, tmp_path: Path, eventually: Eventually
) -> None:
    stopped = start_worker("probe.slow", drain_s=0.2)

    async def began() -> list[list[str]]:
        return lines(tmp_path)

    await eventually(began)
    stopped.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(stopped.wait, 10) == 0
    (left,) = await runs_of(mongo, "probe.slow")
    assert left["state"] == "abandoned"
    bench = Bench(
        mongo, settings, Job(name="probe.slow", purpose="Does it at once.", run=says_ok, every=timedelta(seconds=1))
    )
    await bench.run_due()
    (run,) = [run for run in await bench.runs() if run.due_at == left["dueAt"]]
    assert (run.state, run.attempts) == (RunState.DONE, 2)


async def test_a_run_by_hand_is_refused_while_the_job_runs_and_leaves_the_schedule_alone(
    mongo: Mongo, settings: Settings
) -> None:
    bench = Bench(mongo, settings, job(says_ok))
    await bench.make_due()
    claim = await bench.claim()
    assert claim is not None
    with pytest.raises(DaraaError) as refused:
        await bench.schedules.claim_by_hand(bench.name)
    assert refused.value.code == JOB_BUSY
    await bench.runner.run(claim)
    before = await bench.row()
    by_hand = await bench.schedules.claim_by_hand(bench.name)
    assert await bench.runner.run(by_hand) == Outcome(RunState.DONE, result="ok")
    assert (await bench.row()).next_run_at == before.next_run_at
    assert [run.by_hand for run in await bench.runs()] == [True, False]


async def test_a_run_by_hand_that_died_is_marked_by_the_next_holder(mongo: Mongo, settings: Settings) -> None:
    bench = Bench(mongo, settings, job(says_ok, lease_s=0.2))
    await bench.make_due()
    by_hand = await bench.schedules.claim_by_hand(bench.name)
    assert await bench.history.begin(by_hand, 0)
    await asyncio.sleep(0.3)
    await bench.run_due()
    states = {run.by_hand: run.state for run in await bench.runs()}
    assert states == {True: RunState.ABANDONED, False: RunState.DONE}


async def test_the_commands_of_a_run_are_counted_without_its_own_bookkeeping(mongo: Mongo, settings: Settings) -> None:
    async def two_reads(context: JobContext) -> dict[str, int]:
        await bench.row()
        await bench.row()
        return {"read": 2}

    bench = Bench(mongo, settings, job(two_reads))
    await bench.make_due()
    await bench.run_due()
    (run,) = await bench.runs()
    assert (run.commands, run.counts) == (2, {"read": 2})


async def test_a_changed_schedule_takes_effect_at_the_next_start(mongo: Mongo, settings: Settings) -> None:
    await Bench(mongo, settings, job(says_ok)).make_due()
    changed = Bench(mongo, settings, job(says_ok, every=None, cron="0 3 * * *"))
    await changed.schedules.enrol()
    row = await changed.row()
    assert row.cron == "0 3 * * *"
    assert (row.next_run_at.hour, row.next_run_at.minute) == (3, 0)
    assert row.next_run_at > await server_now(mongo)
    assert await changed.claim() is None
