"""`daraa up`: parse, hand over to ops.stack.up, and turn Ctrl-C into a clean end."""

import asyncio
import signal

import typer

from daraa.kernel.settings import load_settings
from daraa.ops.stack.up import up as run_platform

app = typer.Typer()


@app.command()
def up(once: bool = typer.Option(False, "--once", help="Start, take the tour, stop everything, exit 0 or 1.")) -> None:
    """Start the whole platform on this machine: database, Redis, schema, demo data, API, worker."""
    asyncio.run(_up(once=once))


async def _up(*, once: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run_platform(load_settings(), _say, stop, once=once)


def _say(line: str) -> None:
    typer.echo(line)
