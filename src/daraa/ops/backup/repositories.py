"""Which repositories an installation has, and how each is opened; every verb finds its repository here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.backup.errors import REPOSITORY_PAST, REPOSITORY_UNKNOWN
from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects, parse_target

LOCAL, REMOTE = "local", "remote"


@dataclass(frozen=True, slots=True)
class Repository:
    """An open repository: the name that people type, where it is (nothing secret), and its objects."""

    name: str
    place: str
    store: ObjectStore


def repository_names(settings: Settings) -> tuple[str, ...]:
    """The repositories that the settings name, the nearest first."""
    return (LOCAL, REMOTE) if settings.backup.remote_url else (LOCAL,)


def repository_target(settings: Settings, name: str) -> FolderTarget | S3Target:
    """Where a repository is; `backup.repository.unknown` when the settings name none such."""
    section = settings.backup
    if name not in repository_names(settings):
        raise DaraaError(
            REPOSITORY_UNKNOWN,
            f"There is no repository {name!r}.",
            hint=f"The settings name: {', '.join(repository_names(settings))}. `remote` is DARAA_BACKUP_REMOTE_URL.",
        )
    if name == LOCAL:
        url, endpoint, region = section.url or str(settings.home / "backups"), section.endpoint, section.region
    else:
        url, endpoint, region = section.remote_url, section.remote_endpoint, section.remote_region
    as_of = _moment(section.as_of)
    if not url.startswith("s3:"):
        if as_of is not None:
            raise _no_past(f"{name} is a folder, which has no older versions.", "Name the other: --repository.")
        return parse_target(url)
    target = parse_target(
        url,
        endpoint=endpoint or None,
        region=region,
        access_key=settings.secret(f"backup_{name}_s3_access_key_id"),
        secret_key=settings.secret(f"backup_{name}_s3_secret_access_key"),
    )
    return target if as_of is None or isinstance(target, FolderTarget) else replace(target, as_of=as_of)


@asynccontextmanager
async def opened_repository(settings: Settings, name: str = LOCAL) -> AsyncIterator[Repository]:
    """A repository, closed at the end. Raises as `repository_target` and `open_objects` do."""
    target = repository_target(settings, name)
    place = str(target.path) if isinstance(target, FolderTarget) else _shown(target)
    store = open_objects(target)
    try:
        yield Repository(name, place, store)
    finally:
        await store.close()


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _no_past(f"DARAA_BACKUP_AS_OF is {text!r}.", "Write it like 2026-11-23T10:00:00Z, with its zone.")
    return moment


def _no_past(problem: str, mend: str) -> DaraaError:
    return DaraaError(REPOSITORY_PAST, problem, hint=mend)


def _shown(target: S3Target) -> str:
    return f"s3://{target.bucket}/{target.prefix}".rstrip("/")
