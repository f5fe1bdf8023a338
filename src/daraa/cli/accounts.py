"""`daraa accounts`: the database accounts, their roles and their secret files."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from daraa.cli.check_output import Format, write_checks
from daraa.collections import ALL
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.settings import Settings, load_settings
from daraa.ops.accounts.apply import apply_accounts
from daraa.ops.accounts.check import check_accounts
from daraa.ops.accounts.observe import observe_accounts, wanted_accounts
from daraa.ops.accounts.plan import plan_accounts
from daraa.ops.accounts.steps import Step
from daraa.stores.mongo.client import Mongo, open_mongo

app = typer.Typer(no_args_is_help=True, add_completion=False)
JSON = typer.Option(False, "--json", help="One JSON object instead of lines.")
PENDING = 2


@asynccontextmanager
async def _as_admin(settings: Settings) -> AsyncIterator[Mongo]:
    lean = settings.mongo.model_copy(update={"pool_min": 0})
    mongo = open_mongo(settings.model_copy(update={"mongo": lean}), "admin")
    try:
        await mongo.log_in()
        yield mongo
    finally:
        await mongo.close()


@app.command()
def plan(as_json: bool = JSON) -> None:
    """Compare the derived accounts with the server's. Exit 0: nothing to do, 2: changes pending, 1: error."""

    async def run(settings: Settings) -> tuple[Step, ...]:
        async with _as_admin(settings) as admin:
            wanted = wanted_accounts(settings)
            return plan_accounts(wanted, await observe_accounts(admin, settings, wanted))

    steps = asyncio.run(run(load_settings()))
    if as_json:
        typer.echo(json.dumps({"pending": len(steps), "steps": [step.as_dict() for step in steps]}))
    else:
        for step in steps:
            typer.echo(f"{step.kind:<16} {step.name}: {step.why}")
        typer.echo(f"{len(steps)} changes pending." if steps else "Nothing to do: the accounts are as declared.")
    raise typer.Exit(PENDING if steps else 0)


@app.command()
def apply(as_json: bool = JSON) -> None:
    """Create and mend secret files, roles and accounts. Safe to kill at any moment and to run again."""

    async def run(settings: Settings) -> tuple[Step, ...]:
        async with _as_admin(settings) as admin:
            say = lambda line: typer.echo(line, err=as_json)  # noqa: E731
            return await apply_accounts(admin, settings, wanted_accounts(settings), say)

    done = asyncio.run(run(load_settings()))
    if as_json:
        typer.echo(json.dumps({"done": [step.as_dict() for step in done]}))
    else:
        typer.echo(f"{len(done)} steps done." if done else "Nothing to do: the accounts are as declared.")


@app.command()
def check(
    form: Format = typer.Option(Format.TEXT, "--format", help="How to write the result."), as_json: bool = JSON
) -> None:
    """Log in as every account and try every right, granted and refused. Exit 0: as declared, 2: not, 1: error."""

    async def run(settings: Settings) -> list[Check]:
        async with _as_admin(settings) as admin:
            return await check_accounts(admin, settings, wanted_accounts(settings), ALL)

    checks = asyncio.run(run(load_settings()))
    write_checks(checks, Format.JSON if as_json else form, "accounts")
    raise typer.Exit(PENDING if any(each.state is CheckState.FAIL for each in checks) else 0)
