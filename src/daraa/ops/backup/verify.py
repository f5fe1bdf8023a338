"""Proves a backup by restoring it: only a backup that came back equal is one; everything else is a hope with a date."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from daraa import __version__
from daraa.collections.proofs import PROOFS
from daraa.declare.collection import Database
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import Clock
from daraa.ops.backup.blame import speaks_of_the_copy
from daraa.ops.backup.comparison import (
    differing_content,
    differing_indexes,
    differing_options,
    differing_proofs,
    strays,
)
from daraa.ops.backup.content_hash import ContentHash
from daraa.ops.backup.contents import Contents
from daraa.ops.backup.errors import BACKUP_UNKNOWN
from daraa.ops.backup.integrity import WHOLE, Subset, check_objects
from daraa.ops.backup.layout import manifest_key
from daraa.ops.backup.manifest import CollectionPart, Receipt
from daraa.ops.backup.restoration import Phase, Restoration, Restored, Tell, silent
from daraa.ops.backup.selection import part_of, select
from daraa.stores.mongo import restore_commands as commands
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.proofs import prove
from daraa.stores.mongo.raw_batches import raw_batches
from daraa.stores.mongo.restore_journal import JOURNAL, Journal
from daraa.stores.mongo.schema_commands import list_collections, list_indexes
from daraa.stores.objects.errors import MISSING

BATCH = 5000
"""Rows asked for at once; the server ends an answer at 16 MB anyway."""
SKIPPED = "the restore was skipped: nothing about this backup is proven"
NOT_LOOKED_AT = "the restored copy was not looked at"
LOOKED_AT = (Phase.REPLAYING, Phase.EXPIRING, Phase.RESTORED)
"""When content, proofs and shapes are compared; a restore that never came to one of them proves nothing."""
Meddle = Callable[[Phase, Mongo], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a backup is verified. `restore=False` reads the objects only, and the receipt is red: nothing is proven."""

    subset: Subset = WHOLE
    restore: bool = True
    parallel: int = 2


EVERYTHING = Asked()


async def _leave_alone(phase: Phase, scratch: Mongo) -> None:
    """Nobody touches the restored copy."""


async def verify_backup(
    scratch: Mongo,
    contents: Contents,
    clock: Clock,
    asked: Asked = EVERYTHING,
    *,
    tell: Tell = silent,
    meddle: Meddle = _leave_alone,
) -> Receipt:
    """Read the objects, restore into the databases of `scratch`, compare, write the signed receipt, drop the scratch.

    Begins with an empty scratch: what a killed run left there is dropped first, so that nothing old is taken for
    restored and the seconds are those of a whole restore. `meddle` is called at every phase before anything is looked
    at; with it tests spoil the restored copy and see that it is noticed. Raises what says nothing about the backup (a
    store or database that cannot be reached, missing rights, `backup.target.busy`) and writes no receipt then.
    """
    findings: list[str] = []
    integrity = await check_objects(contents, asked.subset)
    findings += integrity.findings
    look = _Look(scratch, contents, meddle)
    restored: Restored | None = None
    if not asked.restore:
        findings.append(SKIPPED)
    elif any("does not belong" not in each for each in integrity.findings):
        findings.append("it was not restored, because objects are missing or damaged")
    else:
        await _empty(scratch, clock)
        try:
            restored = await _restore(look, contents, clock, asked, tell, findings)
        finally:
            await commands.drop_databases(scratch)
    findings += look.findings
    if restored is not None and look.missed:
        findings.append(f"{NOT_LOOKED_AT} ({', '.join(look.missed)}): nothing about it is proven")
    receipt = look.receipt(clock, restored, integrity.read, findings)
    mark("verify.before_receipt")
    await _still_there(contents)
    await contents.put_receipt(receipt)
    return receipt


async def _still_there(contents: Contents) -> None:
    """A copy that was pruned meanwhile gets no receipt: one without its copy is odd, and nothing is pruned then."""
    backup_id = contents.manifest.backup_id
    try:
        await contents.store.head(manifest_key(backup_id))
    except DaraaError as error:
        if error.code != MISSING:
            raise
        raise DaraaError(
            BACKUP_UNKNOWN,
            f"The backup {backup_id} was removed while it was verified.",
            hint="Verify a newer one: `daraa backup verify latest`.",
        ) from error


async def _restore(
    look: "_Look", contents: Contents, clock: Clock, asked: Asked, tell: Tell, findings: list[str]
) -> Restored | None:
    restoration = Restoration(
        look.scratch,
        contents,
        select(contents.manifest),
        clock,
        parallel=asked.parallel,
        tell=tell,
        at=look.at,
    )
    try:
        return await restoration.run()
    except DaraaError as error:
        if not speaks_of_the_copy(error):
            raise
        findings.append(f"the restore failed: {error.message}")
        return None


async def _empty(scratch: Mongo, clock: Clock) -> None:
    journal = Journal(scratch)
    head = await journal.read()
    if head is not None:
        await journal.take_over(head, clock.now())
    await commands.drop_databases(scratch)


@dataclass
class _Look:
    """What is seen of the restored copy, phase by phase; the time it takes is not the restore's."""

    scratch: Mongo
    contents: Contents
    meddle: Meddle
    findings: list[str] = field(default_factory=list)
    documents: int = 0
    indexes: int = 0
    validators: int = 0
    proofs: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    phases: set[Phase] = field(default_factory=set)

    @property
    def missed(self) -> list[str]:
        """The phases that were to be looked at and were not."""
        return [each.value for each in LOOKED_AT if each not in self.phases]

    async def at(self, phase: Phase) -> None:
        """Called when the phase begins: the one before it is complete."""
        began = time.monotonic()
        await self.meddle(phase, self.scratch)
        if phase is Phase.REPLAYING:
            await self._content()
        elif phase is Phase.EXPIRING:
            await self._proofs()
        elif phase is Phase.RESTORED:
            await self._shapes()
        self.phases.add(phase)
        self.seconds += time.monotonic() - began

    async def _content(self) -> None:
        """Every restored row is read back and hashed; the manifest's hash is only what it is compared with."""
        for of in self.contents.manifest.collections:
            seen = ContentHash()
            async for batch in raw_batches(self.scratch, self._part(of), of.collection, BATCH):
                await asyncio.to_thread(seen.add, batch)
            self.documents += seen.documents
            self.findings += differing_content(of, seen.documents, seen.hexdigest())

    async def _proofs(self) -> None:
        checks = await prove(self.scratch, PROOFS, raising=True)
        self.proofs = {each.name: each.state.value for each in checks}
        self.findings += differing_proofs(checks, self.contents.manifest.proofs)

    async def _shapes(self) -> None:
        prefix, expected = self.contents.manifest.prefix, []
        schema = await self.contents.schema()
        for shape in schema.collections:
            name = f"{prefix}{shape.part.value}.{shape.name}"
            expected.append(name)
            options = await commands.options_of(self.scratch, shape.part, shape.name)
            differing = differing_options(name, shape.options, options)
            self.findings += differing
            if options is None:
                continue
            indexes = await list_indexes(self.scratch, shape.part, shape.name)
            self.findings += differing_indexes(name, shape.indexes, indexes)
            self.indexes += len(indexes)
            self.validators += bool(options.get("validator"))
        for view in schema.views:
            seen = await commands.view_options(self.scratch, view.part, view.name)
            self.findings += differing_options(f"{prefix}{view.part.value}.{view.name}", view.options, seen)
        there = [
            f"{prefix}{part.value}.{each['name']}"
            for part in Database
            for each in await list_collections(self.scratch, part)
            if each["name"] != JOURNAL
        ]
        self.findings += strays(expected, there)

    def _part(self, of: CollectionPart) -> Database:
        return part_of(of.database, self.contents.manifest)

    def receipt(self, clock: Clock, restored: Restored | None, objects: int, findings: list[str]) -> Receipt:
        """Green only when it was restored and nothing at all was found."""
        return Receipt(
            receipt_id=new_id("rct"),
            backup_id=self.contents.manifest.backup_id,
            manifest_sha256=self.contents.manifest_sha256,
            at=clock.now(),
            ok=restored is not None and not findings,
            seconds=round(max(restored.seconds - self.seconds, 0.0), 3) if restored else 0.0,
            findings=tuple(findings),
            collections=restored.collections if restored else 0,
            documents=self.documents,
            indexes=self.indexes,
            validators=self.validators,
            objects=objects,
            proofs=self.proofs,
            restored=restored is not None,
            tool_version=__version__,
        )
