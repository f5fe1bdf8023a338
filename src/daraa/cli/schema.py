"""`daraa schema`: what is declared, what the live database has, and what brings them together."""

import asyncio
import json
from collections.abc import Iterable
from enum import StrEnum

import typer

from daraa.cli.check_output import Format, write_checks
from daraa.collections import ALL
from daraa.kernel.checks import Check
from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.schema import show as showing
from daraa.ops.schema.apply import Applied, apply_schema, refuse_unknown_drops
from daraa.ops.schema.check import check_schema, needs_attention
from daraa.ops.schema.observe import observe
from daraa.ops.schema.plan import pending, plan_schema
from daraa.ops.schema.session import as_migrator
from daraa.ops.schema.steps import Kind, Step
from daraa.ops.schema.wanted import wanted

app = typer.Typer(no_args_is_help=True, add_completion=False)
JSON = typer.Option(False, "--json", help="One JSON object instead of lines.")
PENDING = 2


class ValidatorMode(StrEnum):
    """What a validator does with a document that does not fit."""

    ERROR = "error"
    WARN = "warn"


@app.command()
def plan(as_json: bool = JSON) -> None:
    """Compare the declarations with the live database. Exit 0: nothing to do, 2: changes pending, 1: error."""
    steps = asyncio.run(_plan(load_settings()))
    _show_steps(steps, as_json=as_json)
    raise typer.Exit(PENDING if pending(steps) else 0)


async def _plan(settings: Settings, drop: Iterable[str] = ()) -> tuple[Step, ...]:
    async with as_migrator(settings) as mongo:
        live = await observe(mongo)
    asked = wanted(drop=drop)
    refuse_unknown_drops(asked, live)
    text = live.recorded.text if live.recorded.server == live.server else None
    return plan_schema(asked, live, text)


@app.command()
def apply(
    as_json: bool = JSON,
    drop: list[str] = typer.Option([], "--drop", metavar="COLLECTION.INDEX", help="Also remove this undeclared index."),
    validators: ValidatorMode = typer.Option(ValidatorMode.ERROR, help="`warn` lets misfits in and logs them."),
) -> None:
    """Bring the live database to what is declared. Exit 0: done, 2: something is left for a person, 1: error.

    Safe to kill at any moment and to run again. Undeclared indexes and collections are named and left alone.
    """
    applied = asyncio.run(_apply(load_settings(), drop, only_warn=validators is ValidatorMode.WARN, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(_applied_as_dict(applied), ensure_ascii=False))
    else:
        _show_applied(applied)
    raise typer.Exit(0 if applied.complete else PENDING)


async def _apply(settings: Settings, drop: list[str], *, only_warn: bool, quiet: bool) -> Applied:
    def say(line: str) -> None:
        typer.echo(line, err=quiet)

    async with as_migrator(settings) as mongo:
        return await apply_schema(mongo, wanted(drop=drop), say, SYSTEM_CLOCK, only_warn=only_warn)


@app.command()
def check(
    form: Format = typer.Option(Format.TEXT, "--format", help="How to write the result."), as_json: bool = JSON
) -> None:
    """Prove the live shape: indexes on every member, validators in force, every document fits. Exit as in plan."""

    async def run(settings: Settings) -> list[Check]:
        async with as_migrator(settings) as mongo:
            return await check_schema(mongo, wanted(), await observe(mongo))

    checks = asyncio.run(run(load_settings()))
    write_checks(checks, Format.JSON if as_json else form, "schema")
    raise typer.Exit(PENDING if needs_attention(checks) else 0)


@app.command()
def show(
    collection: str = typer.Argument("", help="A collection by its Python or database name; all of them if left out."),
    as_json: bool = JSON,
) -> None:
    """Show what is declared: fields, indexes with the query each serves, retention, access."""
    chosen = [showing.find_collection(ALL, collection)] if collection else list(ALL)
    if as_json:
        described = [showing.describe(each) for each in chosen]
        typer.echo(json.dumps(described[0] if collection else described, ensure_ascii=False, indent=1))
    elif collection:
        typer.echo(showing.as_text(chosen[0]))
    else:
        for each in chosen:
            typer.echo(f"{each.db_name} ({each.database.name.lower()}): {each.purpose}")


def _show_steps(steps: tuple[Step, ...], *, as_json: bool) -> None:
    if as_json:
        body = {"pending": len(pending(steps)), "steps": [step.as_dict() for step in steps]}
        typer.echo(json.dumps(body, ensure_ascii=False))
        return
    for step in steps:
        typer.echo(f"{step.kind:<16} {step.name}: {step.why}")
    left = len(pending(steps))
    typer.echo(f"{left} changes pending." if left else "Nothing to do: the database is as declared.")


def _show_applied(applied: Applied) -> None:
    for step in applied.left:
        typer.echo(f"{step.kind:<16} {step.name}: {step.why}")
    for misfits in applied.misfits:
        typer.echo(f"left for a person: {misfits}")
    reports = sum(step.kind is Kind.REPORT and step.pending for step in applied.left)
    left = f"; {reports} undeclared, left alone" if reports else ""
    done = f"{len(applied.done)} steps done" if applied.done else "Nothing to do: the database is as declared"
    typer.echo(f"{done}{left}.")


def _applied_as_dict(applied: Applied) -> dict[str, object]:
    return {
        "done": [step.as_dict() for step in applied.done],
        "left": [step.as_dict() for step in applied.left],
        "misfits": [
            {"collection": each.collection, "count": each.count, "example": each.example} for each in applied.misfits
        ],
        "capabilities": applied.capabilities.as_dict(),
        "complete": applied.complete,
    }
