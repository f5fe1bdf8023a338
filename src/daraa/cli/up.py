"""`daraa up`: parse, hand over to ops.stack.up, and turn Ctrl-C into a clean end."""

import asyncio
import signal
from contextlib import suppress

import typer

from daraa.kernel.settings import load_settings
from daraa.ops.stack.up import Ending
from daraa.ops.stack.up import up as run_platform

app = typer.Typer(add_completion=False)


@app.command()
def up(once: bool = typer.Option(False, "--once", help="Start, take the tour, stop everything, exit 0 or 1.")) -> None:
    """Start the whole platform on this machine: database, Redis, schema, demo data, API, worker.

    Ctrl-C stops everything in order (exit 0); a second Ctrl-C does not wait for anything.
    """
    asyncio.run(_up(once=once))


async def _up(*, once: bool) -> None:
    ending = Ending()
    loop = asyncio.get_running_loop()
    # A closed terminal sends SIGHUP: its end is an orderly one too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ending.ask)
    await run_platform(load_settings(), _say, ending, once=once)


def _say(line: str) -> None:
    # Nobody reads any more (`| head`, a closed terminal): no reason to end without stopping the parts.
    with suppress(OSError):
        typer.echo(line)
