"""`daraa market`: what a running market needs and must always be able to show."""

import asyncio

import typer

from daraa.cli.check_output import Format, write_checks
from daraa.cli.opened import opened
from daraa.collections.proofs import PROOFS
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.settings import Settings, load_settings
from daraa.stores.mongo.proofs import prove as run_proofs

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def prove(
    form: Format = typer.Option(Format.TEXT, "--format", help="How to write the result."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    show: int = typer.Option(20, "--show", min=1, max=100_000, help="How many offending ids to name per proof."),
) -> None:
    """Run the continuous proofs over money, stock and orders. Exit 0: all hold, 1: one does not, or could not run."""

    async def run(settings: Settings) -> list[Check]:
        async with opened(settings, "probe") as mongo:
            return await run_proofs(mongo, PROOFS, show=show)

    checks = asyncio.run(run(load_settings()))
    write_checks(checks, Format.JSON if as_json else form, "market")
    raise typer.Exit(0 if all(each.state is CheckState.OK for each in checks) else 1)
