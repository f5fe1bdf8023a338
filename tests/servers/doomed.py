"""What the processes do that the crash matrix kills: one request to the API, one pass of a job, or some trade.

A job is JSON: `settings`, `do` (a key of `DUTIES`), `requests`, `crash` as [number, "before" | "after"] or null, `mark`
as the name of a crash point or "", `log`, and `result`, the file into which the answers go of a process that lived.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from daraa.api.app import make_app
from daraa.jobs.lease import acquire
from daraa.jobs.relay import LEASE_NAME, Relay
from daraa.jobs.worker import product_subscriptions
from daraa.kernel.crashpoints import arm
from daraa.kernel.settings import Settings
from daraa.market.assembly import opened_market
from daraa.market.audit.service import Audit
from daraa.market.carts.service import Carts
from daraa.market.http import Gate
from daraa.market.payments.opening import open_payments
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.listener import arm_crash
from factories.gate import BelievingGate

LEASE_S = 30.0
_APPS: dict[str, FastAPI] = {}


async def main(job: dict[str, Any]) -> None:
    """Do the job in this process, or die in it."""
    settings = Settings.model_validate(job["settings"])
    await DUTIES[job["do"]](job, settings)


def prepare(job: dict[str, Any]) -> None:
    """Before the fork: the application with all its routes worked out, which costs more than what a child does."""
    if job["do"] in ("request", "trade"):
        _app_of(job)


def _app_of(job: dict[str, Any]) -> FastAPI:
    key = json.dumps(job["settings"])
    if key not in _APPS:
        _APPS[key] = make_app(Settings.model_validate(job["settings"]))
        _APPS[key].openapi()
    return _APPS[key]


async def _request(job: dict[str, Any], settings: Settings) -> None:
    app = _app_of(job)
    async with app.router.lifespan_context(app):
        app.state.services = {**app.state.services, Gate: BelievingGate()}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            (wanted,) = job["requests"]
            # Connections are made and what is kept in memory is read before the first command counts.
            if who := wanted["headers"].get("authorization"):
                await client.get("/v1/cart", headers={"authorization": who})
            await client.get("/v1/delivery-zones")
            _arm(job)
            _write(job, [await _send(client, wanted)])


async def _relay_once(job: dict[str, Any], settings: Settings) -> None:
    mongo = open_mongo(settings, "app")
    async with opened_market(mongo, settings) as market:
        await mongo.ping()
        _arm(job)
        await _relay(mongo, market, settings)
    await mongo.close()
    _write(job, [])


async def _sweep(job: dict[str, Any], settings: Settings) -> None:
    """The sweeper of checkouts."""
    mongo = open_mongo(settings, "app")
    async with opened_market(mongo, settings) as market:
        await mongo.ping()
        _arm(job)
        await market.get(Carts).sweep_placements()
    await mongo.close()
    _write(job, [])


async def _refund(job: dict[str, Any], settings: Settings) -> None:
    """The sweeper of refunds, which asks the provider of cards."""
    mongo = open_mongo(settings, "app")
    await mongo.ping()
    _arm(job)
    await open_payments(mongo, settings, Audit(mongo)).refunds.sweep_refunds()
    await mongo.close()
    _write(job, [])


async def _relay(mongo: Mongo, market: Any, settings: Settings) -> None:
    lease = await acquire(mongo, LEASE_NAME, worker="doomed", seconds=LEASE_S)
    if lease is None:
        return
    await Relay(mongo, product_subscriptions(market), settings.jobs, fence=lease.fence).drain()
    await lease.release()


async def _trade(job: dict[str, Any], settings: Settings) -> None:
    """All requests at once while the relay runs beside them: what a killed machine was in the middle of."""
    app, mongo = _app_of(job), open_mongo(settings, "app")
    async with app.router.lifespan_context(app), opened_market(mongo, settings) as market:
        app.state.services = {**app.state.services, Gate: BelievingGate()}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            await client.get("/v1/delivery-zones")
            Path(job["started"]).touch()
            sending = [asyncio.create_task(_send(client, wanted)) for wanted in job["requests"]]
            while not all(task.done() for task in sending):
                await _relay(mongo, market, settings)
                await asyncio.sleep(0.01)
            await _relay(mongo, market, settings)
            _write(job, [task.result() for task in sending])
    await mongo.close()


async def _send(client: httpx.AsyncClient, wanted: dict[str, Any]) -> dict[str, Any]:
    answer = await client.request(
        wanted["method"],
        wanted["path"],
        json=wanted.get("body"),
        content=wanted.get("content"),
        headers=wanted["headers"],
        timeout=60,
    )
    return {"status": answer.status_code, "body": answer.json()}


def _arm(job: dict[str, Any]) -> None:
    arm(job["mark"])
    if job["crash"] is not None:
        number, when = job["crash"]
        arm_crash(number, when)


def _write(job: dict[str, Any], answers: list[dict[str, Any]]) -> None:
    Path(job["result"]).write_text(json.dumps(answers))


DUTIES = {"request": _request, "relay": _relay_once, "sweep": _sweep, "refund": _refund, "trade": _trade}
