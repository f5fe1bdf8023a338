"""`schema apply` is killed with SIGKILL before and after every database command, run again, and ends the same."""

import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from daraa.collections import ALL
from daraa.declare.collection import Database
from daraa.kernel.settings import MongoSettings
from daraa.ops.schema.observe import observe
from daraa.ops.schema.plan import executable, plan_schema
from daraa.ops.schema.steps import BuildIndex, Report, Step
from daraa.stores.mongo import Capabilities, Mongo
from factories.schema_crash import asked, end_state, make_old_database
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
WRITES = ["create", "createIndexes", "collMod", "dropIndexes", "renameCollection", "insert", "update", "drop"]
PROBE_WRITES = 3
"""Two builds and an insert into its scratch collection, at the start of every run until one has come to its end."""


class Applying:
    """The process that forks a child for every apply."""

    def __init__(self, server: MongoServer) -> None:
        here = Path(__file__)
        self._process = subprocess.Popen(
            [sys.executable, str(here.with_name("apply_process.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(here.parents[3])},
        )  # fmt: skip
        url = f"mongodb://{server.host}:{server.port}/?directConnection=true"
        self._say({"url": url, "user": server.admin_user, "password": server.admin_password})

    def _say(self, words: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def run(self, database: str, registry: str, crash: list[Any] | None = None) -> dict[str, Any]:
        """One apply to its end or to its death."""
        self._say({"database": database, "registry": registry, "crash": crash})
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert answer["status"] != "failed", answer.get("said")
        return answer

    def stop(self) -> None:
        """End the process; it has no child between two applies."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


@pytest.fixture(scope="module")
def applying(mongo_server: MongoServer) -> Iterator[Applying]:
    process = Applying(mongo_server)
    yield process
    process.stop()


@pytest.fixture
async def client(mongo_server: MongoServer) -> AsyncIterator[Any]:
    async with pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True) as opened:
        yield opened


async def forget(client: Any, prefix: str) -> None:
    for part in Database:
        await client.drop_database(prefix + part.value)


async def undisturbed(client: Any, applying: Applying) -> tuple[int, dict[str, Any]]:
    """How many commands an apply of the scenario sends, and what it ends with."""
    prefix = f"k{secrets.token_hex(5)}"
    await make_old_database(client, prefix)
    done = applying.run(prefix, "scenario")
    state = await end_state(client, prefix)
    await forget(client, prefix)
    assert {each["state"] for each in state["MAIN.carts"][2]} == {"open"}
    return done["commands"], state


async def killed_and_run_again(client: Any, applying: Applying, crash: list[Any]) -> dict[str, Any] | None:
    """What a run that died at `crash` and a second one leave together; None when the first one did not get there."""
    prefix = f"k{secrets.token_hex(5)}"
    await make_old_database(client, prefix)
    first = applying.run(prefix, "scenario", crash)
    if first["status"] == "killed":
        applying.run(prefix, "scenario")
    state = await end_state(client, prefix) if first["status"] == "killed" else None
    await forget(client, prefix)
    return state


async def test_the_scenario_needs_every_kind_of_step_that_apply_knows(client: Any) -> None:
    prefix = f"k{secrets.token_hex(5)}"
    await make_old_database(client, prefix)
    live = await observe(Mongo(client, MongoSettings(database=prefix, read_timeout_s=30), Capabilities()))
    steps = executable(plan_schema(asked(), live, text=False))
    assert {type(step) for step in steps} == set(Step.__subclasses__()) - {Report}
    assert any(isinstance(step, BuildIndex) and step.drop_first for step in steps)
    await forget(client, prefix)


async def test_a_kill_after_any_change_is_mended_by_the_next_run(client: Any, applying: Applying) -> None:
    """Every command that writes, over a database that needs every kind of step."""
    _, wanted = await undisturbed(client, applying)
    number = 0
    while (state := await killed_and_run_again(client, applying, [number + 1, "after", WRITES])) is not None:
        number += 1
        assert state == wanted, f"killed after change {number}"
    assert number > 20


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_kill_at_any_command_is_mended_by_the_next_run(client: Any, applying: Applying, when: str) -> None:
    """The whole matrix: every command, those that only read among them."""
    commands, wanted = await undisturbed(client, applying)
    for number in range(1, commands + 1):
        state = await killed_and_run_again(client, applying, [number, when])
        assert state == wanted, f"killed {when} command {number} of {commands}"


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_run_that_is_killed_after_each_single_change_still_arrives(client: Any, applying: Applying) -> None:
    """All collections: every run does exactly one change and dies, until a run finds nothing left to change."""
    whole, chained = (f"k{secrets.token_hex(5)}" for _ in range(2))
    applying.run(whole, "all")
    changes = [name for name in WRITES if name != "drop"]
    deaths = 0
    while applying.run(chained, "all", [PROBE_WRITES + 1, "after", changes])["status"] == "killed":
        deaths += 1
        assert deaths < 500
    assert deaths > len(ALL)
    assert await end_state(client, chained) == await end_state(client, whole)
    for prefix in (whole, chained):
        await forget(client, prefix)
