"""The worker process: looks for due jobs and outbox events, runs them, and stops without losing any."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping

from daraa.jobs.errors import LEASE_LOST
from daraa.jobs.heartbeat import beat_until_lost
from daraa.jobs.history import History
from daraa.jobs.lease import Held, acquire
from daraa.jobs.market_duties import MARKET_JOBS
from daraa.jobs.outbox_watch import OUTBOX_STUCK
from daraa.jobs.registry import Registry
from daraa.jobs.relay import LEASE_NAME, Relay
from daraa.jobs.running import Runner
from daraa.jobs.schedules import Claim, Schedules
from daraa.jobs.subscriptions import Subscriptions
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.market.assembly import Market
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now

_LOG = logging.getLogger(__name__)


def worker_name() -> str:
    """Host, process and a random part: no two workers share it, and a person finds the process."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}:{secrets.token_hex(3)}"


def register_product_jobs(registry: Registry) -> None:
    """The jobs of the product itself; the operator's duties are in `jobs.schedule`."""
    registry.register(OUTBOX_STUCK)
    for job in MARKET_JOBS:
        registry.register(job)


UNHEARD: Mapping[str, str] = {}
"""Events that are published although nobody consumes them (yet), each with the reason."""


def product_subscriptions(market: Market) -> Subscriptions:
    """Who consumes the product's events: what the capabilities ask for."""
    subscriptions = Subscriptions()
    subscriptions.add(market.consumers)
    for event_type, because in UNHEARD.items():
        subscriptions.ignore(event_type, because)
    return subscriptions


class Worker:
    """One worker. Any number may run beside each other; the database decides who does what."""

    def __init__(
        self,
        mongo: Mongo,
        settings: Settings,
        registry: Registry,
        subscriptions: Subscriptions,
        *,
        name: str = "",
    ) -> None:
        self.name = name or worker_name()
        self._mongo, self._settings, self._registry, self._subscriptions = mongo, settings, registry, subscriptions
        self._schedules = Schedules(mongo, registry, worker=self.name, lease_s=settings.jobs.lease_s)
        self._runner = Runner(mongo, settings, self._schedules, History(mongo))
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then start nothing, let running jobs end within `jobs.drain_s`, cancel the rest."""
        _LOG.info("worker %s starts with %d jobs", self.name, len(list(self._registry)))
        await asyncio.gather(
            self._repeat(self._schedule(), stop),
            self._repeat(self._relay_while_leader(stop), stop),
        )
        await self._drain()
        _LOG.info("worker %s has stopped", self.name)

    async def _repeat(self, step: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
        """Call `step` every `poll_s`; its failures are logged and never end the worker."""
        while not stop.is_set():
            try:
                await step()
            except DaraaError as error:
                _LOG.warning("will try again: %s", error)
            except Exception:
                _LOG.exception("will try again after an unforeseen error")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._settings.jobs.poll_s)

    def _schedule(self) -> Callable[[], Awaitable[None]]:
        enrolled = False

        async def step() -> None:
            nonlocal enrolled
            if not enrolled:
                await self._schedules.enrol()
                enrolled = True
            await self._start_due()

        return step

    async def _start_due(self) -> None:
        now = await server_now(self._mongo)
        for row in await self._schedules.due(now):
            if len(self._running) >= self._settings.jobs.at_once:
                return
            if row.id not in self._running and (claim := await self._schedules.claim(row, now)):
                self._running[row.id] = asyncio.create_task(self._run_job(claim), name=row.id)

    async def _run_job(self, claim: Claim) -> None:
        try:
            await self._runner.run(claim)
        except DaraaError as error:
            # The lease runs out by itself, and the due time is run again.
            _LOG.error("job %s could not be recorded: %s", claim.job.name, error)
        except Exception:
            _LOG.exception("job %s could not be recorded", claim.job.name)
        finally:
            self._running.pop(claim.job.name, None)

    def _relay_while_leader(self, stop: asyncio.Event) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            lease = await acquire(self._mongo, LEASE_NAME, worker=self.name, seconds=self._settings.jobs.lease_s)
            if lease is not None:
                await self._relay(lease, stop)

        return step

    async def _relay(self, lease: Held, stop: asyncio.Event) -> None:
        """Relay until the lease is lost or the worker stops."""
        beat = asyncio.create_task(beat_until_lost(lease.renew, lease.seconds))
        relay = Relay(
            self._mongo,
            self._subscriptions,
            self._settings.jobs,
            fence=lease.fence,
            is_lost=lambda: beat.done() or stop.is_set(),
        )
        try:
            while not stop.is_set() and not beat.done():
                moved = await relay.drain()
                if moved.delivered or moved.put_off or moved.parked:
                    _LOG.info(
                        "outbox: %d delivered, %d put off, %d parked", moved.delivered, moved.put_off, moved.parked
                    )
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._settings.jobs.poll_s)
        except DaraaError as error:
            if error.code != LEASE_LOST:
                raise
            _LOG.warning("this relay stops: %s", error)
        finally:
            beat.cancel()
            with contextlib.suppress(DaraaError):
                await lease.release()

    async def _drain(self) -> None:
        tasks = set(self._running.values())
        if not tasks:
            return
        _LOG.info("waiting %g s for %s", self._settings.jobs.drain_s, ", ".join(sorted(self._running)))
        _, late = await asyncio.wait(tasks, timeout=self._settings.jobs.drain_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
