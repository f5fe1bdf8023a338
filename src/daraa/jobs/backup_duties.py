"""When backups are taken, proven, pruned and looked at; one of these runs at a time, whatever the number of workers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from daraa.jobs.errors import BACKUP_DUTY_FAILED, LEASE_LOST
from daraa.jobs.heartbeat import beat_until_lost
from daraa.jobs.lease import Held, acquire
from daraa.jobs.registry import Job, JobContext
from daraa.jobs.schedules import make_due
from daraa.kernel.checks import CheckState
from daraa.kernel.errors import SETTING_INVALID, DaraaError, DeclarationError
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.check import check_backups
from daraa.ops.backup.daily import prune_due, take_unless, verify_newest
from daraa.ops.backup.keys import key_path
from daraa.ops.backup.repositories import repository_names

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
LEASE = "backup.duty"
TAKE, VERIFY, PRUNE, CHECK = "backup.take", "backup.verify", "backup.prune", "backup.check"
_HOUR_S = 3600.0
_ASK_EVERY_S = 1.0
BUSY = "another backup duty is running: left to the next time"


def backup_duties(settings: Settings) -> tuple[Job, ...]:
    """The duties of this machine: none where they are switched off, or where there is no key to do them with."""
    if settings.backup.duties == "off" or (settings.backup.duties == "auto" and not key_path(settings).exists()):
        return ()
    return (_taking(settings), _VERIFYING, _PRUNING, _CHECKING)


async def take_copies(context: JobContext) -> Mapping[str, object]:
    """A copy into each repository that has none since the due time; then `backup.verify` is due.

    A run that is repeated after its worker died, or that comes after the timer's, takes no second copy.
    """

    async def one(name: str) -> str:
        taken = await take_unless(context.settings, name, SYSTEM_CLOCK, since=context.due_at)
        return taken.sentence

    try:
        # The only duty that waits for its turn: the others come again within the day, or are due after it anyway.
        return await alone(context, lambda: _in_each_repository(context, one), wait_s=_HOUR_S)
    finally:
        # Also when one repository failed: the copy in the other wants to be proven.
        await make_due(context.mongo, VERIFY)


async def verify_copies(context: JobContext) -> Mapping[str, object]:
    """The newest unverified copy of each repository, restored and compared; after a green one `backup.prune` is due."""
    green = 0

    async def one(name: str) -> str:
        nonlocal green
        receipt = await verify_newest(context.settings, name, SYSTEM_CLOCK)
        if receipt is None:
            return "nothing to verify"
        if not receipt.ok:
            raise DaraaError(
                BACKUP_DUTY_FAILED,
                f"{receipt.backup_id} did not come back equal: {'; '.join(receipt.findings[:3])}.",
                hint="`daraa backup show` tells more; take another one.",
            )
        green += 1
        return f"{receipt.backup_id} came back equal in {receipt.seconds:.0f} s"

    try:
        return await alone(context, lambda: _in_each_repository(context, one))
    finally:
        if green:
            await make_due(context.mongo, PRUNE)


async def prune_copies(context: JobContext) -> Mapping[str, object]:
    """Old copies of each repository: announced, and deleted after their grace; never without a newer verified one."""

    async def one(name: str) -> str:
        plan, done = await prune_due(context.settings, name, SYSTEM_CLOCK)
        if plan.wrong:
            raise DaraaError(
                BACKUP_DUTY_FAILED, f"Nothing was pruned: {plan.verdict.because}", hint="See `daraa backup plan`."
            )
        if plan.verdict.halted:
            return f"nothing is changed: {plan.verdict.because}"
        return ", ".join(f"{each.action} {each.backup_id}" for each in done) or "nothing to do"

    return await alone(context, lambda: _in_each_repository(context, one))


async def check_copies(context: JobContext) -> Mapping[str, object]:
    """How many conditions are in each state; every one that is not good is named in the log. It only reads."""
    report = await check_backups(context.settings, SYSTEM_CLOCK)
    for each in report.checks:
        if each.state is not CheckState.OK:
            level = logging.ERROR if each.state is CheckState.FAIL else logging.WARNING
            _LOG.log(level, "%s is %s: %s %s", each.name, each.state, each.evidence, each.hint)
    counts: dict[str, object] = {
        state.value: sum(each.state is state for each in report.checks) for state in CheckState
    }
    failing = ", ".join(each.name for each in report.checks if each.state is CheckState.FAIL)
    return counts | ({"failing": failing} if failing else {})


async def _in_each_repository(context: JobContext, one: Callable[[str], Awaitable[str]]) -> Mapping[str, object]:
    """What `one` says of each; a repository that fails does not keep the next from its turn, but fails the run."""
    said: dict[str, object] = {}
    failures: list[DaraaError] = []
    for name in repository_names(context.settings):
        try:
            said[name] = await one(name)
        except DaraaError as error:
            _LOG.error("%s: repository %s: %s (%s) → %s", context.job, name, error.message, error.code, error.hint)
            said[name] = f"failed: {error.code}: {error.message}"
            failures.append(error)
    if failures:
        told = " ".join(f"{name}: {text}" for name, text in said.items())
        raise DaraaError(BACKUP_DUTY_FAILED, told, hint=failures[0].hint)
    return said


async def alone(
    context: JobContext, work: Callable[[], Awaitable[Mapping[str, object]]], *, wait_s: float = 0.0
) -> Mapping[str, object]:
    """Do `work` while no other backup duty runs anywhere; after `wait_s` without a turn, say so instead.

    Work whose lease goes to another worker is cancelled, and `jobs.lease.lost` raised.
    """
    held = await _turn(context, wait_s)
    if held is None:
        if wait_s:
            raise DaraaError(
                BACKUP_DUTY_FAILED,
                f"Another backup duty ran for more than {wait_s:.0f} s.",
                hint="`daraa jobs history`",
            )
        return {"skipped": BUSY}
    beat = asyncio.create_task(beat_until_lost(held.renew, held.seconds))
    doing = asyncio.ensure_future(work())
    try:
        await asyncio.wait({beat, doing}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise DaraaError(LEASE_LOST, f"The lease {LEASE!r} went to another worker.", hint="It goes on there.")
        return doing.result()
    finally:
        # The lease is kept until the work has really stopped.
        doing.cancel()
        await asyncio.wait({doing})
        beat.cancel()
        await held.release()


async def _turn(context: JobContext, wait_s: float) -> Held | None:
    until = time.monotonic() + wait_s
    while True:
        seconds, worker = context.settings.jobs.lease_s, f"{context.job}#{context.fence.number}"
        held = await acquire(context.mongo, LEASE, worker=worker, seconds=seconds)
        if held is not None or time.monotonic() >= until:
            return held
        await asyncio.sleep(min(_ASK_EVERY_S, max(until - time.monotonic(), 0.0)))


def _taking(settings: Settings) -> Job:
    section = settings.backup
    try:
        return Job(
            name=TAKE,
            purpose="Takes a backup into every repository; its verification is due right after it.",
            run=take_copies,
            cron=section.cron,
            timezone=section.timezone,
            timeout_s=8 * _HOUR_S,
        )
    except DeclarationError as error:
        raise DaraaError(
            SETTING_INVALID,
            f"DARAA_BACKUP_CRON or DARAA_BACKUP_TIMEZONE is not valid: {error}",
            hint="See docs/settings.md.",
        ) from None


_VERIFYING = Job(
    name=VERIFY,
    purpose="Restores the newest unverified copy of every repository into the scratch database and compares it.",
    run=verify_copies,
    cron="40 * * * *",
    timeout_s=12 * _HOUR_S,
)
_PRUNING = Job(
    name=PRUNE,
    purpose="Announces and deletes copies that the rule no longer keeps; due after a verification that was green.",
    run=prune_copies,
    cron="10 5 * * *",
    timeout_s=2 * _HOUR_S,
)
_CHECKING = Job(
    name=CHECK,
    purpose="Judges every condition of every repository, and names in the log what is not good.",
    run=check_copies,
    cron="20 * * * *",
    timeout_s=600,
)
