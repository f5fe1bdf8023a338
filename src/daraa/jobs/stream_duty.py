"""The duty that streams the oplog into the repository of the settings, a slice at a time."""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import timedelta

from daraa.jobs.registry import Job, JobContext
from daraa.kernel.settings import Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.repositories import opened_repository
from daraa.ops.backup.stream import Streamed, stream_slice
from daraa.ops.backup.stream_start import newest_slice
from daraa.stores.mongo import open_mongo

_LOG = logging.getLogger(__name__)
EVERY_S = 60.0


async def stream_oplog(context: JobContext) -> str | Mapping[str, object]:
    """The slices that are due until the next run: one, unless the settings ask for shorter ones than a minute."""
    settings, began = context.settings, time.monotonic()
    section = settings.backup
    key = load_key(settings)
    counts = {"slices": 0, "entries": 0, "bytes": 0}
    mongo = open_mongo(_lean(settings), "backup")
    try:
        async with opened_repository(settings, section.stream) as target:
            head = await newest_slice(target.store, key)
            if section.stream_slice_s > EVERY_S and head.slice is not None:
                age = (SYSTEM_CLOCK.now() - head.slice.read_at).total_seconds()
                if 0 <= age < section.stream_slice_s - EVERY_S / 2:
                    return f"the newest slice is {age:.0f} s old"
            while True:
                made = await stream_slice(mongo, target.store, key, SYSTEM_CLOCK)
                _count(counts, made)
                more = made is not None and made.behind
                if not more and time.monotonic() - began + 1.5 * section.stream_slice_s > EVERY_S:
                    return counts
                await asyncio.sleep(0 if more else section.stream_slice_s)
    finally:
        await mongo.close()


def _count(counts: dict[str, int], made: Streamed | None) -> None:
    if made is None:
        return
    counts["slices"] += 1
    counts["entries"] += made.slice.entries
    counts["bytes"] += made.slice.bytes_stored
    if made.slice.previous is None and made.slice.number > 0:
        _LOG.error("a gap in the oplog that is streamed: %s A new range begins.", made.slice.because)
    if made.slice.schema_what:
        changes = ", ".join(made.slice.schema_what)
        _LOG.warning("the schema was changed (%s): no replay goes past it, take a backup", changes)


def _lean(settings: Settings) -> Settings:
    return settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"pool_min": 0})})


BACKUP_STREAM = Job(
    name="backup.stream",
    purpose="Streams what the database commits into a repository, so that any moment can be restored.",
    run=stream_oplog,
    every=timedelta(seconds=EVERY_S),
    timeout_s=1800,
)
