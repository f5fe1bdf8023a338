"""`daraa market`: what a running market needs and must always be able to show."""

import asyncio
import json

import typer

from daraa.cli.check_output import Format, write_checks
from daraa.cli.opened import opened
from daraa.collections.proofs import PROOFS
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.settings import Settings, load_settings
from daraa.market.orders.seals_service import Seals
from daraa.market.seed.service import Missing, Seed
from daraa.stores.mongo.proofs import prove as run_proofs

app = typer.Typer(no_args_is_help=True, add_completion=False)
PENDING = 2


@app.command()
def prove(
    form: Format = typer.Option(Format.TEXT, "--format", help="How to write the result."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    show: int = typer.Option(20, "--show", min=1, max=100_000, help="How many offending ids to name per proof."),
) -> None:
    """Run the continuous proofs over money, stock and orders. Exit 0: all hold, 1: one does not, or could not run."""

    async def run(settings: Settings) -> list[Check]:
        async with opened(settings, "probe") as mongo:
            return [*await run_proofs(mongo, PROOFS, show=show), await Seals(mongo).prove(show=show)]

    checks = asyncio.run(run(load_settings()))
    write_checks(checks, Format.JSON if as_json else form, "market")
    raise typer.Exit(0 if all(each.state is CheckState.OK for each in checks) else 1)


@app.command()
def seed(
    only_plan: bool = typer.Option(False, "--plan", help="Show what is missing and change nothing."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object instead of lines."),
) -> None:
    """Add what a real market starts with: currencies, commission, map, trees, message texts. Never overwrites.

    Exit 0: nothing to do, or done; with --plan 2: something is missing; 1: error.
    """
    plan, added = asyncio.run(_seed(load_settings(), only_plan=only_plan))
    missing = sum(len(each.documents) for each in plan)
    if as_json:
        body = {"missing": {each.what: list(each.names) for each in plan}, "added": added}
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        _show_seed(plan, added, missing)
    raise typer.Exit(PENDING if only_plan and missing else 0)


async def _seed(settings: Settings, *, only_plan: bool) -> tuple[tuple[Missing, ...], dict[str, int]]:
    async with opened(settings, "app") as mongo:
        service = Seed(mongo)
        plan = await service.plan()
        return plan, {} if only_plan else await service.apply(plan)


def _show_seed(plan: tuple[Missing, ...], added: dict[str, int], missing: int) -> None:
    for each in plan:
        if each.names:
            typer.echo(f"{each.what:<16} {len(each.names):>4}  {', '.join(each.names)}")
    if not missing:
        typer.echo("Nothing to do: everything that a market starts with is there.")
    elif added:
        typer.echo(f"{sum(added.values())} added.")
    else:
        typer.echo(f"{missing} missing; `daraa market seed` adds them.")
