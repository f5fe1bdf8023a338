"""Whether backups can be relied on, condition by condition; what could not be looked at is unknown, never good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from daraa.kernel.checks import Check, CheckState, as_metrics
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import BackupSettings, Settings
from daraa.kernel.time import Clock
from daraa.ops.backup import layout
from daraa.ops.backup.catalog import BackupState, Listing, State, list_backups
from daraa.ops.backup.keys import BackupKey, load_key
from daraa.ops.backup.leftovers import Leftovers, see_leftovers
from daraa.ops.backup.repositories import opened_repository, repository_names
from daraa.ops.backup.retention import CLOCK_TOLERANCE
from daraa.ops.backup.window_check import window_check, window_figures
from daraa.stores.objects import ObjectLock, ObjectStore

_USUAL = 7
"""How many earlier copies say what is usual."""
_SLOWER_BY_S = 60.0
_OK, _WARN, _FAIL, _UNKNOWN = CheckState.OK, CheckState.WARN, CheckState.FAIL, CheckState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of one repository; `listing` is None when it could not be looked at, and `trouble` says why."""

    repository: str
    place: str = ""
    trouble: DaraaError | None = None
    listing: Listing | None = None
    keeps_versions: bool | None = None
    lock: ObjectLock | None = None
    leftovers: Leftovers | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The checks of all repositories, and the figures behind them as Prometheus text."""

    checks: tuple[Check, ...]
    figures: str

    @property
    def metrics(self) -> str:
        """Checks and figures in Prometheus text format."""
        return as_metrics(self.checks, "backup") + self.figures

    @property
    def exit_code(self) -> int:
        """0: all is well, 1: something is wrong, 2: something wants attention or could not be told."""
        states = {check.state for check in self.checks}
        return 1 if _FAIL in states else 0 if states == {_OK} else 2


async def check_backups(settings: Settings, clock: Clock, only: str = "") -> Report:
    """Look at every repository of the settings (or the one named). A repository that fails is a result, no error."""
    try:
        key, checks = load_key(settings), []
        checks.append(Check("backup.key", _OK, f"The key {key.id} is there."))
    except DaraaError as error:
        key, checks = None, [Check("backup.key", _FAIL, error.message, error.hint)]
    names = (only,) if only else repository_names(settings)
    seen = [await _observe(settings, name, key, clock) for name in names]
    now = clock.now()
    for each in seen:
        checks += judge(each, settings.backup, now)
    if not only:
        checks.append(_elsewhere(names))
    checks += stream_checks(settings.backup.stream, repository_names(settings))
    return Report(tuple(checks), figures(seen, now))


async def _observe(settings: Settings, name: str, key: BackupKey | None, clock: Clock) -> Observed:
    place = ""
    try:
        async with opened_repository(settings, name) as repository:
            place = repository.place
            await repository.store.ping()
            if key is None:
                return Observed(name, place)
            listing = await list_backups(repository.store, key)
            store, grace = repository.store, timedelta(days=settings.backup.grace_days)
            return Observed(
                name,
                place,
                listing=listing,
                keeps_versions=await _keeps_versions(store, listing),
                lock=await store.object_lock(),
                leftovers=await see_leftovers(store, grace, clock.now()),
            )
    except DaraaError as error:
        return Observed(name, place, trouble=error)


async def _keeps_versions(store: ObjectStore, listing: Listing) -> bool | None:
    """Asked of what was written last, by the store's clock: versioning may have been turned off since the others."""
    newest = max(_good(listing), key=lambda each: each.last_written_at, default=None)
    if newest is not None:
        return await store.keeps_versions(layout.manifest_key(newest.backup_id))
    return await store.keeps_versions(layout.MARK) if listing.mark else None


def judge(seen: Observed, section: BackupSettings, now: datetime) -> list[Check]:
    """Every condition of one repository at `now`. Pure."""
    name = f"backup.{seen.repository}"
    if seen.trouble is not None:
        reached = Check(f"{name}.reachable", _FAIL, seen.trouble.message, seen.trouble.hint)
        return [reached, *_untold(name, "the repository cannot be reached")]
    reached = Check(f"{name}.reachable", _OK, f"{seen.place} answers.")
    if seen.listing is None:
        return [reached, *_untold(name, "there is no key to believe a manifest by")]
    if not seen.listing.complete:
        listed = Check(f"{name}.listing", _FAIL, seen.listing.why, "Run it again; nothing is pruned meanwhile.")
        return [reached, listed, *_untold(name, "the listing did not come to its end")[1:]]
    return [
        reached,
        _listing(name, seen.listing),
        _age(name, seen.listing, section, now),
        _verified(name, seen.listing, section, now),
        _size(name, seen.listing, section),
        _duration(name, seen.listing, section),
        _partial(name, seen.listing, section, now),
        _unfinished(name, seen.leftovers),
        _immutable(name, seen.keeps_versions, seen.lock),
        window_check(seen.repository, seen.listing, section, now),
    ]


_CONDITIONS = ("listing", "age", "verified", "size", "duration", "partial", "unfinished", "immutable", "window")


def _untold(name: str, why: str) -> list[Check]:
    return [Check(f"{name}.{each}", _UNKNOWN, f"It was not looked at: {why}.") for each in _CONDITIONS]


def _listing(name: str, listing: Listing) -> Check:
    damaged = [each for each in listing.backups if each.state is State.DAMAGED]
    problems = [
        *listing.problems,
        *listing.slices.findings,
        *(f"{each.backup_id}: {each.findings[0]}" for each in damaged),
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        hint = "`daraa backup show` tells more. Find out who writes or deletes there; nothing odd is ever pruned."
        return Check(f"{name}.listing", _FAIL, problems[0] + more, hint)
    return Check(f"{name}.listing", _OK, f"{len(_good(listing))} copies, all as their manifests say.")


def _age(name: str, listing: Listing, section: BackupSettings, now: datetime) -> Check:
    name, good = f"{name}.age", _good(listing)
    if not good:
        return Check(name, _FAIL, "There is no backup.", "Take one: `daraa backup take`.")
    age = now - good[0].at
    if age < -CLOCK_TOLERANCE:
        return _not_yet(name, good[0], "newest copy", now)
    evidence = f"The newest copy is {_hours(age)} old; {section.max_age_hours:g} hours are allowed."
    hint = "Is the worker running? `daraa jobs list` shows its runs; `daraa backup take` takes one now."
    return Check(name, _OK if age <= timedelta(hours=section.max_age_hours) else _FAIL, evidence, hint)


def _verified(name: str, listing: Listing, section: BackupSettings, now: datetime) -> Check:
    name, hint = f"{name}.verified", "Run `daraa backup verify`: only a copy that was restored is a backup."
    good, verified = _good(listing), _verified_of(listing)
    if good and good[0].state is State.FAILED and good[0].receipt:
        first = (good[0].receipt.findings or ("not restored",))[0]
        return Check(name, _FAIL, f"The newest copy did not pass: {first}", "Take another one and verify it.")
    if not verified:
        return Check(name, _FAIL, "No copy was ever restored and compared.", hint)
    age = now - verified[0].at
    if age < -CLOCK_TOLERANCE:
        return _not_yet(name, verified[0], "newest verified copy", now)
    evidence = f"{len(verified)} copies are verified, the newest is {_hours(age)} old."
    if age > timedelta(hours=section.max_age_hours):
        return Check(name, _FAIL, evidence, hint)
    if len(verified) < section.min_verified:
        return Check(name, _WARN, f"{evidence} {section.min_verified} have to be.", hint)
    return Check(name, _OK, evidence)


def _not_yet(name: str, copy: BackupState, what: str, now: datetime) -> Check:
    """A copy of the future says nothing of how old the others are, and nothing is pruned while it lies there."""
    evidence = f"The {what}, {copy.backup_id}, is of {copy.at:%F %R} UTC, which is not yet: it is {now:%F %R} UTC here."
    return Check(
        name,
        _FAIL,
        evidence,
        "Mend this machine's clock if it is behind. If it is right, the clock was ahead when that copy was taken: take "
        f"and verify another one, then move the folder {layout.backup_folder(copy.backup_id)} and the copy's receipts "
        f"({layout.RECEIPTS}/{copy.backup_id}) out of the repository.",
    )


def _size(name: str, listing: Listing, section: BackupSettings) -> Check:
    sizes = [each.facts.bytes_plain for each in _good(listing) if each.facts]
    if len(sizes) < 2:
        return Check(f"{name}.size", _UNKNOWN, "There are no two copies to compare.")
    usual = median(sizes[1 : 1 + _USUAL])
    evidence = f"The newest copy has {_megabytes(sizes[0])}, usual are {_megabytes(usual)}."
    smaller = sizes[0] < usual * (1 - section.size_drop_share)
    hint = "Was data deleted, or is the copy of another database? Compare with `daraa backup show`."
    return Check(f"{name}.size", _FAIL if smaller else _OK, evidence, hint)


def _duration(name: str, listing: Listing, section: BackupSettings) -> Check:
    spans = [each.facts.seconds for each in _good(listing) if each.facts]
    if len(spans) < 2:
        return Check(f"{name}.duration", _UNKNOWN, "There are no two copies to compare.")
    usual = median(spans[1 : 1 + _USUAL])
    evidence = f"The newest copy took {spans[0]:.0f} s, usual are {usual:.0f} s."
    slow = spans[0] > usual * section.slow_factor and spans[0] - usual > _SLOWER_BY_S
    hint = "Is the server or the store overloaded? See its load at the time of the copy."
    return Check(f"{name}.duration", _WARN if slow else _OK, evidence, hint)


def _partial(name: str, listing: Listing, section: BackupSettings, now: datetime) -> Check:
    old = [each for each in listing.strays if now - each.at > timedelta(days=section.grace_days)]
    evidence = f"{len(listing.strays)} copies have no manifest, {len(old)} of them for longer than the grace."
    return Check(f"{name}.partial", _WARN if old else _OK, evidence, "`daraa backup prune` cleans them.")


def _unfinished(name: str, leftovers: Leftovers | None) -> Check:
    name, hint = f"{name}.unfinished", "`daraa backup prune` aborts them: no listing shows them, yet they are paid for."
    if leftovers is None:
        return Check(name, _UNKNOWN, "It was not looked for uploads that were never completed.")
    evidence = f"{len(leftovers.each)} uploads are not completed, {len(leftovers.going)} for longer than the grace."
    if leftovers.going:
        return Check(name, _WARN, evidence, hint)
    if leftovers.unknown:
        return Check(name, _UNKNOWN, leftovers.unknown, "A lifecycle rule that aborts them does it without us.")
    return Check(name, _OK, evidence)


def _immutable(name: str, keeps_versions: bool | None, lock: ObjectLock | None) -> Check:
    name = f"{name}.immutable"
    if keeps_versions is None:
        hint = "A bucket with versioning or object lock can be told; keep one such copy."
        return Check(name, _UNKNOWN, "It cannot be told whether deleted copies could be had back.", hint)
    if not keeps_versions:
        return Check(name, _WARN, "Whoever may write there may delete for ever.", "Turn on versioning, or object lock.")
    kept = "The bucket keeps older versions of what is replaced or deleted"
    if lock is None:
        return Check(name, _OK, f"{kept}; whether they are locked is not told to these credentials.")
    if lock.days:
        return Check(name, _OK, f"{kept}, and locks each for {lock.days} days ({lock.mode.lower()}).")
    return Check(name, _OK, f"{kept}; they are not locked: an account that may delete versions may delete them.")


def _elsewhere(names: Sequence[str]) -> Check:
    if len(names) > 1:
        return Check("backup.elsewhere", _OK, f"There are {len(names)} repositories.")
    hint = "Set DARAA_BACKUP_REMOTE_URL: another place, and other credentials than the first."
    return Check("backup.elsewhere", _WARN, "All copies lie in one place.", hint)


def stream_checks(stream: str, names: Sequence[str]) -> list[Check]:
    """A failing one when the oplog is to go where there is no repository: no `window` would tell. Pure."""
    if not stream or stream in names:
        return []
    evidence = f"DARAA_BACKUP_STREAM is {stream!r}, and the repositories are: {', '.join(names)}. Nothing is streamed."
    hint = "Set it to one of them, or to nothing; `remote` is there once DARAA_BACKUP_REMOTE_URL is set."
    return [Check("backup.stream", _FAIL, evidence, hint)]


def _good(listing: Listing) -> list[BackupState]:
    """Copies whose manifest is believed and whose objects are there, newest first."""
    return [each for each in listing.backups if each.state in (State.VERIFIED, State.COMPLETE, State.FAILED)]


def _verified_of(listing: Listing) -> list[BackupState]:
    return [each for each in listing.backups if each.state is State.VERIFIED and each.tombstone is None]


def figures(seen: Sequence[Observed], now: datetime) -> str:
    """The figures as Prometheus text; what is not known has no line."""
    lines: list[str] = []
    for metric, meaning in _FIGURES.items():
        lines += [f"# HELP daraa_backup_{metric} {meaning}", f"# TYPE daraa_backup_{metric} gauge"]
        for each in seen:
            value = _figures_of(each, now).get(metric)
            if value is not None:
                lines.append(f'daraa_backup_{metric}{{repository="{each.repository}"}} {_number(value)}')
    return "\n".join(lines) + "\n"


_FIGURES = {
    "newest_age_seconds": "Age of the newest copy.",
    "verified_age_seconds": "Age of the newest verified copy: what would be lost.",
    "recovery_seconds": "Time that restoring the newest verified copy took.",
    "taking_seconds": "Time that taking the newest copy took.",
    "plain_bytes": "Size of the newest copy before compression.",
    "stored_bytes": "Size of everything that is stored.",
    "window_seconds": "Length of the newest range in which any moment can be restored.",
    "window_lag_seconds": "Age of the newest moment that can be restored: what would be lost.",
    "copies": "Whole copies.",
    "verified_copies": "Copies that were restored and compared.",
}


def _figures_of(seen: Observed, now: datetime) -> dict[str, float]:
    if seen.listing is None or not seen.listing.complete:
        return {}
    good, verified = _good(seen.listing), _verified_of(seen.listing)
    found = {
        "copies": float(len(good)),
        "verified_copies": float(len(verified)),
        "stored_bytes": float(sum(each.bytes_stored for each in seen.listing.backups)),
    }
    if good and good[0].facts:
        found["newest_age_seconds"] = (now - good[0].at).total_seconds()
        found["taking_seconds"] = good[0].facts.seconds
        found["plain_bytes"] = float(good[0].facts.bytes_plain)
    if verified and verified[0].receipt:
        found["verified_age_seconds"] = (now - verified[0].at).total_seconds()
        found["recovery_seconds"] = verified[0].receipt.seconds
    return found | window_figures(seen.listing, now)


def _number(value: float) -> str:
    """Whole numbers in full: a size in bytes has more digits than `g` would keep."""
    return str(int(value)) if value == int(value) else repr(value)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} hours"


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"
