"""`daraa audit`: whether what was written into the audit log is still what stands there."""

import asyncio
import json

import typer

from daraa.cli.opened import opened
from daraa.kernel.settings import Settings, load_settings
from daraa.market.audit.service import Audit, Break

app = typer.Typer(no_args_is_help=True, add_completion=False)
SHOWN = 20


@app.callback()
def _noun() -> None:
    """Keeps `verify` a verb of its own while it is the only one."""


@app.command()
def verify(as_json: bool = typer.Option(False, "--json", help="One JSON object instead of lines.")) -> None:
    """Walk every chain and recompute every hash. Exit 0: sound, 1: a row was changed, removed or slipped in."""
    checked, breaks = asyncio.run(_walk(load_settings(), quiet=as_json))
    if as_json:
        found = [{"stream": b.stream, "seq": b.seq, "id": b.row_id, "problem": b.problem} for b in breaks]
        typer.echo(json.dumps({"checked": checked, "breaks": found}, ensure_ascii=False))
    else:
        for each in breaks[:SHOWN]:
            typer.echo(f"{each.stream} row {each.seq} ({each.row_id}): {each.problem}")
        if len(breaks) > SHOWN:
            typer.echo(f"… and {len(breaks) - SHOWN:,} more; --json lists them all.")
        typer.echo(f"{checked:,} rows checked, {len(breaks):,} breaks.")
    raise typer.Exit(1 if breaks else 0)


async def _walk(settings: Settings, *, quiet: bool) -> tuple[int, list[Break]]:
    checked, breaks = 0, list[Break]()
    async with opened(settings, "app") as mongo:
        async for found in Audit(mongo).verify():
            if isinstance(found, Break):
                breaks.append(found)
                continue
            checked = found
            if not quiet and checked % 100_000 == 0:
                typer.echo(f"{checked:,} rows …", err=True)
    return checked, breaks
