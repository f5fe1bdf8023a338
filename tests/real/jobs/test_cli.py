"""`daraa jobs` as a person and as a supervisor use it."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from daraa.collections.job_runs import JOB_RUNS
from daraa.collections.job_schedules import JOB_SCHEDULES
from daraa.declare.access import user_name
from daraa.jobs.registry import Registry
from daraa.jobs.schedules import Schedules
from daraa.jobs.when import Cron
from daraa.jobs.worker import register_product_jobs
from daraa.kernel.ids import new_id
from daraa.kernel.settings import OWN_KEYS
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.server_time import server_now
from factories.installation import write_secret
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]


@pytest.fixture
async def environment(mongo: Mongo, mongo_server: MongoServer, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The variables of a process that may use this database as the application's account."""
    user, password = user_name("app", mongo.settings.database), secrets.token_urlsafe(18)
    rights = [{"role": "readWriteAnyDatabase", "db": "admin"}]
    await mongo.client.admin.command("createUser", user, pwd=password, roles=rights)
    write_secret(tmp_path, f"mongo_{user}", password)
    for name in (*OWN_KEYS, "redis_daraa"):
        write_secret(tmp_path, name, secrets.token_hex(32))
    yield {
        **{name: value for name, value in os.environ.items() if not name.startswith("DARAA_")},
        "DARAA_HOME": str(tmp_path),
        "DARAA_MONGO_URL": f"mongodb://{mongo_server.host}:{mongo_server.port}/?directConnection=true",
        "DARAA_MONGO_DATABASE": mongo.settings.database,
        "DARAA_JOBS_POLL_S": "0.05",
        "COLUMNS": "300",
    }
    await mongo.client.admin.command("dropUser", user)


async def daraa(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "daraa.cli", "jobs", *words]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


async def test_a_job_is_run_by_hand_and_then_stands_in_the_list_and_the_history(
    environment: dict[str, str], mongo: Mongo
) -> None:
    ran = await daraa(environment, "run", "outbox.stuck")
    assert (ran.returncode, ran.stdout) == (0, "parked: 0\nlate: 0\n"), ran.stderr
    listed = await daraa(environment, "list", "--json")
    row = next(row for row in json.loads(listed.stdout) if row["name"] == "outbox.stuck")
    assert (row["schedule"], row["last_state"]) == ("*/5 * * * *", "done")
    enrolled = await mongo.collection(JOB_SCHEDULES).find_one({"_id": "outbox.stuck"})
    assert enrolled is not None
    # A run by hand leaves the schedule alone: next is what came after the enrolment.
    next_run = Cron("*/5 * * * *").after(enrolled["createdAt"])
    assert datetime.fromisoformat(row["next_run_at"]) == next_run
    history = await daraa(environment, "history", "outbox.stuck")
    assert history.returncode == 0
    assert "parked=0, late=0" in history.stdout


async def test_an_unknown_job_is_refused_with_the_nearest_name(environment: dict[str, str]) -> None:
    refused = await daraa(environment, "run", "outbox.stock")
    assert refused.returncode == 1
    assert "outbox.stuck" in refused.stderr


async def test_a_job_that_runs_elsewhere_is_not_run_a_second_time(environment: dict[str, str], mongo: Mongo) -> None:
    registry = Registry()
    register_product_jobs(registry)
    await Schedules(mongo, registry, worker="here", lease_s=30).enrol()
    held = {"leaseOwner": "another:1", "leaseUntil": await server_now(mongo) + timedelta(minutes=1)}
    await mongo.collection(JOB_SCHEDULES).update_one({"_id": "outbox.stuck"}, {"$set": held})
    refused = await daraa(environment, "run", "outbox.stuck")
    assert refused.returncode == 1
    assert "another:1" in refused.stderr
    assert await mongo.collection(JOB_RUNS).count_documents({}) == 0


async def test_the_events_of_an_order_are_listed_without_their_payload(
    environment: dict[str, str], mongo: Mongo
) -> None:
    order = new_id("ord")
    async with mongo.transaction() as session:
        for n in (1, 2):
            await append_events(
                mongo,
                session,
                [
                    News(
                        type="order.placed",
                        aggregate="orders",
                        aggregate_id=order,
                        sequence=n,
                        payload={"name": "Ahmad"},
                    )
                ],
            )
    listed = await daraa(environment, "events", order, "--json")
    assert [(row["sequence"], row["state"]) for row in json.loads(listed.stdout)] == [(2, "pending"), (1, "pending")]
    assert "Ahmad" not in listed.stdout


async def test_the_worker_runs_until_it_is_told_to_stop_and_logs_json(
    environment: dict[str, str], mongo: Mongo, tmp_path: Path, eventually: Any
) -> None:
    async with mongo.transaction() as session:
        await append_events(
            mongo,
            session,
            [
                News(
                    type="probe.unheard",
                    aggregate="orders",
                    aggregate_id=new_id("ord"),
                    sequence=1,
                    payload={"phone": "+963933123456"},
                )
            ],
        )
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "daraa.cli", "jobs", "work"]
        worker = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    async def enrolled_and_relayed() -> bool:
        return b"outbox: " in log.read_bytes() and await mongo.collection(JOB_SCHEDULES).count_documents({}) >= 2

    try:
        await eventually(enrolled_and_relayed)
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.wait, 10) == 0
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["service.name"] for line in lines} == {"daraa-worker"}
    assert "starts with" in lines[0]["message"]
    assert "has stopped" in lines[-1]["message"]
    assert any("No consumer takes events of type 'probe.unheard'" in line["message"] for line in lines)
