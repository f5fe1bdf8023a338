"""`daraa backup daily`: what the timer runs, so that backups go on when the worker is dead."""

import asyncio
from collections.abc import Awaitable, Callable

import typer

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings, load_settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.daily import OLDEST_HOURS, not_older_than, prune_due, take_unless, verify_newest
from daraa.ops.backup.repositories import repository_names

Step = Callable[[Settings, str, float], Awaitable[str]]
RED = "✗"


def daily(
    unless_newer_than: float = typer.Option(
        20,
        "--unless-newer-than",
        metavar="HOURS",
        min=0,
        max=OLDEST_HOURS,
        help="Take none if a good copy was begun within that time.",
    ),
) -> None:
    """For every repository: take a backup, verify the newest one that is not, let go what the rule no longer keeps.

    One line for each step. A step that fails does not keep the others from being done. Exit 0: all went well, 1: not.
    """
    failures = asyncio.run(_daily(load_settings(), unless_newer_than))
    raise typer.Exit(1 if failures else 0)


async def _daily(settings: Settings, hours: float) -> int:
    failures = 0
    for name in repository_names(settings):
        for verb, step in _STEPS.items():
            try:
                said = await step(settings, name, hours)
            except DaraaError as error:
                typer.echo(f"{RED} {name}: {verb}: {error.message} ({error.code})", err=True)
                typer.echo(f"  → {error.hint}", err=True)
                failures += 1
                continue
            failures += said.startswith(RED)
            typer.echo(f"{name}: {verb}: {said}", err=said.startswith(RED))
    return failures


async def _take(settings: Settings, name: str, hours: float) -> str:
    since = not_older_than(SYSTEM_CLOCK, hours) if hours else None
    return (await take_unless(settings, name, SYSTEM_CLOCK, since=since)).sentence


async def _verify(settings: Settings, name: str, hours: float) -> str:
    receipt = await verify_newest(settings, name, SYSTEM_CLOCK)
    if receipt is None:
        return "nothing to verify: the newest copy has its receipt"
    if not receipt.ok:
        return f"{RED} {receipt.backup_id} did not come back equal: {'; '.join(receipt.findings)}"
    return f"{receipt.backup_id} came back equal in {receipt.seconds:.1f} s"


async def _prune(settings: Settings, name: str, hours: float) -> str:
    plan, done = await prune_due(settings, name, SYSTEM_CLOCK)
    if plan.verdict.halted:
        return f"{RED if plan.wrong else ''} nothing is changed: {plan.verdict.because}".strip()
    return "; ".join(f"{each.action} {each.backup_id}: {each.reason}" for each in done) or "nothing to do"


_STEPS: dict[str, Step] = {"take": _take, "verify": _verify, "prune": _prune}
