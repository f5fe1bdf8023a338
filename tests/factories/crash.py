"""A town whose processes die: sends requests from a process that is killed, lets its time run out, and recovers."""

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx
import pytest

from daraa.collections.carts import CARTS
from daraa.collections.idempotency_keys import IDEMPOTENCY_KEYS
from daraa.collections.inventories import INVENTORIES
from daraa.collections.leases import LEASES
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.proofs import PROOFS
from daraa.declare.proof import Proof
from daraa.kernel.checks import CheckState
from daraa.kernel.settings import Settings
from daraa.market.carts.service import Carts
from daraa.stores.mongo.proofs import prove
from daraa.stores.mongo.server_time import LONG_AGO
from factories.market import Town, open_town
from servers.mongo import MongoServer
from servers.nursery import Nursery, nursery
from servers.redis import RedisServer

KILLED = -9
Crash = tuple[int, str]
REQUIRED = frozenset(
    {
        "journals.balance", "journals.wallet_lines", "wallets.balance", "wallets.lines_chain", "stock.on_hand",
        "stock.movements", "orders.total", "order_groups.allocations", "payments.parts", "refunds.captured",
        "stock.allocated", "stock.open_lines", "orders.payment", "orders.allocation", "orders.commission_once",
        "journals.closings", "journals.escrow", "journals.custody", "couriers.cash_held", "refunds.journal",
    }
)  # fmt: skip
"""What market.md §2 wants proved all the time. Written down here again, so that no proof can be left out in silence."""


@dataclass
class Doomed:
    """Mortal processes: with which settings they run, their nursery, and a folder for what they write."""

    settings: Settings
    nursery: Nursery
    folder: Path
    died: int = field(default=0, init=False)
    _number: int = field(default=0, init=False)

    def _job(
        self, do: str, requests: Sequence[dict[str, Any]], crash: Crash | None = None, mark: str = ""
    ) -> dict[str, Any]:
        self._number += 1
        return {
            "settings": self.settings.model_dump(mode="json"),
            "do": do,
            "requests": list(requests),
            "crash": crash,
            "mark": mark,
            "log": str(self.folder / "log.txt"),
            "result": str(self.folder / f"result-{self._number}.json"),
            "started": str(self.folder / f"started-{self._number}"),
        }

    async def doomed(
        self, do: str, *requests: dict[str, Any], crash: Crash | None = None, mark: str = ""
    ) -> list[dict[str, Any]] | None:
        """Run a job in a process of its own; its answers, or None when it was killed at the crash point or mark."""
        job = self._job(do, requests, crash, mark)
        ended = await anyio.to_thread.run_sync(self.nursery.run, job)
        return self._outcome(job, ended)

    async def killed_at_random(self, dice: random.Random, longest_s: float, *requests: dict[str, Any]) -> bool:
        """Let a process trade and kill it at a random moment; False when it was done before."""
        job = self._job("trade", requests)

        def live_and_die() -> int:
            pid = self.nursery.start(job)
            while not Path(job["started"]).exists():
                time.sleep(0.005)
            time.sleep(dice.uniform(0, longest_s))
            with contextlib.suppress(ProcessLookupError):  # it was done before
                os.kill(pid, signal.SIGKILL)
            return self.nursery.end()

        return self._outcome(job, await anyio.to_thread.run_sync(live_and_die)) is None

    def _outcome(self, job: dict[str, Any], ended: int) -> list[dict[str, Any]] | None:
        if ended == KILLED:
            self.died += 1
            return None
        assert ended == 0, (self.folder / "log.txt").read_text()[-4000:]
        found: list[dict[str, Any]] = json.loads(Path(job["result"]).read_text())
        return found


@dataclass
class DoomedTown(Doomed):
    """The town in which they die."""

    town: Town
    proofs: Sequence[Proof] = PROOFS

    async def send(self, wanted: dict[str, Any]) -> httpx.Response:
        """The same request to a process that lives, once more where it is told that this may help.

        A last command of the dead one may be carried out after `let_time_pass`, and hold a key or a row until it ends.
        """
        answer = await self._send(wanted)
        if answer.status_code == 409 and answer.json()["retryable"]:
            await self.let_time_pass()
            answer = await self._send(wanted)
        return answer

    async def _send(self, wanted: dict[str, Any]) -> httpx.Response:
        return await self.town.client.request(
            wanted["method"], wanted["path"], json=wanted.get("body"), headers=wanted["headers"]
        )

    async def let_time_pass(self) -> None:
        """What half an hour does to what a dead process held: transactions, deadlines, leases and holds are over."""
        mongo = self.town.mongo
        await mongo.client.admin.command("killAllSessions", [])
        await mongo.collection(CARTS).update_many({"state": "placing"}, {"$set": {"attempt.deadline": LONG_AGO}})
        await mongo.collection(IDEMPOTENCY_KEYS).update_many(
            {"state": "in_progress"}, {"$set": {"leaseUntil": LONG_AGO}}
        )
        await mongo.collection(LEASES).update_many({}, {"$set": {"until": LONG_AGO}})
        await mongo.collection(INVENTORIES).update_many(
            {"holds.0": {"$exists": True}}, {"$set": {"holds.$[].expiresAt": LONG_AGO}}
        )
        await mongo.collection(OUTBOX_EVENTS).update_many({"state": "pending"}, {"$set": {"dueAt": LONG_AGO}})

    async def sweep(self) -> None:
        """The worker's sweeper of checkouts, once."""
        await self.town.market.get(Carts).sweep_placements()

    async def recover(self) -> None:
        """Everything that waits is delivered; nothing is parked."""
        await self.town.relay()
        left = await self.town.count(OUTBOX_EVENTS, state={"$ne": "delivered"})
        assert left == 0, f"{left} events were not delivered"

    async def prove(self) -> None:
        """Every proof was run, and every one holds."""
        checks = await prove(self.town.mongo, self.proofs)
        assert {check.name.removeprefix("proof.") for check in checks} >= REQUIRED, "a proof was switched off"
        broken = [check for check in checks if check.state is not CheckState.OK]
        assert not broken, str(broken)


@contextlib.contextmanager
def mortals() -> Iterator[Nursery]:
    """A nursery of the market's processes, in an environment without settings of Daraa."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    with nursery("servers.doomed", environment) as children:
        yield children


@contextlib.asynccontextmanager
async def open_doomed_town(
    mongo_server: MongoServer, redis_server: RedisServer, folders: pytest.TempPathFactory
) -> AsyncIterator[DoomedTown]:
    """A town of its own with a nursery."""
    with mortals() as children:
        async with open_town(mongo_server, redis_server, folders.mktemp("home")) as town:
            yield DoomedTown(town.settings, children, folders.mktemp("doomed"), town)
