"""One restore, step by step: every step may be killed and done again; the journal in the target knows which are over.

Clear, create (validators and plain indexes), load, replay the oplog, build unique indexes, build expiring ones, count.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from daraa.declare.collection import Database
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.time import Clock
from daraa.ops.backup.content_hash import MODULUS
from daraa.ops.backup.contents import content_hash
from daraa.ops.backup.manifest import CollectionPart
from daraa.ops.backup.point_in_time import Journey
from daraa.ops.backup.restorable import Restorable
from daraa.ops.backup.selection import Selection, Shape, part_of, split_indexes
from daraa.stores.mongo import restore_commands as commands
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.oplog_apply import Replay
from daraa.stores.mongo.restore_journal import JOURNAL, Journal, Mark
from daraa.stores.mongo.schema_commands import list_collections

NOT_EMPTY = register("backup.target.not_empty", status=409, en="The target is not empty", ar="وجهة الاستعادة غير فارغة")
UNFINISHED = register(
    "backup.target.unfinished", status=409, en="The target holds half a restore", ar="في الوجهة استعادة غير مكتملة"
)
DIFFERS = register(
    "backup.restore.differs", status=500, en="The copy is not what was backed up", ar="النسخة تخالف ما حُفظ"
)
NAMED_FIRST = 5


class Phase(StrEnum):
    """How far a restore is; everything before the phase is complete."""

    CLEARING = "clearing"
    LOADING = "loading"
    REPLAYING = "replaying"
    INDEXING = "indexing"
    EXPIRING = "expiring"
    RESTORED = "restored"


class Before(StrEnum):
    """What comes before a restore begins, when its source is a dump: it is read once to see that it is whole."""

    READING = "reading"


_ORDER = list(Phase)


@dataclass(frozen=True, slots=True)
class Far:
    """Progress: bytes as they are in the database and seconds, both of this run; documents of killed ones too."""

    phase: Phase | Before
    bytes: int
    of_bytes: int
    documents: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did; `left` are collections that were in the target and are not of the backup."""

    target: str
    backup_id: str
    collections: int
    documents: int
    bytes: int
    replayed: int
    seconds: float
    resumed: bool
    left: tuple[str, ...]


Tell = Callable[[Far], None]
At = Callable[[Phase], Awaitable[None]]


def silent(far: Far) -> None:
    """Whoever wants no progress gives nothing."""


async def nothing(phase: Phase) -> None:
    """Whoever does nothing in between gives nothing."""


@dataclass
class Restoration:
    """A restore of `contents` into the databases of `mongo`.

    `overwrite` must be the target's name when there is something in it. At most `parallel` chunks (16 MiB each) are in
    memory, each up to three times: stored, plain, and in the driver. `at` is called when a phase begins, which is where
    a verification looks at the target. With a `journey` it goes on from the backup to a later moment.
    """

    mongo: Mongo
    contents: Restorable
    selection: Selection
    clock: Clock
    overwrite: str = ""
    parallel: int = 2
    tell: Tell = silent
    at: At = nothing
    journey: Journey | None = None
    _replayed_through: int | None = None
    _marks: dict[str, Mark] = field(default_factory=dict)
    _resumed: bool = False
    _bytes: int = 0
    _of_bytes: int = 0
    _documents: int = 0
    _replayed: int = 0
    _began: float = field(default_factory=time.monotonic)

    async def run(self) -> Restored:
        """Restore; raises a DaraaError with the target as it is, to be continued by the same call."""
        self._began = time.monotonic()
        schema = await self.contents.schema()
        chosen = {(self._part(each), each.collection) for each in self.selection.collections}
        shapes = [each for each in schema.collections if (each.part, each.name) in chosen]
        views = schema.views if self.selection.whole else ()
        journal = Journal(self.mongo)
        phase = await self._begin(journal)
        beat = asyncio.create_task(journal.beat(self.clock))
        try:
            await self._steps(phase, shapes, views, journal)
            await self.at(Phase.RESTORED)
        finally:
            beat.cancel()
        left = await self._left()
        await journal.remove()
        self._say(Phase.RESTORED)
        return self.restored(left)

    async def _steps(self, phase: Phase, shapes: list[Shape], views: tuple[Shape, ...], journal: Journal) -> None:
        steps: tuple[tuple[Phase, Callable[[], Awaitable[None]]], ...] = (
            (Phase.CLEARING, self._clear),
            (Phase.LOADING, partial(self._load, shapes, journal)),
            (Phase.REPLAYING, partial(self._replay, journal)),
            (Phase.INDEXING, partial(self._index, shapes, 1)),
            (Phase.EXPIRING, partial(self._finish, shapes, views)),
        )
        for number, (each, step) in enumerate(steps):
            if _ORDER.index(each) < _ORDER.index(phase):
                continue
            await self.at(each)
            self._say(each)
            await step()
            mark(f"restore.{each}")
            await journal.enter(_ORDER[number + 1], self.clock.now())

    def restored(self, left: tuple[str, ...]) -> Restored:
        """What was done until now, with the names of what does not belong to it."""
        return Restored(
            self.mongo.settings.database,
            self.contents.manifest.backup_id,
            len(self.selection.collections),
            self._documents,
            self._bytes,
            self._replayed,
            time.monotonic() - self._began,
            self._resumed,
            left,
        )

    async def _begin(self, journal: Journal) -> Phase:
        """Where to start: at the beginning in an empty (or named) target, or where a dead restore of the same ended."""
        task = self.selection.task(self.contents.manifest)
        if self.journey is not None:
            task["to"] = self.journey.name
        head = await journal.read()
        now = self.clock.now()
        if head is not None and head["task"] == task:
            await journal.take_over(head, now)
            self._marks, self._resumed = await journal.marks(), True
            self._replayed_through = head.get("replayedThrough")
            self._documents = sum(each.documents for each in self._marks.values())
            return Phase(head["phase"])
        if head is not None:
            if not self.overwrite:
                raise self.unfinished(head["task"])
            self.allowed([])
            await journal.take_over(head, now)
            await journal.remove()
        self.allowed(await self.there())
        await journal.begin(task, Phase.CLEARING, now)
        return Phase.CLEARING

    def allowed(self, there: list[str]) -> None:
        """Refuse a target that holds these collections and is not named again, or is another than the named one."""
        target = self.mongo.settings.database
        if self.overwrite and self.overwrite != target:
            raise _not_empty(target, f"the name given is {self.overwrite}, the target is {target}")
        if there and not self.overwrite:
            raise _not_empty(target, f"it has {len(there)} collections: {', '.join(there[:NAMED_FIRST])}")

    def unfinished(self, task: dict[str, Any]) -> DaraaError:
        """The error for a target in which another restore was begun."""
        target = self.mongo.settings.database
        return DaraaError(
            UNFINISHED,
            f"{target} holds an unfinished restore of {task.get('backupId')}.",
            hint=f"Run that restore again to finish it, or begin anew with --overwrite {target}.",
        )

    async def there(self) -> list[str]:
        """All collections of the target, with their databases."""
        found = []
        for part in Database:
            found += [self._name(part, each["name"]) for each in await list_collections(self.mongo, part)]
        return sorted(name for name in found if not name.endswith(f".{JOURNAL}"))

    async def _left(self) -> tuple[str, ...]:
        ours = {self._name(self._part(each), each.collection) for each in self.selection.collections}
        return tuple(name for name in await self.there() if name not in ours)

    async def _clear(self) -> None:
        """Remove what stands in the way."""
        there = set(await self.there())
        for each in self.selection.collections:
            if self._name(self._part(each), each.collection) in there:
                await commands.drop_as(self.mongo, self._part(each), each.collection)

    async def _load(self, shapes: list[Shape], journal: Journal) -> None:
        for shape in shapes:
            await commands.create_as(self.mongo, shape.part, shape.name, dict(shape.options))
            await commands.index_as(self.mongo, shape.part, shape.name, split_indexes(shape.indexes)[0])
        mark("restore.created")
        work = [
            (each, number)
            for each in self.selection.collections
            for number, chunk in enumerate(each.chunks)
            if chunk.name not in self._marks
        ]
        self._of_bytes = sum(each.chunks[number].bytes_plain for each, number in work)
        await together(self.parallel, [partial(self._chunk, journal, *each) for each in work])
        for each in self.selection.collections:
            await self._compare(each)

    async def _chunk(self, journal: Journal, of: CollectionPart, number: int) -> None:
        chunk, part = of.chunks[number], self._part(of)
        documents = await self.contents.documents(of, number)
        await commands.insert_raw(self.mongo, part, of.collection, documents, again=self._resumed)
        mark("restore.chunk_written")
        seen = await asyncio.to_thread(content_hash, documents)
        done = Mark(seen.documents, seen.hexdigest())
        await journal.done(chunk.name, done, self.clock.now())
        self._marks[chunk.name] = done
        self._documents += done.documents
        self._bytes += chunk.bytes_plain
        self._say(Phase.LOADING)

    async def _compare(self, of: CollectionPart) -> None:
        """What went in is what was copied, by hash and count, and the target holds as many."""
        marks = [self._marks[chunk.name] for chunk in of.chunks]
        summed = f"{sum(int(each.content_hash, 16) for each in marks) % MODULUS:064x}"
        documents = sum(each.documents for each in marks)
        there = await commands.count(self.mongo, self._part(of), of.collection)
        if (documents, summed) != (of.documents, of.content_hash):
            raise _differs(of, f"its chunks hold {documents} documents, or others than the {of.documents} recorded")
        if there != of.documents:
            raise _differs(of, f"the target holds {there} documents, the backup {of.documents}")

    async def _replay(self, journal: Journal) -> None:
        chosen = {(self._part(each), each.collection) for each in self.selection.collections}
        known = {(self._part(each), each.collection) for each in self.contents.manifest.collections}

        def wanted(part: Database, name: str, key: Any) -> bool:
            if name == JOURNAL:
                return False  # of another restore, into what was backed up
            return (part, name) in chosen or (self.selection.whole and (part, name) not in known)

        replay = Replay(self.mongo, self.contents.manifest.prefix, wanted)
        if self._replayed_through is None:
            for number in range(len(self.contents.manifest.oplog)):
                await replay.feed(await self.contents.oplog(number))
                self._replayed = replay.replayed
                self._say(Phase.REPLAYING)
        if self.journey is not None:
            await self._travel(self.journey, replay, journal)
        await replay.end()
        self._replayed = replay.replayed

    async def _travel(self, journey: Journey, replay: Replay, journal: Journal) -> None:
        """Replay what came after the backup. Where no transaction is half done, a killed run need not begin again."""
        done = -1 if self._replayed_through is None else self._replayed_through
        now = done
        async for number, entries in journey.entries(after=done):
            if now not in (done, number) and replay.settled:
                await journal.replayed(now, self.clock.now())
                mark("restore.slice_replayed")
            now = number
            await replay.feed(entries)
            self._replayed = replay.replayed
            self._say(Phase.REPLAYING)

    async def _index(self, shapes: list[Shape], group: int) -> None:
        for shape in shapes:
            if await commands.options_of(self.mongo, shape.part, shape.name) is None:
                continue  # dropped while it was copied, as the oplog told
            await commands.index_as(self.mongo, shape.part, shape.name, split_indexes(shape.indexes)[group])
            self._say(Phase.INDEXING if group == 1 else Phase.EXPIRING)

    async def _finish(self, shapes: list[Shape], views: tuple[Shape, ...]) -> None:
        await self._index(shapes, 2)
        for view in views:
            await commands.view_as(self.mongo, view.part, view.name, dict(view.options))

    def _name(self, part: Database, name: str) -> str:
        return f"{self.mongo.settings.database}{part.value}.{name}"

    def _part(self, of: CollectionPart) -> Database:
        return part_of(of.database, self.contents.manifest)

    def _say(self, phase: Phase) -> None:
        seconds = time.monotonic() - self._began
        self.tell(Far(phase, self._bytes, self._of_bytes, self._documents, seconds))


async def together(limit: int, work: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """At most `limit` at once; the first error ends all of them and comes out itself."""
    left = iter(work)

    async def worker() -> None:
        for each in left:
            await each()

    workers = [asyncio.create_task(worker()) for _ in range(min(limit, len(work)))]
    try:
        for finished in asyncio.as_completed(workers):
            await finished
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _not_empty(target: str, why: str) -> DaraaError:
    return DaraaError(
        NOT_EMPTY,
        f"Nothing was restored into {target}: {why}.",
        hint=f"Restore to another name, or say --overwrite {target}: its collections of the same names are replaced.",
    )


def _differs(of: CollectionPart, why: str) -> DaraaError:
    return DaraaError(
        DIFFERS,
        f"{of.database}.{of.collection}: {why}.",
        hint="Does something else write into the target? Else verify this backup and use another one.",
    )
