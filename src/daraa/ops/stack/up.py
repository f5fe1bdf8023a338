"""`daraa up`: the whole platform on one machine, from nothing to a tour that shows it working."""

import asyncio
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from daraa.collections.products import PRODUCTS
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.stack.embedded import start_stores
from daraa.ops.stack.errors import INTERRUPTED
from daraa.ops.stack.folder import DISK_ERRORS, StateFolder, disk_error
from daraa.ops.stack.prepare import prepare_data, schema_is_clean
from daraa.ops.stack.programs import start_programs
from daraa.ops.stack.run import Run
from daraa.ops.stack.supervisor import Say, Supervisor
from daraa.ops.stack.together import all_of, first_of
from daraa.ops.stack.tour import ASKED, STORED, take_tour
from daraa.stores.mongo import Table, open_mongo
from daraa.stores.process import bind_listener


@dataclass(frozen=True, slots=True)
class Ending:
    """Somebody wants the run to end: in order when asked once, at once when asked again."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self) -> None:
        """Ask for the end; the second time no part gets time to finish."""
        (self.hurry if self.asked.is_set() else self.asked).set()


async def up(settings: Settings, say: Say, ending: Ending, *, once: bool) -> None:
    """Start everything, take the tour, say what runs where; then watch until the end is asked for (or, with `once`,
    end at once).

    Everything that was started is stopped before this returns or raises DaraaError; an end before the platform was
    ready is `stack.start.interrupted`.
    """
    began = time.monotonic()
    try:
        with (
            StateFolder(settings.home) as folder,
            bind_listener(settings.api.host, settings.api.port, name="The API", setting="DARAA_API_PORT") as listener,
        ):
            run = Run(settings, folder, Supervisor(settings.home, say), say)
            try:
                await _start(run, listener, began, ending, once=once)
                if not once:
                    await first_of(ending.asked, run.parts.watch())
            finally:
                say("Stopping.")
                await run.parts.stop(ending.hurry)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise disk_error(error, settings.home) from error


async def _start(run: Run, listener: socket.socket, began: float, ending: Ending, *, once: bool) -> None:
    if run.folder.was_half_made:
        run.say(f"{run.settings.home} is half made: an earlier first start was interrupted. It is continued now.")
    blocks: list[str] = []

    async def start_all() -> None:
        started = await start_stores(run)
        clean = await prepare_data(started)
        if clean:
            await start_programs(started, listener)
        else:
            _, clean = await all_of(start_programs(started, listener), schema_is_clean(started))
        blocks.append(await _show(started, began, clean=clean, once=once))
        run.folder.mark_complete()

    try:
        await first_of(ending.asked, start_all(), run.parts.until_death())
    except DaraaError as error:
        # A step that fails because a part died under it tells less than the part's death does.
        raise run.parts.dead() or run.parts.explained(error) from error
    if not blocks:
        raise DaraaError(
            INTERRUPTED, "Stopped before the platform was ready.", hint="The next start continues where this one was."
        )
    run.say(blocks[0])


async def _show(run: Run, began: float, *, clean: bool, once: bool) -> str:
    """Take the tour and put what it saw into one block."""
    products = await _count_products(run.settings)
    if products:
        await take_tour(run.api_url)
    seconds = time.monotonic() - began
    home = run.settings.home
    shown = f"{home.name}/" if home.parent == Path.cwd() else str(home)
    ends = "stopping now" if once else "Ctrl-C stops"
    found = f'search "{ASKED}" finds "{STORED}" ✓' if products else "no demo data"
    schema = "schema clean ✓" if clean else "schema has open changes, see `daraa schema plan`"
    return (
        f"ready in {seconds:.0f} s · API {run.api_url}/docs · {products:,} products · "
        f"{found} · {schema} · data in {shown} · {ends}"
    )


async def _count_products(settings: Settings) -> int:
    mongo = open_mongo(settings, "app")
    try:
        return await Table(PRODUCTS, mongo).estimated_size()
    finally:
        await mongo.close()
