"""The verb `restore`: a backup, or a part of it, into a place of choice."""

from dataclasses import dataclass

from daraa.kernel.settings import Settings
from daraa.kernel.time import Clock
from daraa.ops.backup.chunks import CHUNK_BYTES
from daraa.ops.backup.contents import Contents
from daraa.ops.backup.one_document import DocumentRestoration
from daraa.ops.backup.point_in_time import Journey
from daraa.ops.backup.reader import check_listing
from daraa.ops.backup.restoration import Restoration, Restored, Tell, silent
from daraa.ops.backup.restored_accounts import check_accounts_fit, restore_accounts
from daraa.ops.backup.selection import select
from daraa.ops.backup.target import checked_target, opened_target
from daraa.stores.mongo.client import open_mongo

COPIES = 8
"""Most copies of a chunk there are: as it comes in, joined, plain, split into documents (each with its overhead), in
the driver and on the wire; and what the allocator keeps of those before. At 2 GB 4.5 were measured, restoring
and verifying alike (docs/evidence)."""


def restore_memory_bound(parallel: int) -> int:
    """Most bytes that a restore, or a verification, adds to the process, whatever the size of the backup."""
    return parallel * CHUNK_BYTES * COPIES


@dataclass(frozen=True, slots=True)
class Wish:
    """What is restored and where to: `target` is the name of the main database there.

    `overwrite` is the target's name again when there is something in it; `accounts` brings back database accounts that
    the server lacks, too.
    """

    target: str
    collections: tuple[str, ...] = ()
    document_id: str | None = None
    overwrite: str = ""
    accounts: bool = False
    parallel: int = 2


async def restore_backup(
    settings: Settings,
    contents: Contents,
    wish: Wish,
    clock: Clock,
    tell: Tell = silent,
    journey: Journey | None = None,
) -> tuple[Restored, tuple[str, ...]]:
    """Restore, and say what was done and which accounts were made. May be killed and called again the same way.

    With a `journey` that begins at this backup the result is the state of its moment, not that of the backup.

    Raises `backup.target.invalid`, `.not_empty`, `.unfinished`, `.busy`, `backup.collection.unknown`,
    `backup.document.unknown`, `backup.object.damaged`, `backup.restore.differs`, `.not_done`.
    """
    checked_target(settings, wish.target)
    if wish.accounts:
        check_accounts_fit(contents, wish.target)
    selection = select(contents.manifest, wish.collections, wish.document_id)
    # Before the first collection of the target is dropped: what a listing can tell is told now.
    await check_listing(contents, strangers=True)
    async with opened_target(settings, wish.target) as mongo:
        kind = Restoration if selection.document_id is None else DocumentRestoration
        restoration = kind(
            mongo,
            contents,
            selection,
            clock,
            overwrite=wish.overwrite,
            parallel=wish.parallel,
            tell=tell,
            journey=journey,
        )
        restored = await restoration.run()
    return restored, await _accounts(settings, contents) if wish.accounts else ()


async def _accounts(settings: Settings, contents: Contents) -> tuple[str, ...]:
    admin = open_mongo(
        settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"pool_min": 0})}), "admin"
    )
    try:
        return await restore_accounts(admin, settings, contents)
    finally:
        await admin.close()
