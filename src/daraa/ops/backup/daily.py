"""What a repository needs each day: a copy, its proof, old copies let go; the worker and the timer call this."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.collections.proofs import PROOFS
from daraa.declare.access import user_name
from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings
from daraa.kernel.time import Clock
from daraa.ops.backup.catalog import BackupState, State, list_backups, whole_listing
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.leftovers import abort_leftovers
from daraa.ops.backup.manifest import Manifest, Receipt
from daraa.ops.backup.plan import PrunePlan
from daraa.ops.backup.prune import prune, pruning_of
from daraa.ops.backup.repositories import opened_repository
from daraa.ops.backup.retention import CLOCK_TOLERANCE, Decision
from daraa.ops.backup.slice_prune import prune_slices
from daraa.ops.backup.take import take
from daraa.ops.backup.take_events import Tell, silent
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo.client import Mongo, open_mongo
from daraa.stores.mongo.proofs import name_of, prove
from daraa.stores.process.secret_files import is_there

NO_ACCOUNT = register(
    "backup.account.missing",
    status=500,
    en="The database account that this needs cannot log in from here",
    ar="لا يمكن الدخول من هنا بحساب قاعدة البيانات المطلوب",
)
AGE_INVALID = register("backup.age.invalid", status=400, en="That is no age of a copy", ar="هذا ليس عمر نسخة")
OLDEST_HOURS = 87_600


@dataclass(frozen=True, slots=True)
class Taken:
    """A new copy; or none, because `already` is good enough."""

    manifest: Manifest | None = None
    already: BackupState | None = None

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        if self.manifest is not None:
            made = self.manifest
            return f"took {made.backup_id} ({made.documents} documents, {made.bytes_plain / 1e6:.1f} MB)"
        assert self.already is not None, "one of the two"
        return f"nothing taken: {self.already.backup_id} is of {self.already.at:%Y-%m-%d %H:%M} UTC"

    def as_dict(self) -> dict[str, str]:
        """The copy that was good enough, for programs."""
        assert self.already is not None, "only where nothing was taken"
        return {"backup_id": self.already.backup_id, "at": self.already.at.isoformat(), "state": self.already.state}


async def take_unless(
    settings: Settings, name: str, clock: Clock, *, since: datetime | None = None, tell: Tell = silent
) -> Taken:
    """Take a backup into the repository `name`, unless it has a copy that was begun at `since` or later.

    Only a whole copy counts that was not found wanting by a verification. The copy says which proofs of the market
    failed in the living database: they turn no receipt red. Raises what taking raises, and `backup.account.missing`.
    """
    key = load_key(settings)
    async with opened_repository(settings, name) as repository:
        if since is not None:
            listing = whole_listing(await list_backups(repository.store, key))
            if already := begun_since(listing.backups, since, clock.now()):
                return Taken(already=already)
        async with opened_backup_account(settings) as mongo:
            parallel, proofs = settings.backup.parallel, await states_of_proofs(mongo)
            made = await take(mongo, repository.store, key, clock, parallel=parallel, proofs=proofs, tell=tell)
            return Taken(made)


async def states_of_proofs(mongo: Mongo) -> dict[str, str]:
    """How each proof of the market stands in the living database, by name; without those that could not run.

    What fails is run once more: while others write, only what is still wrong then counts. Raises nothing of the
    database: a copy is worth taking whatever is known of the proofs, and nothing known is recorded as nothing.
    """
    try:
        checks = {each.name: each for each in await prove(mongo, PROOFS, raising=True)}
        failed = [each for each in PROOFS if checks[name_of(each)].state is CheckState.FAIL]
        checks |= {each.name: each for each in await prove(mongo, failed, raising=True)}
    except DaraaError:
        return {}
    return {name: each.state.value for name, each in checks.items() if each.state is not CheckState.UNKNOWN}


def begun_since(backups: tuple[BackupState, ...], since: datetime, now: datetime) -> BackupState | None:
    """The newest copy that was begun at `since` or later and may still be relied on; none of the future. Pure."""
    for each in _not_ahead(backups, now):
        relied_on = each.state in (State.VERIFIED, State.COMPLETE) and each.tombstone is None
        if relied_on and each.facts is not None and each.facts.started_at >= since:
            return each
    return None


async def verify_newest(settings: Settings, name: str, clock: Clock) -> Receipt | None:
    """Prove the newest copy of the repository that nobody has verified; None when there is none worth it."""
    key = load_key(settings)
    require_account(settings, "restore")
    async with opened_repository(settings, name) as repository:
        listing = whole_listing(await list_backups(repository.store, key))
        unproven = newest_unverified(listing.backups, clock.now())
        if unproven is None:
            return None
        contents = await open_contents(repository.store, unproven.backup_id, key)
        async with opened_target(settings, scratch_name(settings)) as scratch:
            return await verify_backup(scratch, contents, clock)


def newest_unverified(backups: tuple[BackupState, ...], now: datetime) -> BackupState | None:
    """The newest whole copy without a receipt, unless a newer one is verified already: older ones add nothing. Pure.

    One of the future is passed over: it would be the newest until its time comes.
    """
    for each in _not_ahead(backups, now):
        if each.state is State.VERIFIED:
            return None
        if each.state is State.COMPLETE and each.tombstone is None:
            return each
    return None


def _not_ahead(backups: tuple[BackupState, ...], now: datetime) -> list[BackupState]:
    """Without copies that a wrong clock dated later than now."""
    return [each for each in backups if each.at <= now + CLOCK_TOLERANCE]


async def prune_due(settings: Settings, name: str, clock: Clock) -> tuple[PrunePlan, tuple[Decision, ...]]:
    """Do what the rule of the repository says now; no copy goes unless a newer verified one is there."""
    async with opened_repository(settings, name) as repository:
        pruning = pruning_of(settings, repository, clock)
        agreed = await pruning.plan()
        done = await prune(pruning, agreed)
        await prune_slices(pruning, agreed)
        await abort_leftovers(repository.store, agreed.aborts)
        return agreed, done


@asynccontextmanager
async def opened_backup_account(settings: Settings) -> AsyncIterator[Mongo]:
    """The database as the account that takes backups, without idle connections."""
    require_account(settings, "backup")
    lean = settings.mongo.model_copy(update={"pool_min": 0})
    mongo = open_mongo(settings.model_copy(update={"mongo": lean}), "backup")
    try:
        yield mongo
    finally:
        await mongo.close()


def require_account(settings: Settings, account: str) -> None:
    """Raise `backup.account.missing` when the secret of that account is not on this machine."""
    user = user_name(account, settings.mongo.database)
    path = settings.secrets_dir / f"mongo_{user}"
    if not is_there(path):
        raise DaraaError(
            NO_ACCOUNT,
            f"The account {user} is needed, and its secret file {path} is not on this machine.",
            hint="Put it there (mode 0600), or let `daraa accounts apply` make the account; or set "
            "DARAA_BACKUP_DUTIES=off here and leave backups to a machine that has it.",
        )


def not_older_than(clock: Clock, hours: float) -> datetime:
    """The moment `hours` before now; `backup.age.invalid` beyond ten years."""
    if not 0 <= hours <= OLDEST_HOURS:
        raise DaraaError(
            AGE_INVALID,
            f"{hours} hours is no age of a copy.",
            hint=f"--unless-newer-than takes 0 to {OLDEST_HOURS:,} hours.",
        )
    return clock.now() - timedelta(hours=hours)
