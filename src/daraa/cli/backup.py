"""`daraa backup`: what copies there are, whether they can be relied on, and which of them go."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from daraa.cli.backup_daily import daily
from daraa.cli.backup_export import export
from daraa.cli.backup_restore import restore, verify
from daraa.cli.backup_stream import stream
from daraa.cli.backup_take import key, take
from daraa.cli.check_output import Format, checks_text
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup import show as showing
from daraa.ops.backup.catalog import Listing, list_backups, whole_listing
from daraa.ops.backup.check import check_backups
from daraa.ops.backup.errors import PRUNE_UNCONFIRMED
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.leftovers import Leftover, abort_leftovers
from daraa.ops.backup.plan import PrunePlan
from daraa.ops.backup.prune import prune as run_prune
from daraa.ops.backup.prune import pruning_of
from daraa.ops.backup.repositories import LOCAL, Repository, opened_repository
from daraa.ops.backup.retention import Decision
from daraa.ops.backup.slice_prune import prune_slices
from daraa.ops.backup.slice_retention import SliceDecision
from daraa.stores.process.whole_files import replace_file

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(key, name="key")
for verb in (take, stream, verify, restore, daily, export):
    app.command()(verb)
PENDING = 2
JSON = typer.Option(False, "--json", help="One JSON object instead of lines.")
REPOSITORY = typer.Option(LOCAL, "--repository", help="Which repository: local or remote.")


@app.command("list")
def list_copies(repository: str = REPOSITORY, as_json: bool = JSON) -> None:
    """List the copies of a repository, newest first. Exit 0, or 2 when something in the repository is odd."""
    listing, place = asyncio.run(_listed(load_settings(), repository))
    if as_json:
        rows = [showing.as_row(each) for each in listing.backups]
        body = {"repository": repository, "place": place, "problems": list(listing.problems), "backups": rows}
        body |= showing.windows_as_dict(listing)
        typer.echo(json.dumps(body, ensure_ascii=False))
    else:
        typer.echo(showing.listing_text(listing, place))
    raise typer.Exit(PENDING if listing.problems else 0)


@app.command()
def show(
    backup: str = typer.Argument(..., help="Id of a backup (bkp_…), or `latest`."),
    repository: str = REPOSITORY,
    as_json: bool = JSON,
) -> None:
    """Show all that is known of one copy: what it holds, how it was proven, what is wrong with it."""
    listing, _ = asyncio.run(_listed(load_settings(), repository))
    found = showing.find_backup(listing, backup)
    moments = showing.moments_from(listing, found)
    if as_json:
        typer.echo(json.dumps(showing.as_details(found) | {"restorable": moments}))
    else:
        typer.echo("\n".join([showing.details_text(found), *(f"any moment of   {each}" for each in moments)]))


@app.command()
def check(
    repository: str = typer.Option("", "--repository", help="Only this one; all of them if left out."),
    form: Format = typer.Option(Format.TEXT, "--format", help="How to write the result."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    metrics: bool = typer.Option(False, "--metrics", help="The same as --format metrics."),
    output: Path | None = typer.Option(
        None, "--output", metavar="FILE", help="Replace this file whole, instead of printing."
    ),
) -> None:
    """Say of each condition whether backups can be relied on.

    Exit 0: all is well, 1: something is wrong, 2: something wants a look or could not be told.
    """
    form = Format.JSON if as_json else Format.METRICS if metrics else form
    report = asyncio.run(check_backups(load_settings(), SYSTEM_CLOCK, repository))
    text = report.metrics if form is Format.METRICS else checks_text(report.checks, form, "backup")
    if output is None:
        typer.echo(text, nl=False)
    else:
        replace_file(output, text)
    raise typer.Exit(report.exit_code)


@app.command()
def plan(repository: str = REPOSITORY, as_json: bool = JSON) -> None:
    """Say which copies stay, which go and why. Exit 0: nothing to do, 2: there is, 1: something is wrong."""

    async def run(settings: Settings) -> PrunePlan:
        async with opened_repository(settings, repository) as found:
            return await pruning_of(settings, found, SYSTEM_CLOCK).plan()

    made = asyncio.run(run(load_settings()))
    _show_plan(made, as_json=as_json)
    raise typer.Exit(1 if made.wrong else PENDING if made.pending else 0)


@app.command()
def prune(
    repository: str = REPOSITORY,
    confirmed: str = typer.Option(
        "", "--yes-delete-from", metavar="NAME", help="The repository's name again, instead of typing it when asked."
    ),
    as_json: bool = JSON,
) -> None:
    """Do what `plan` says: announce deletions, delete what was announced and whose grace is over, abort old uploads.

    Asks for the repository's name. Killed, it goes on where it was when it is run again. Exit 0: done, 1: error.
    """

    made, done, aborted, slices = asyncio.run(_prune(load_settings(), repository, confirmed, as_json))
    if as_json:
        words = {"done": [_as_dict(each) for each in done], "aborted": [each.as_dict() for each in aborted]}
        words["slices_done"] = [asdict(each) for each in slices]
        typer.echo(json.dumps(made.as_dict() | words, ensure_ascii=False))
    elif not made.pending:
        _show_plan(made, as_json=False)
    else:
        typer.echo(f"{len(done) + len(aborted) + len(slices)} steps done.")
    raise typer.Exit(1 if made.wrong else 0)


async def _prune(
    settings: Settings, name: str, confirmed: str, quiet: bool
) -> tuple[PrunePlan, tuple[Decision, ...], tuple[Leftover, ...], tuple[SliceDecision, ...]]:
    """The plan, and what of it was done to copies, to unfinished uploads and to slices of the oplog."""

    def say(line: str) -> None:
        typer.echo(line, err=quiet)

    async with opened_repository(settings, name) as found:
        pruning = pruning_of(settings, found, SYSTEM_CLOCK)
        agreed = await pruning.plan()
        if not agreed.pending:
            return agreed, (), (), ()
        _confirm(agreed, found, confirmed, quiet=quiet)
        done = await run_prune(pruning, agreed, say)
        slices = await prune_slices(pruning, agreed, say)
        return agreed, done, await abort_leftovers(found.store, agreed.aborts, say), slices


async def _listed(settings: Settings, name: str) -> tuple[Listing, str]:
    key = load_key(settings)
    async with opened_repository(settings, name) as repository:
        return whole_listing(await list_backups(repository.store, key)), repository.place


def _confirm(agreed: PrunePlan, repository: Repository, confirmed: str, *, quiet: bool) -> None:
    """Go on only when the name of the repository was given, whatever else was said."""
    if not confirmed and sys.stdin.isatty() and not quiet:
        _show_plan(agreed, as_json=False)
        confirmed = typer.prompt(f"Type the name of the repository at {repository.place} to go on")
    if confirmed != repository.name:
        raise DaraaError(
            PRUNE_UNCONFIRMED,
            f"{agreed.pending} steps wait; nothing was changed.",
            hint=f"`daraa backup plan` shows them. Then add: --yes-delete-from {repository.name}",
        )


def _show_plan(made: PrunePlan, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(made.as_dict(), ensure_ascii=False))
        return
    for each in made.verdict.decisions:
        backup = made.backup(each.backup_id)
        typer.echo(f"{each.action:<10} {backup.at:%Y-%m-%d %H:%M}  {each.backup_id}  {each.reason}")
    for left in made.leftovers.each:
        action = "abort" if left in made.aborts else "keep"
        typer.echo(f"{action:<10} {left.upload.begun_at:%Y-%m-%d %H:%M}  {left.upload.key}  {left.reason}")
    if made.leftovers.unknown:
        typer.echo(f"Unfinished uploads: {made.leftovers.unknown}")
    for group in made.slices:
        typer.echo(f"{group.action:<10} slices {group.first} to {group.last}  {group.reason}")
    if made.verdict.halted:
        typer.echo(f"Nothing is changed: {made.verdict.because}")
    else:
        typer.echo(f"{made.pending} changes pending." if made.pending else "Nothing to do.")


def _as_dict(decision: Decision) -> dict[str, str]:
    return {"backup_id": decision.backup_id, "action": decision.action, "reason": decision.reason}
