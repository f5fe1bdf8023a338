"""Brings one document of a backup back into its collection: found and brought to its moment in memory, written once."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.manifest import CollectionPart
from daraa.ops.backup.restoration import Phase, Restoration, Restored, together
from daraa.ops.backup.selection import Shape, split_indexes
from daraa.stores.mongo import restore_commands as commands
from daraa.stores.mongo.client import Raw
from daraa.stores.mongo.oplog_apply import Place, Replay, decoded, encoded
from daraa.stores.mongo.restore_journal import Journal

DOCUMENT_UNKNOWN = register(
    "backup.document.unknown", status=404, en="The backup has no such document", ar="لا يوجد هذا المستند في النسخة"
)


@dataclass
class DocumentRestoration(Restoration):
    """A restore of the one document that the selection names.

    The target is touched only when it is known what the document was: live readers see no state between, an error
    leaves their own one alone, and there is nothing half done that a journal would have to tell of.
    """

    async def run(self) -> Restored:
        """Restore; raises `backup.document.unknown` where the moment has no such document."""
        self._began = time.monotonic()
        journal = Journal(self.mongo)
        head = await journal.read()
        if head is not None:
            await journal.refuse(head, self.clock.now())
            raise self.unfinished(head["task"])
        self.allowed(await self.there())
        found = await self._found()
        rows = {place: row for place, row in found.items() if row is not None}
        if not rows:
            raise DaraaError(
                DOCUMENT_UNKNOWN,
                f"The backup {self.contents.manifest.backup_id} has no {self.selection.collections[0].collection} "
                f"with the id {self.selection.document_id}.",
                hint="Nothing was changed. An earlier backup may have it: `daraa backup list`.",
            )
        schema = await self.contents.schema()
        for place, row in rows.items():
            await self._made(next((each for each in schema.collections if (each.part, each.name) == place), None))
            await commands.replace_raw(self.mongo, *place, row["_id"], encoded(row))
            self._documents += 1
        await self.at(Phase.RESTORED)
        self._say(Phase.RESTORED)
        return self.restored(await self._left())

    async def _found(self) -> dict[Place, Raw | None]:
        """The document as it was at the moment, by where it was; None for one that was deleted by then."""
        found: dict[Place, Raw | None] = {}
        work = [(each, number) for each in self.selection.collections for number in range(len(each.chunks))]
        self._of_bytes = sum(each.chunks[number].bytes_plain for each, number in work)
        await self.at(Phase.LOADING)
        await together(self.parallel, [partial(self._look, found, *each) for each in work])
        await self.at(Phase.REPLAYING)
        places = {(self._part(each), each.collection) for each in self.selection.collections}

        def wanted(part: Database, name: str, key: Any) -> bool:
            return (part, name) in places and key == self.selection.document_id

        replay = Replay(self.mongo, self.contents.manifest.prefix, wanted, held=found)
        for number in range(len(self.contents.manifest.oplog)):
            await replay.feed(await self.contents.oplog(number))
            self._say(Phase.REPLAYING)
        if self.journey is not None:
            async for _, entries in self.journey.entries(after=-1):
                await replay.feed(entries)
                self._say(Phase.REPLAYING)
        await replay.end()
        self._replayed = replay.replayed
        return found

    async def _look(self, found: dict[Place, Raw | None], of: CollectionPart, number: int) -> None:
        for each in await self.contents.documents(of, number):
            if commands.id_of(each) == self.selection.document_id:
                found[self._part(of), of.collection] = decoded(each)
        self._bytes += of.chunks[number].bytes_plain
        self._say(Phase.LOADING)

    async def _made(self, shape: Shape | None) -> None:
        """The collection as it was, where there is none; one that is there keeps its own validator and indexes."""
        if shape is None or await commands.options_of(self.mongo, shape.part, shape.name) is not None:
            return
        await commands.create_as(self.mongo, shape.part, shape.name, dict(shape.options))
        for group in split_indexes(shape.indexes):
            await commands.index_as(self.mongo, shape.part, shape.name, group)
