"""The verb `restore --from-dump`: a dump of MongoDB's own tools, or an export of ours, into a place of choice."""

import asyncio
from pathlib import Path

from daraa.kernel.settings import Settings
from daraa.kernel.time import Clock
from daraa.ops.backup.dump_contents import read_dump
from daraa.ops.backup.dump_plan import plan_dump
from daraa.ops.backup.one_document import DocumentRestoration
from daraa.ops.backup.restoration import Restoration, Restored, Tell, silent
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.selection import select
from daraa.ops.backup.target import checked_target, opened_target
from daraa.stores.dumps.errors import unsupported
from daraa.stores.dumps.opening import open_dump


async def restore_dump(
    settings: Settings, path: Path, wish: Wish, clock: Clock, tell: Tell = silent, *, prefix: str = ""
) -> tuple[Restored, tuple[str, ...]]:
    """Restore, and say what was done and what of the dump was left out and why.

    `prefix` names the dump's main database where that is not clear. The whole of what is restored is read and checked
    before anything is written. May be killed and called again the same way. Raises `backup.dump.*`, and as
    `restore_backup` does.
    """
    checked_target(settings, wish.target)
    if wish.accounts:
        raise unsupported(str(path), "accounts are not restored from dumps", "Run `daraa accounts apply`.")
    dump = await asyncio.to_thread(open_dump, path)
    try:
        plan = plan_dump(dump.found, dump.where, prefix=prefix, names=wish.collections)
        contents = await read_dump(dump, plan, tell)
        selection = select(contents.manifest, wish.collections, wish.document_id)
        async with opened_target(settings, wish.target) as mongo:
            kind = Restoration if selection.document_id is None else DocumentRestoration
            restoration = kind(
                mongo, contents, selection, clock, overwrite=wish.overwrite, parallel=wish.parallel, tell=tell
            )
            restored = await restoration.run()
    finally:
        dump.close()
    return restored, (*plan.left_out, *(f"{name}: no tool writes such a file" for name in dump.strangers))
