"""Checkouts at a rate that does not wait for answers, on a platform as `daraa up` starts it; then the proofs.

Every arrival is another customer with a cart of three lines from two stores, every second one pays by wallet, and 30 %
have one and the same hot product in it. The rate grows by half from step to step until the p95 is above a second or
something is refused; the last load before that is the knee. At the end the hot product is sold out on purpose.
"""

import argparse
import asyncio
import json
import math
import os
import platform as machine
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvloop

from bench.platform import Platform, running_platform
from bench.town import Shopper, Town, seeded_zone
from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import INVENTORIES
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.product_variants import ProductVariant
from daraa.collections.proofs import PROOFS
from daraa.kernel.checks import CheckState
from daraa.kernel.settings import MongoSettings
from daraa.market.accounts.tokens import ACCESS_S, Tokens
from daraa.ops.load.arrivals import LoadPlan
from daraa.ops.load.fire import Shot, fire
from daraa.ops.load.report import Report
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.proofs import prove

RESULTS = Path(__file__).parent / "results"
HOT_SHARE = 0.3
PLENTY = 100_000
TOO_SLOW_MS = 1_000.0
GROWTH = 1.5
PATIENCE_S = 180.0
MOST_SHOPPERS = 20_000
PLACED = "201"
WARM = 40


@dataclass
class Step:
    """One load and what it cost."""

    what: str
    report: Report
    commands: float = math.nan
    pending: int = 0
    lag_s: float = 0.0
    drained_s: float = 0.0
    most_holds: int = 0
    cpu_ms: dict[str, float] = field(default_factory=dict)

    @property
    def placed(self) -> int:
        """How many checkouts were placed."""
        return self.report.outcomes()[PLACED]

    @property
    def is_over(self) -> bool:
        """True when the platform was too slow, or refused somebody."""
        return self.placed < len(self.report.answers) or self.report.percentile_ms(95) > TOO_SLOW_MS


class Bench:
    """The loads on one platform."""

    def __init__(self, platform: Platform, mongo: Mongo, town: Town) -> None:
        self._platform, self._mongo, self._town = platform, mongo, town
        self._totals: dict[str, int] = {}
        self._most_holds = 0

    async def step(self, what: str, plan: LoadPlan, hot: ProductVariant) -> Step:
        """Prepare customers, fire, and wait until the relay has nothing left to deliver."""
        count = len(plan.moments())
        if count > MOST_SHOPPERS or plan.seconds > ACCESS_S / 2:
            raise SystemExit("That is more customers, or more time, than this bench prepares.")
        shoppers = await self._town.shoppers(count, hot, HOT_SHARE)
        limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
        async with httpx.AsyncClient(base_url=self._platform.url, limits=limits, timeout=15) as client:
            await self._learn_totals(client, shoppers)
            logged, before = self._log_sizes(), self._platform.cpu_s()
            watching = asyncio.create_task(self._watch_holds(hot))
            report = await fire(plan, lambda shot: self._check_out(client, shoppers[shot.number], shot))
            after = self._platform.cpu_s()
            watching.cancel()
        step = Step(what, report)
        await asyncio.gather(watching, return_exceptions=True)
        step.most_holds = self._most_holds
        step.pending, step.lag_s = await self._pending()
        step.drained_s = await self._drained()
        step.commands = self._commands_per_placement(logged)
        step.cpu_ms = {part: (after[part] - before[part]) * 1000 / max(step.placed, 1) for part in after}
        return step

    async def _check_out(self, client: httpx.AsyncClient, shopper: Shopper, shot: Shot) -> str:
        body = {
            "address_id": shopper.address_id,
            "payment": {"method": shopper.pays},
            "expected_total": {"amount": self._totals[shopper.pays], "currency": "SYP"},
        }
        headers = {"authorization": f"Bearer {shopper.token}", "idempotency-key": shot.id, "x-request-id": shot.id}
        answer = await client.post("/v1/cart/checkout", json=body, headers=headers)
        if answer.status_code < 400:
            return str(answer.status_code)
        return f"{answer.status_code} {answer.json().get('code', '')}"

    async def _learn_totals(self, client: httpx.AsyncClient, shoppers: list[Shopper]) -> None:
        """All carts cost the same, so one quote for each way of paying tells what every customer agrees to."""
        for shopper in shoppers:
            if shopper.pays not in self._totals:
                wanted = {"address_id": shopper.address_id, "payment_method": shopper.pays}
                headers = {"authorization": f"Bearer {shopper.token}"}
                answer = await client.get("/v1/cart/quote", params=wanted, headers=headers)
                answer.raise_for_status()
                self._totals[shopper.pays] = answer.json()["data"]["totals"]["total"]["amount"]

    async def _watch_holds(self, hot: ProductVariant) -> None:
        self._most_holds = 0
        key = inventory_id(hot.store_id, hot.id)
        while True:
            row = await self._mongo.collection(INVENTORIES).find_one({"_id": key}, {"holds.attemptId": 1})
            self._most_holds = max(self._most_holds, len((row or {}).get("holds", ())))
            await asyncio.sleep(0.25)

    async def _pending(self) -> tuple[int, float]:
        """How many events wait, and for how many seconds the oldest of them does."""
        events = self._mongo.collection(OUTBOX_EVENTS)
        oldest = await events.find({"state": "pending"}).sort("occurredAt", 1).limit(1).to_list()
        if not oldest:
            return 0, 0.0
        waits = datetime.now(UTC) - oldest[0]["occurredAt"]
        return await events.count_documents({"state": "pending"}), waits.total_seconds()

    async def _drained(self) -> float:
        """Seconds until no event waits any more."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while (await self._pending())[0]:
            if clock() - began > PATIENCE_S:
                raise SystemExit(f"The relay has not caught up within {PATIENCE_S:g} s.")
            await asyncio.sleep(0.2)
        return clock() - began

    def _logs(self) -> list[Path]:
        return sorted(self._platform.logs.glob("api-*.log"))

    def _log_sizes(self) -> dict[Path, int]:
        return {log: log.stat().st_size for log in self._logs()}

    def _commands_per_placement(self, since: dict[Path, int]) -> float:
        """The mean over the access log's lines of placed checkouts."""
        counts: list[int] = []
        for log in self._logs():
            with log.open("rb") as file:
                file.seek(since.get(log, 0))
                rows = (json.loads(line) for line in file if b"POST /v1/cart/checkout 201" in line)
                counts += [row["labels"]["db_commands"] for row in rows]
        return sum(counts) / len(counts) if counts else math.nan

    async def offenders(self) -> list[str]:
        """The proofs that do not hold."""
        checks = await prove(self._mongo, PROOFS)
        return [f"{each.name}: {each.evidence}" for each in checks if each.state is not CheckState.OK]

    async def sold(self, hot: ProductVariant) -> dict[str, Any]:
        """The stock row of the hot product."""
        row = await self._mongo.collection(INVENTORIES).find_one({"_id": inventory_id(hot.store_id, hot.id)})
        return {name: (row or {})[name] for name in ("onHand", "available", "held", "allocated")}


async def _run(rate: float, seconds: float, steps: int, processes: int) -> list[str]:
    async with running_platform(processes) as platform:
        settings = platform.settings.model_copy(
            update={"mongo": MongoSettings(read_timeout_s=60, write_timeout_s=60, pool_min=0)}
        )
        mongo = open_mongo(settings, "admin")
        try:
            tokens = Tokens(settings.secret("token_key").get_secret_value().encode())
            town = Town(mongo, tokens, await seeded_zone(mongo))
            await town.open_stores()
            bench = Bench(platform, mongo, town)
            hot = await town.hot(PLENTY)
            await bench.step("warm", LoadPlan(5, WARM / 5, seed=99), hot)
            done = await _until_the_knee(bench, hot, rate, seconds, steps)
            below = [step for step in done if not step.is_over] or done[:1]
            calm = below[-1].report.plan.rate / 2
            pieces = max(1, int(calm * seconds * HOT_SHARE / 2))
            rare = await town.hot(pieces)
            last = await bench.step(f"sells out ({pieces} pieces)", LoadPlan(calm, seconds, seed=7), rare)
            print(_row(last), flush=True)
            return _written([*done, last], below[-1], await bench.sold(rare), await bench.offenders(), processes)
        finally:
            await mongo.close()


async def _until_the_knee(bench: Bench, hot: ProductVariant, rate: float, seconds: float, steps: int) -> list[Step]:
    done: list[Step] = []
    print(*HEAD, sep="\n", flush=True)
    for number in range(steps):
        plan = LoadPlan(rate * GROWTH**number, seconds, seed=number + 1)
        done.append(await bench.step(f"{plan.rate:.3g}/s", plan, hot))
        print(_row(done[-1]), flush=True)
        if done[-1].is_over:
            break
    return done


HEAD = (
    "| load | sent | placed/s | p50 ms | p95 ms | p99 ms | commands each | most holds | events waiting | lag s "
    "| drained s | CPU ms each: database, api, worker | other outcomes |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|",
)


def _row(step: Step) -> str:
    report, cpu = step.report, step.cpu_ms
    times = " | ".join(f"{report.percentile_ms(percent):.0f}" for percent in (50, 95, 99))
    others = Counter({name: count for name, count in report.outcomes().items() if name != PLACED})
    said = ", ".join(f"{count} × {name}" for name, count in others.most_common()) or "none"
    parts = ", ".join(f"{cpu[part]:.1f}" for part in ("database", "api", "worker"))
    return (
        f"| {step.what} | {len(report.answers)} | {report.per_second(PLACED):.1f} | {times} | {step.commands:.1f} "
        f"| {step.most_holds} | {step.pending} | {step.lag_s:.1f} | {step.drained_s:.1f} | {parts} | {said} |"
    )


def _written(steps: list[Step], knee: Step, sold: dict[str, Any], offenders: list[str], processes: int) -> list[str]:
    placed = knee.report.per_second(PLACED)
    return [
        f"## {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "",
        f"{_cores()} cores ({machine.machine()}), Python {machine.python_version()}, {processes} API processes, one "
        "worker, the database, Redis and the load itself on one machine.",
        "",
        *HEAD,
        *map(_row, steps),
        "",
        f"Knee: {placed:.1f} checkouts = {2 * placed:.1f} orders a second. "
        f"Sold out: {', '.join(f'{name} {count}' for name, count in sold.items())}. "
        + (f"{len(PROOFS)} proofs hold." if not offenders else "BROKEN: " + "; ".join(offenders)),
        "",
    ]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bench(given: argparse.Namespace) -> None:
    """Run all and add the table to bench/results/checkout.md; SystemExit when a proof does not hold."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        lines = runner.run(_run(given.rate, given.seconds, given.steps, given.processes))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "checkout.md").open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print("\n".join(lines))
    if any("BROKEN" in line for line in lines):
        raise SystemExit(1)
