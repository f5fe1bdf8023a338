"""The verbs of `daraa backup` that bring a backup back: `restore`, and `verify`, which proves that one comes back."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import list_backups, newest_backup, whole_listing
from daraa.ops.backup.contents import Contents, open_contents
from daraa.ops.backup.integrity import parse_subset
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.manifest import Receipt
from daraa.ops.backup.point_in_time import Journey, find_point, open_journey, parse_moment
from daraa.ops.backup.repositories import LOCAL, opened_repository
from daraa.ops.backup.restoration import Far, Restored, Tell
from daraa.ops.backup.restore import Wish, restore_backup
from daraa.ops.backup.restore_dump import restore_dump
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import Asked, verify_backup
from daraa.stores.mongo.oplog_reading import OplogTime

LATEST = "latest"
EVERY_S = 2.0
BACKUP = typer.Argument(LATEST, help="Id of a backup (bkp_…), or `latest`.")
REPOSITORY = typer.Option(LOCAL, "--repository", help="Where it lies: local or remote.")
PARALLEL = typer.Option(2, "--parallel", min=1, max=16, help="Chunks at the same time, 16 MiB each.")
JSON = typer.Option(False, "--json", help="Progress and result as one JSON object a line.")


def restore(
    backup: str = typer.Argument("", show_default=False, help="Id of a backup (bkp_…), or `latest`; none for a dump."),
    into: str = typer.Option(
        ..., "--into", metavar="NAME", help="Main database to restore into; prefix of the others."
    ),
    to: str = typer.Option("", "--to", metavar="TIME", help="A moment: 2026-11-28T12:00:05Z, or seconds:increment."),
    collection: list[str] = typer.Option([], "--collection", metavar="NAME", help="Only this one; may be repeated."),
    document: str = typer.Option("", "--id", help="Only the document with this id, of the one collection named."),
    overwrite: str = typer.Option("", "--overwrite", metavar="NAME", help="The target's name again: replace."),
    accounts: bool = typer.Option(False, "--accounts", help="Also create roles and users that the server lacks."),
    from_dump: str = typer.Option("", "--from-dump", metavar="PATH", help="A folder or archive of mongodump instead."),
    prefix: str = typer.Option("", "--prefix", metavar="NAME", help="The dump's main database, if that is not clear."),
    repository: str = REPOSITORY,
    parallel: int = PARALLEL,
    as_json: bool = JSON,
) -> None:
    """Bring a backup back into a place of choice. Killed, it continues when it is called the same way again.

    A target that is not empty is refused unless --overwrite names it: collections of the same names are then replaced,
    and with --id that one document alone. With --to the state is that of the end of that second:
    that of the newest backup before it, and what the slices of the oplog say after that. A dump is read to its end and
    checked before anything is written.
    """
    settings = load_settings()
    _one_source(backup, from_dump, prefix, to)
    moment = parse_moment(to) if to else None
    wish = Wish(into, tuple(collection), document or None, overwrite, accounts, parallel)

    async def run(tell: Tell) -> tuple[Restored, tuple[str, ...], tuple[str, ...]]:
        if from_dump:
            done, unread = await restore_dump(settings, Path(from_dump), wish, SYSTEM_CLOCK, tell, prefix=prefix)
            return done, (), unread
        async with _opened_at(settings, repository, backup, moment) as (contents, journey):
            return *await restore_backup(settings, contents, wish, SYSTEM_CLOCK, tell, journey), ()

    with _progress(as_json) as tell:
        restored, made, left_out = asyncio.run(run(tell))
    if as_json:
        more = {"accounts": made, "left_out": left_out}
        typer.echo(json.dumps({"event": "restored", **asdict(restored), **more}, ensure_ascii=False))
        return
    rate = restored.bytes / 1e6 / max(restored.seconds, 0.001)
    typer.echo(
        f"{restored.documents:,} documents of {restored.collections} collections restored into {restored.target} "
        f"in {restored.seconds:.1f} s ({rate:.1f} MB/s); {restored.replayed:,} oplog entries replayed."
    )
    for name in restored.left:
        typer.echo(f"left alone, not in the backup: {name}")
    for name in made:
        typer.echo(f"account created: {name}")
    for what in left_out:
        typer.echo(f"left out of the dump: {what}")


def verify(
    backup: str = BACKUP,
    subset: str = typer.Option("", "--subset", metavar="n/t", help="Read only the n-th of t samples of the objects."),
    skip_restore: bool = typer.Option(False, "--skip-restore", help="Read the objects only; the result is then red."),
    repository: str = REPOSITORY,
    parallel: int = PARALLEL,
    as_json: bool = JSON,
) -> None:
    """Prove a backup: read its objects, restore it into the scratch database, compare, write a signed receipt.

    Exit 0: it came back equal. 1: it did not, was not restored, or could not be tried.
    """
    settings = load_settings()
    asked = Asked(parse_subset(subset), not skip_restore, parallel)

    async def run(tell: Tell) -> Receipt:
        async with (
            opened_backup(settings, repository, backup) as contents,
            opened_target(settings, scratch_name(settings)) as scratch,
        ):
            return await verify_backup(scratch, contents, SYSTEM_CLOCK, asked, tell=tell)

    with _progress(as_json) as tell:
        receipt = asyncio.run(run(tell))
    if as_json:
        typer.echo(json.dumps({"event": "verified", **receipt.model_dump(mode="json")}, ensure_ascii=False))
    else:
        _show(receipt)
    raise typer.Exit(0 if receipt.ok else 1)


def _one_source(backup: str, from_dump: str, prefix: str, to: str) -> None:
    if bool(backup) == bool(from_dump):
        raise typer.BadParameter("name a backup (an id, or `latest`), or a dump with --from-dump, and not both")
    if to and from_dump:
        raise typer.BadParameter("a dump stands at one moment: --to goes with a backup")
    if prefix and not from_dump:
        raise typer.BadParameter("--prefix is about dumps: it needs --from-dump")


@asynccontextmanager
async def _opened_at(
    settings: Settings, repository: str, backup: str, moment: OplogTime | None
) -> AsyncIterator[tuple[Contents, Journey | None]]:
    """The backup itself, or the one that the way to a moment begins from, and that way."""
    if moment is None:
        async with opened_backup(settings, repository, backup, sound=True) as contents:
            yield contents, None
        return
    key = load_key(settings)
    async with opened_repository(settings, repository) as found:
        listing = whole_listing(await list_backups(found.store, key))
        point = find_point(listing, moment, "" if backup == LATEST else backup)
        journey = await open_journey(found.store, key, point)
        yield await open_contents(found.store, point.backup_id, key), journey


@asynccontextmanager
async def opened_backup(
    settings: Settings, repository: str, backup: str, *, sound: bool = False
) -> AsyncIterator[Contents]:
    """A backup of a repository, by its id or as the latest one, which may have to be `sound` (see `newest_backup`)."""
    key = load_key(settings)
    async with opened_repository(settings, repository) as found:
        backup_id = await newest_backup(found.store, key, sound=sound) if backup == LATEST else backup
        yield await open_contents(found.store, backup_id, key)


def _show(receipt: Receipt) -> None:
    for finding in receipt.findings:
        typer.echo(f"✗ {finding}")
    if receipt.ok:
        typer.echo(
            f"✓ {receipt.backup_id} came back equal in {receipt.seconds:.1f} s: {receipt.documents:,} documents of "
            f"{receipt.collections} collections, {receipt.indexes} indexes, {receipt.validators} validators, "
            f"{len(receipt.proofs)} proofs hold."
        )
    else:
        typer.echo(f"✗ {receipt.backup_id} is not proven: {len(receipt.findings)} findings.")


@contextmanager
def _progress(as_json: bool) -> Iterator[Tell]:
    if not as_json and sys.stderr.isatty():
        with _bar() as tell:
            yield tell
    else:
        yield _seldom(_as_line if not as_json else _as_event)


@contextmanager
def _bar() -> Iterator[Tell]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]:,.1f}/{task.fields[of]:,.1f} MB"),
        TextColumn("{task.fields[rate]:,.1f} MB/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as shown:
        task = shown.add_task("", total=1, done=0.0, of=0.0, rate=0.0)

        def tell(far: Far) -> None:
            done, of = far.bytes / 1e6, far.of_bytes / 1e6
            rate = done / max(far.seconds, 0.001)
            size = max(far.of_bytes, 1)
            shown.update(
                task, completed=far.bytes, total=size, description=far.phase.value, done=done, of=of, rate=rate
            )

        yield tell


def _seldom(write: Tell) -> Tell:
    """Every change of the phase, and otherwise one line in two seconds."""
    last, phase = 0.0, ""

    def tell(far: Far) -> None:
        nonlocal last, phase
        if far.phase != phase or time.monotonic() - last >= EVERY_S:
            last, phase = time.monotonic(), far.phase
            write(far)

    return tell


def _as_line(far: Far) -> None:
    rate = far.bytes / 1e6 / max(far.seconds, 0.001)
    left = (far.of_bytes - far.bytes) / 1e6 / rate if rate else 0.0
    typer.echo(
        f"{far.phase}: {far.bytes / 1e6:,.1f} of {far.of_bytes / 1e6:,.1f} MB, {far.documents:,} documents, "
        f"{rate:,.1f} MB/s, {left:,.0f} s left",
        err=True,
    )


def _as_event(far: Far) -> None:
    typer.echo(json.dumps({"event": "progress", **asdict(far)}))
