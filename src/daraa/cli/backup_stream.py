"""The verb `daraa backup stream`: writes the oplog into a repository, slice by slice, in the foreground."""

import asyncio
import json
import signal
from contextlib import suppress

import typer

from daraa.cli.opened import opened
from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.keys import BackupKey, load_key
from daraa.ops.backup.repositories import LOCAL, opened_repository
from daraa.ops.backup.stream import Streamed, stream_slice

REPOSITORY = typer.Option("", "--repository", help="Where it goes: local or remote; DARAA_BACKUP_STREAM if left out.")


def stream(
    repository: str = REPOSITORY,
    once: bool = typer.Option(False, "--once", help="Write one slice and end."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a slice."),
) -> None:
    """Write what the database commits, a slice every DARAA_BACKUP_STREAM_SLICE_S seconds, until Ctrl-C or SIGTERM.

    Killed, it goes on where its last slice ends; two at once do no harm. With `--once`: exit 0, or 1 on an error.
    """
    settings = load_settings()
    asyncio.run(_run(settings, repository or settings.backup.stream or LOCAL, load_key(settings), once, as_json))


async def _run(settings: Settings, repository: str, key: BackupKey, once: bool, as_json: bool) -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with opened(settings, "backup") as mongo, opened_repository(settings, repository) as target:
        while True:
            # Not begun again after an error: whoever runs it shall see it, and the next start goes on.
            made = await stream_slice(mongo, target.store, key, SYSTEM_CLOCK)
            _say(made, as_json)
            if once or over.is_set():
                return
            if made is None or not made.behind:
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), settings.backup.stream_slice_s)
            if over.is_set():
                return


def _say(made: Streamed | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_dict(made)))
    elif made is None:
        typer.echo("Another stream wrote this slice.")
    else:
        of = made.slice
        typer.echo(f"slice {of.number}: {of.entries} entries, {of.bytes_stored} bytes, {of.after} to {of.until}")
        if of.previous is None:
            typer.echo(f"A new range begins: {of.because}")
        if of.schema_what:
            typer.echo(f"The schema was changed ({', '.join(of.schema_what)}): take a backup, no replay goes past it.")


def _as_dict(made: Streamed | None) -> dict[str, object]:
    if made is None:
        return {"event": "overtaken"}
    of = made.slice
    words = {"number": of.number, "after": of.after, "until": of.until, "entries": of.entries}
    range_ = {"begins_range": of.previous is None, "because": of.because, "schema_changes": list(of.schema_what)}
    return {"event": "slice", **words, "bytes_stored": of.bytes_stored, **range_, "behind": made.behind}
