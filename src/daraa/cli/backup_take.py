"""The verbs of `daraa backup` that make one: `take`, and `key`, which everything else depends on."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.daily import OLDEST_HOURS, Taken, not_older_than, take_unless
from daraa.ops.backup.keys import LOSING_IT, create_key, key_path, load_key
from daraa.ops.backup.manifest import Manifest
from daraa.ops.backup.repositories import LOCAL, repository_names
from daraa.ops.backup.take_events import TakeEvent, TakeStep, Tell

EVERY_S = 1.0
ALL = "all"
REPOSITORY = typer.Option(LOCAL, "--repository", help="Where it goes: local or remote; all: a copy into each.")
JSON = typer.Option(False, "--json", help="One JSON object a line: what happens, then the result.")

key = typer.Typer(no_args_is_help=True, add_completion=False, help="The key without which no backup can be read.")


def take(
    repository: str = REPOSITORY,
    unless_newer_than: float = typer.Option(
        0,
        "--unless-newer-than",
        metavar="HOURS",
        min=0,
        max=OLDEST_HOURS,
        help="Take none if a good copy was begun within that time.",
    ),
    as_json: bool = JSON,
) -> None:
    """Back up all databases, with indexes, validators, users and roles, encrypted. Exit 0: it is whole, 1: error.

    Killed at any moment it leaves a partial copy, which counts for nothing and which prune removes.
    """
    settings = load_settings()
    since = not_older_than(SYSTEM_CLOCK, unless_newer_than) if unless_newer_than else None
    names = repository_names(settings) if repository == ALL else (repository,)
    failed = 0
    for name in names:
        try:
            with progress(as_json) as tell:
                taken = asyncio.run(take_unless(settings, name, SYSTEM_CLOCK, since=since, tell=tell))
        except DaraaError as error:
            if repository != ALL:
                raise
            failed += 1  # the next repository gets its copy all the same
            _show_failure(error, name, as_json)
        else:
            _show(taken, name, as_json)
    if failed < len(names) and not as_json:
        typer.echo("It is not proven yet: `daraa backup verify` restores and compares it.")
    raise typer.Exit(1 if failed else 0)


def _show(taken: Taken, repository: str, as_json: bool) -> None:
    manifest = taken.manifest
    if manifest is None:
        line = f"{taken.sentence}, in the repository {repository}."
        typer.echo(json.dumps({"event": "not_taken", **taken.as_dict()}) if as_json else line)
    elif as_json:
        typer.echo(json.dumps({"event": "taken", **_result(manifest, repository)}))
    else:
        typer.echo(f"{manifest.backup_id}: {_in_words(manifest)}, in the repository {repository}.")
        if manifest.consistency == "none":
            typer.echo("This server has no oplog: the collections are from different moments of the copy.", err=True)


def _show_failure(error: DaraaError, repository: str, as_json: bool) -> None:
    if as_json:
        words = {"code": error.code, "message": error.message, "hint": error.hint}
        typer.echo(json.dumps({"event": "failed", "repository": repository, **words}, ensure_ascii=False))
    else:
        typer.echo(f"{repository}: no copy was taken. {error} ({error.code})", err=True)


@key.command("create")
def create() -> None:
    """Make the key, once; an existing one is never replaced."""
    settings = load_settings()
    made = create_key(settings)
    typer.echo(f"Made the backup key {made.id} in {key_path(settings)}.")
    typer.echo(LOSING_IT)


@key.command("show-id")
def show_id() -> None:
    """Say which key this machine has; the key itself is never shown."""
    typer.echo(load_key(load_settings()).id)


@contextmanager
def progress(as_json: bool) -> Iterator[Tell]:
    """Events as JSON lines, a bar with rate and remaining time on a terminal, else a line now and then."""
    if as_json:
        yield _Now(lambda event: typer.echo(json.dumps(event.as_dict())))
        return
    if not sys.stderr.isatty():
        yield _Now(lambda event: typer.echo(_line(event), err=True))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True) as shown:
        task = shown.add_task("copying", total=None)

        def tell(event: TakeEvent) -> None:
            words = "oplog" if event.step is TakeStep.COPIED else "copying"
            shown.update(task, completed=event.bytes, total=max(event.of_bytes, event.bytes), description=words)

        yield tell


class _Now:
    """Passes progress on at most once a second, and everything else at once."""

    def __init__(self, write: Tell) -> None:
        self._write = write
        self._last = 0.0

    def __call__(self, event: TakeEvent) -> None:
        if event.step is TakeStep.PROGRESS and event.seconds - self._last < EVERY_S:
            return
        self._last = event.seconds
        self._write(event)


def _line(event: TakeEvent) -> str:
    rate = event.bytes / event.seconds / 1e6 if event.seconds else 0.0
    share = f"{min(100, 100 * event.bytes // event.of_bytes)} %" if event.of_bytes else "-"
    what = f"{event.step} {event.collection}".strip()
    return f"{event.seconds:7.1f} s  {share:>5}  {event.bytes / 1e6:.1f} MB at {rate:.1f} MB/s  {what}"


def _in_words(manifest: Manifest) -> str:
    sizes = f"{manifest.bytes_plain / 1e6:.1f} MB stored as {manifest.bytes_stored / 1e6:.1f} MB"
    counts = f"{len(manifest.collections)} collections, {manifest.documents} documents"
    return f"{counts}, {sizes}, {manifest.seconds:.1f} s"


def _result(manifest: Manifest, repository: str) -> dict[str, object]:
    return {
        "backup_id": manifest.backup_id,
        "repository": repository,
        "collections": len(manifest.collections),
        "documents": manifest.documents,
        "bytes_plain": manifest.bytes_plain,
        "bytes_stored": manifest.bytes_stored,
        "seconds": manifest.seconds,
        "consistency": manifest.consistency,
    }
