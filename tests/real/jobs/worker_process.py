"""A worker in a process of its own, with jobs that leave a line in a file for every time they run."""

import asyncio
import json
import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pymongo

from daraa.jobs.registry import Job, JobContext, Registry
from daraa.jobs.subscriptions import Subscriptions
from daraa.jobs.worker import Worker
from daraa.kernel.logs import configure_logging
from daraa.kernel.settings import JobsSettings, MongoSettings, Settings
from daraa.kernel.time import SystemClock
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.outbox import Event

CONFIG: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
FOLDER = Path(CONFIG["folder"])


def leave_line(name: str, line: str) -> None:
    """One write to a file opened for appending is never mixed with another process's."""
    handle = os.open(FOLDER / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


async def quick(context: JobContext) -> str:
    leave_line("runs.txt", f"{context.job} {context.due_at.isoformat()} {os.getpid()} {context.attempt}")
    return "ok"


async def slow(context: JobContext) -> str:
    await quick(context)
    await asyncio.sleep(60)
    return "slept"


JOBS = {
    "probe.quick": Job(
        name="probe.quick", purpose="Leaves a line every second.", run=quick, every=timedelta(seconds=1)
    ),
    "probe.twin": Job(
        name="probe.twin", purpose="Leaves a line every second too.", run=quick, every=timedelta(seconds=1)
    ),
    "probe.slow": Job(
        name="probe.slow", purpose="Leaves a line and sleeps long.", run=slow, every=timedelta(seconds=1)
    ),
}


def set_clock_wrong(by: timedelta) -> None:
    """As on a machine whose clock is wrong."""
    right = SystemClock.now

    def wrong(self: SystemClock) -> datetime:
        return right(self) + by

    SystemClock.now = wrong  # type: ignore[method-assign]


async def main() -> None:
    set_clock_wrong(timedelta(seconds=CONFIG.get("clock_off_s", 0)))
    client: Any = pymongo.AsyncMongoClient(CONFIG["uri"], tz_aware=True)
    where = MongoSettings(database=CONFIG["database"], read_timeout_s=20, write_timeout_s=20)
    mongo = Mongo(client, where, Capabilities())
    registry, subscriptions, stop = Registry(), Subscriptions(), asyncio.Event()
    for name in CONFIG["jobs"]:
        registry.register(JOBS[name])

    async def take(event: Event, session: Any) -> None:
        await mongo.database()["effects"].insert_one({"event": event.id, "by": os.getpid()}, session=session)

    subscriptions.subscribe("order.placed", "probe.effect", take)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    jobs = JobsSettings(poll_s=0.1, lease_s=CONFIG.get("lease_s", 1.5), drain_s=CONFIG.get("drain_s", 5))
    await Worker(mongo, Settings(home=FOLDER, mongo=where, jobs=jobs), registry, subscriptions).run(stop)
    await mongo.close()


configure_logging("worker-under-test", "debug")
asyncio.run(main())
