"""`daraa jobs`: what runs when, what it did, running it now, and the worker itself."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.table import Table as Grid

from daraa.cli.opened import opened
from daraa.collections.job_runs import JobRun, RunState
from daraa.collections.job_schedules import JobSchedule
from daraa.collections.outbox_events import OutboxEvent
from daraa.jobs.history import History
from daraa.jobs.outbox_watch import events_of, parked_events, retry_parked
from daraa.jobs.registry import Registry
from daraa.jobs.running import Runner
from daraa.jobs.schedule import register_operator_jobs
from daraa.jobs.schedules import Schedules
from daraa.jobs.worker import Worker, product_subscriptions, register_product_jobs, worker_name
from daraa.kernel.logs import configure_logging
from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.slow_commands import logged_slow_commands
from daraa.market.assembly import opened_market
from daraa.stores.mongo import Mongo

app = typer.Typer(no_args_is_help=True, add_completion=False)
T = TypeVar("T")
AS_JSON = typer.Option(False, "--json", help="One JSON array instead of a table.")
LIMIT = typer.Option(20, "--limit", min=1, max=1000, help="How many rows at most.")


@app.command("list")
def list_jobs(as_json: bool = AS_JSON) -> None:
    """Every job with its schedule, what it is for, when it runs next and how it ended last."""

    async def read(settings: Settings, mongo: Mongo) -> dict[str, JobSchedule]:
        return await _schedules(settings, mongo).rows()

    rows = _with_mongo(read)
    listed = [
        {
            "name": job.name,
            "schedule": job.when.text,
            "timezone": job.when.timezone,
            "purpose": job.purpose,
            "next_run_at": _shown(row.next_run_at if row else None),
            "last_state": row.last_state.value if row and row.last_state else None,
            "last_finished_at": _shown(row.last_finished_at if row else None),
            "failures_in_a_row": row.failures_in_a_row if row else 0,
            "running_at": row.lease_owner if row else None,
        }
        for job in _registry(load_settings())
        for row in [rows.get(job.name)]
    ]
    _print(listed, ("name", "schedule", "purpose", "next_run_at", "last_state"), as_json=as_json)


@app.command()
def history(
    name: str | None = typer.Argument(None, help="One job; without it, all."),
    limit: int = LIMIT,
    as_json: bool = AS_JSON,
) -> None:
    """What ran, newest first: due time, state, attempts, duration, database commands, result or error."""
    known = _registry(load_settings())
    jobs = [known.get(name)] if name else list(known)

    async def read(settings: Settings, mongo: Mongo) -> list[JobRun]:
        return [run for job in jobs for run in await History(mongo).latest(job.name, limit)]

    runs = sorted(_with_mongo(read), key=lambda run: run.started_at, reverse=True)[:limit]
    listed = [run.model_dump(mode="json", exclude={"ver", "schema_v", "created_at", "updated_at"}) for run in runs]
    for row in listed:
        said = [*(f"{name}={count}" for name, count in row["counts"].items()), row["result"]]
        row["what"] = row["error"] or ", ".join(filter(None, said))
    shown = ("job", "due_at", "state", "attempts", "missed", "duration_ms", "commands", "worker", "what")
    _print(listed, shown, as_json=as_json)


@app.command()
def run(name: str = typer.Argument(help="The job.")) -> None:
    """Run a job now, under the same lease as its schedule; exit 1 when it failed or is running already."""
    _registry(load_settings()).get(name)
    outcome = _with_mongo(lambda settings, mongo: _run_now(settings, mongo, name))
    if outcome is None:
        typer.echo("Another worker has taken it over.", err=True)
        raise typer.Exit(1)
    for key, value in outcome.counts.items():
        typer.echo(f"{key}: {value}")
    if outcome.result:
        typer.echo(outcome.result)
    if outcome.state is not RunState.DONE:
        typer.echo(f"{outcome.state}: {outcome.error}", err=True)
        raise typer.Exit(1)


async def _run_now(settings: Settings, mongo: Mongo, name: str) -> Any:
    schedules = _schedules(settings, mongo)
    await schedules.enrol()
    claim = await schedules.claim_by_hand(name)
    return await Runner(mongo, settings, schedules, History(mongo)).run(claim)


@app.command()
def parked(limit: int = LIMIT, as_json: bool = AS_JSON) -> None:
    """The outbox events that were given up, each with the reason."""
    _print_events(_with_mongo(lambda settings, mongo: parked_events(mongo, limit)), as_json=as_json)


@app.command()
def events(
    aggregate_id: str = typer.Argument(help="E.g. an order's id."), limit: int = LIMIT, as_json: bool = AS_JSON
) -> None:
    """What was told of one aggregate in the last week, newest first, and whether it was delivered."""
    _print_events(_with_mongo(lambda settings, mongo: events_of(mongo, aggregate_id, limit)), as_json=as_json)


def _print_events(found: list[OutboxEvent], *, as_json: bool) -> None:
    # Payloads tell about people; they stay in the database.
    listed = [event.model_dump(mode="json", exclude={"payload"}) for event in found]
    shown = ("id", "type", "aggregate_id", "sequence", "occurred_at", "state", "attempts", "last_error")
    _print(listed, shown, as_json=as_json)


@app.command()
def retry(event_id: str = typer.Argument(help="A parked event, from `daraa jobs parked`.")) -> None:
    """Let the relay try a parked event again, once its reason is mended."""
    _with_mongo(lambda settings, mongo: retry_parked(mongo, event_id))
    typer.echo(f"{event_id} waits for the relay.")


@app.command()
def work() -> None:
    """Run the worker until SIGTERM or Ctrl-C: due jobs and the outbox. Logs JSON to standard output."""
    settings = load_settings()
    configure_logging("daraa-worker", settings.log.level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(settings, "app") as mongo, opened_market(mongo, settings) as market:
        with logged_slow_commands(settings.log.slow_command_s):
            await Worker(mongo, settings, _registry(settings), product_subscriptions(market)).run(stop)


def _registry(settings: Settings) -> Registry:
    registry = Registry()
    register_product_jobs(registry)
    register_operator_jobs(registry, settings)
    return registry


def _schedules(settings: Settings, mongo: Mongo) -> Schedules:
    return Schedules(mongo, _registry(settings), worker=worker_name(), lease_s=settings.jobs.lease_s)


def _with_mongo(work: Callable[[Settings, Mongo], Awaitable[T]]) -> T:
    async def inside() -> T:
        settings = load_settings()
        async with opened(settings, "app") as mongo:
            return await work(settings, mongo)

    return asyncio.run(inside())


def _shown(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _print(rows: list[dict[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    grid = Grid(*columns, box=None, pad_edge=False)
    for row in rows:
        grid.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(markup=False, soft_wrap=False).print(grid)
