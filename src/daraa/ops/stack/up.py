"""`daraa up`: the whole platform on one machine, from nothing to a tour that shows it working."""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from daraa.collections.products import PRODUCTS
from daraa.declare.access import ADMIN
from daraa.kernel.settings import RedisSettings, Settings, describe
from daraa.ops.stack.folder import StateFolder
from daraa.ops.stack.steps import daraa_argv, require_step, run_step
from daraa.ops.stack.supervisor import Say, Supervisor, first_of
from daraa.ops.stack.tour import ASKED, STORED, take_tour
from daraa.stores.mongo import Table, open_mongo
from daraa.stores.process import (
    Child,
    EmbeddedDatabase,
    EmbeddedRedis,
    RedisRole,
    bind_listener,
    find_database,
    find_redis,
    kind_in,
    require_free_port,
)
from daraa.stores.process.http_probe import http_answers
from daraa.stores.process.secret_files import ensure_secret

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the platform: its settings with the addresses of what it started, and where it speaks to."""

    settings: Settings
    folder: StateFolder
    parts: Supervisor
    say: Say

    @property
    def logs(self) -> Path:
        """Where every part writes."""
        return self.settings.home / "logs"

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of our own processes: settings, never a secret."""
        ours = {item.env: str(item.value) for item in describe(self.settings) if item.value != item.default}
        theirs = {name: text for name, text in os.environ.items() if not name.startswith("DARAA_")}
        kept = {name: text for name, text in os.environ.items() if name in ("DARAA_SECRETS_DIR", "DARAA_TOOLS")}
        return theirs | kept | ours | {"DARAA_HOME": str(self.settings.home)}


async def up(settings: Settings, say: Say, stop: asyncio.Event, *, once: bool) -> None:
    """Start everything, take the tour, say what runs where; then watch until `stop` is set (or, with `once`, end).

    Everything that was started is stopped before this returns or raises DaraaError.
    """
    began = time.monotonic()
    with (
        StateFolder(settings.home) as folder,
        bind_listener(settings.api.host, settings.api.port, name="The API", setting="DARAA_API_PORT") as listener,
    ):
        parts = Supervisor(settings.home, say)
        if folder.was_half_made:
            say(f"{settings.home} is half made: an earlier first start was interrupted. It is continued now.")
        try:
            await first_of(stop, _run(settings, folder, parts, say, listener, began, once=once))
        finally:
            say("Stopping.")
            await parts.stop()


async def _run(
    settings: Settings,
    folder: StateFolder,
    parts: Supervisor,
    say: Say,
    listener: socket.socket,
    began: float,
    *,
    once: bool,
) -> None:
    settings = await _start_stores(settings, parts, say)
    run = Run(settings, folder, parts, say)
    await _prepare_data(run)
    await _start_programs(run, listener)
    block = await _show(run, began, once=once)
    folder.mark_complete()
    say(block)
    if not once:
        await parts.watch()


async def _start_stores(settings: Settings, parts: Supervisor, say: Say) -> Settings:
    """Start the database and Redis unless configured; returns the settings with their addresses."""
    secrets = settings.secrets_dir
    ensure_secret(secrets / "cursor_key")
    say("Starting the stores.")
    redis = settings.redis
    if not redis.cache_url and not redis.sentinels:
        redis = await _start_redis(settings, parts)
    mongo = settings.mongo
    if not mongo.url:
        port = settings.embedded.mongo_port
        require_free_port(HOST, port, "The database", "DARAA_EMBEDDED_MONGO_PORT")
        database = EmbeddedDatabase(
            find_database(kind_in(settings.home / "mongo")), settings.home / "mongo", port, settings.home / "logs" / "database.log",
            cache_mb=settings.embedded.mongo_cache_mb,
        )  # fmt: skip
        password = ensure_secret(secrets / f"mongo_{ADMIN}")
        await database.prepare(password)
        await parts.start(database.child(), f"{database.choice.kind.value} on {HOST}:{port}")
        await database.secure(password)
        mongo = mongo.model_copy(update={"url": f"mongodb://{HOST}:{port}/?directConnection=true"})
    return settings.model_copy(update={"mongo": mongo, "redis": redis})


async def _start_redis(settings: Settings, parts: Supervisor) -> RedisSettings:
    password = ensure_secret(settings.secrets_dir / f"redis_{settings.redis.username}")
    program = find_redis()
    ports = {
        RedisRole.CACHE: ("DARAA_EMBEDDED_REDIS_CACHE_PORT", settings.embedded.redis_cache_port),
        RedisRole.STATE: ("DARAA_EMBEDDED_REDIS_STATE_PORT", settings.embedded.redis_state_port),
    }
    for role, (variable, port) in ports.items():
        require_free_port(HOST, port, f"Redis ({role})", variable)
        folder, log = settings.home / "redis" / role, settings.home / "logs" / f"redis-{role}.log"
        server = EmbeddedRedis(program, role, folder, port, log)
        await parts.start(server.child(password), f"{program} on {HOST}:{port}")
    urls = {f"{role}_url": f"redis://{HOST}:{port}/0" for role, (_, port) in ports.items()}
    return settings.redis.model_copy(update=urls)


async def _prepare_data(run: Run) -> None:
    """Accounts, then the schema, then demo data once; each step continues where an interrupted one stopped."""
    step = partial(require_step, logs=run.logs, env=run.env, say=run.say)
    if (run.settings.secrets_dir / f"mongo_{ADMIN}").exists():
        run.say("Database accounts.")
        await step(("accounts", "apply"))
    run.say("Schema.")
    await step(("schema", "apply"))
    if run.settings.embedded.demo_products and not run.folder.complete:
        run.say("Demo data.")
        await step(("demo", "load", "--products", str(run.settings.embedded.demo_products)))


async def _start_programs(run: Run, listener: socket.socket) -> None:
    run.say("Starting the API and the worker.")
    listener.set_inheritable(True)
    address = f"{run.settings.api.host}:{run.settings.api.port}"
    for number in range(1, run.settings.api.workers + 1):
        child = Child(
            f"api {number}",
            daraa_argv("api", "serve", "--fd", str(listener.fileno())),
            log_path=run.logs / f"api-{number}.log",
            env=run.env,
            pass_fds=(listener.fileno(),),
            ready=partial(http_answers, f"http://{address}/health/ready"),
            stop_within_s=run.settings.api.drain_s + 2,
        )
        await run.parts.start(child, f"http://{address}")
    worker = Child("worker", daraa_argv("jobs", "work"), log_path=run.logs / "worker.log", env=run.env)
    await run.parts.start(worker, "scheduled jobs and outbox")


async def _show(run: Run, began: float, *, once: bool) -> str:
    """Take the tour and put what it saw into one block."""
    base = f"http://{run.settings.api.host}:{run.settings.api.port}"
    products = await _count_products(run.settings)
    if products:
        await take_tour(base)
    quiet: Say = lambda line: None  # noqa: E731 - the result is the exit status
    clean = await run_step(("schema", "plan"), run.logs, run.env, quiet)
    seconds = time.monotonic() - began
    home = run.settings.home
    shown = f"{home.name}/" if home.parent == Path.cwd() else str(home)
    ends = "stopping now" if once else "Ctrl-C stops"
    found = f'search "{ASKED}" finds "{STORED}" ✓' if products else "no demo data"
    schema = "schema clean ✓" if clean == 0 else "schema has open changes, see `daraa schema plan`"
    return (
        f"ready in {seconds:.0f} s · API {base}/docs · {products:,} products · "
        f"{found} · {schema} · data in {shown} · {ends}"
    )


async def _count_products(settings: Settings) -> int:
    mongo = open_mongo(settings, "app")
    try:
        return await Table(PRODUCTS, mongo).estimated_size()
    finally:
        await mongo.close()
