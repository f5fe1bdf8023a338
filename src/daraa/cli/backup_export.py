"""The verb of `daraa backup` that gives a backup to other tools: `export`."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import typer

from daraa.cli.backup_restore import opened_backup
from daraa.cli.backup_take import progress
from daraa.kernel.settings import Settings, load_settings
from daraa.ops.backup.export import Exported, export_backup
from daraa.ops.backup.repositories import LOCAL
from daraa.ops.backup.take_events import Tell


def export(
    backup: str = typer.Argument(..., help="Id of a backup (bkp_…), or `latest`."),
    out: str = typer.Option("", "--out", metavar="FOLDER", help="Write a folder, as mongodump --out does."),
    archive: str = typer.Option("", "--archive", metavar="FILE", help="Write one file, as mongodump --archive does."),
    gzip: bool = typer.Option(False, "--gzip", help="Compress, as mongodump --gzip does."),
    repository: str = typer.Option(LOCAL, "--repository", help="Where the backup lies: local or remote."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object a line: what happens, then the result."),
) -> None:
    """Write a backup as a dump that mongorestore reads. It is NOT encrypted. Exit 0: it is whole, 1: error.

    The target must not exist. Until the dump is whole its name ends in `.unfinished`; killed, it is begun anew when the
    same command is called again. Accounts are not exported, for a backup holds no passwords.
    """
    if bool(out) == bool(archive):
        raise typer.BadParameter("say where to: --out FOLDER or --archive FILE")
    settings = load_settings()
    with progress(as_json) as tell:
        exported = asyncio.run(_export(settings, repository, backup, Path(out or archive), bool(archive), gzip, tell))
    if as_json:
        typer.echo(json.dumps({"event": "exported", **asdict(exported)}, ensure_ascii=False))
        return
    typer.echo(_in_words(exported))
    typer.echo("It is readable by anybody who can read it: it is not encrypted.")
    if exported.entries:
        typer.echo(f"Its collections are of one moment after a replay of {exported.entries:,} entries: --oplogReplay.")


async def _export(
    settings: Settings, repository: str, backup: str, path: Path, as_archive: bool, gzip: bool, tell: Tell
) -> Exported:
    async with opened_backup(settings, repository, backup) as contents:
        return await export_backup(contents, path, as_archive=as_archive, gzip=gzip, tell=tell)


def _in_words(exported: Exported) -> str:
    return (
        f"{exported.backup_id}: {exported.collections} collections and {exported.views} views, "
        f"{exported.documents:,} documents, {exported.bytes / 1e6:.1f} MB, written to {exported.path} "
        f"({exported.bytes_written / 1e6:.1f} MB) in {exported.seconds:.1f} s."
    )
