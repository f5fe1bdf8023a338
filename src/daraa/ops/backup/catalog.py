"""What a repository holds: each copy with its state, in one pass over the listing and memory for one copy at a time.

A copy is believed by its signed manifest only, and compared with the objects that are there. A listing that did not
come to its end says so, and nobody may delete by it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import is_id
from daraa.ops.backup import layout
from daraa.ops.backup.errors import BACKUP_UNKNOWN, COPY_UNCLEAR, LISTING_INCOMPLETE
from daraa.ops.backup.keys import BackupKey
from daraa.ops.backup.manifest import (
    Manifest,
    Receipt,
    RepositoryMark,
    S,
    Tombstone,
    open_signed,
    peek_key_id,
    sha256_of,
)
from daraa.ops.backup.slices import NO_SLICES, SliceListing, read_slices
from daraa.stores.objects import ObjectInfo, ObjectStore
from daraa.stores.objects.errors import MISSING

_LARGEST_MANIFEST = 256 * 1024 * 1024  # one of 16 TiB of data
_LARGEST_NOTE = 8 * 1024 * 1024


class State(StrEnum):
    """What is known about a copy. Only `VERIFIED` was restored and compared."""

    VERIFIED = "verified"
    COMPLETE = "complete"
    FAILED = "failed"
    DAMAGED = "damaged"
    TAMPERED = "tampered"
    UNREADABLE = "unreadable"
    OTHER_KEY = "other_key"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a believed manifest says, without the list of its objects, which may be long. Sizes in bytes."""

    started_at: datetime
    finished_at: datetime
    prefix: str
    server: str
    consistency: str
    tool_version: str
    collections: int
    documents: int
    bytes_plain: int
    bytes_stored: int
    oplog_to: str | None = None

    @property
    def seconds(self) -> float:
        """How long taking it lasted."""
        return (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class BackupState:
    """One copy: `objects` and `bytes_stored` as listed, `findings` what is wrong with it, `receipt` the newest one."""

    backup_id: str
    state: State
    objects: int
    bytes_stored: int
    last_written_at: datetime
    facts: Facts | None = None
    manifest_sha256: str | None = None
    receipt: Receipt | None = None
    tombstone: Tombstone | None = None
    buried_at: datetime | None = None
    findings: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment the copy is of; without a believed manifest, that of its newest object."""
        return self.facts.finished_at if self.facts else self.last_written_at


@dataclass(frozen=True, slots=True)
class Listing:
    """The copies, newest first. `problems`: what nobody here would have written; `why`: what ended the listing."""

    complete: bool
    backups: tuple[BackupState, ...] = ()
    problems: tuple[str, ...] = ()
    mark: RepositoryMark | None = None
    why: str = ""
    slices: SliceListing = NO_SLICES

    @property
    def strays(self) -> tuple[BackupState, ...]:
        """Uploads that never got a manifest."""
        return tuple(each for each in self.backups if each.state is State.PARTIAL)


async def list_backups(store: ObjectStore, key: BackupKey) -> Listing:
    """Everything in a repository; errors of the store do not come out, they make the listing incomplete.

    Receipts and tombstones are read first: who takes, verifies or prunes meanwhile can then only make a copy look
    less proven than it is.
    """
    pass_ = _Pass(store, key)
    try:
        await pass_.run()
    except DaraaError as error:
        return pass_.listing(why=error.message)
    return pass_.listing()


async def newest_backup(store: ObjectStore, key: BackupKey, *, sound: bool = False) -> str:
    """The id of the newest copy with a believed manifest, whatever else is known of it unless it must be `sound`.

    Raises `backup.listing.incomplete`, `backup.copy.unknown` where there is none, and `backup.copy.unclear` rather
    than pass over a newer one whose manifest cannot be believed; of those that must be sound, also over one that is
    damaged or was found wanting by a verification.
    """
    listing = whole_listing(await list_backups(store, key))
    for backup in listing.backups:
        bad = sound and backup.state in (State.DAMAGED, State.FAILED)
        if backup.facts is not None and not bad:
            return backup.backup_id
        if backup.state is not State.PARTIAL:
            why = "; ".join((*backup.findings, *(backup.receipt.findings if backup.receipt else ()))[:1])
            raise DaraaError(
                COPY_UNCLEAR,
                f"The newest copy {backup.backup_id} is {backup.state}: {why}",
                hint="Name the copy to use by its id; `daraa backup list` shows them all.",
            )
    raise DaraaError(BACKUP_UNKNOWN, "There is no backup yet.", hint="Take one with `daraa backup take`.")


def whole_listing(listing: Listing) -> Listing:
    """The listing itself; `backup.listing.incomplete` when it did not come to its end."""
    if not listing.complete:
        raise DaraaError(
            LISTING_INCOMPLETE,
            f"The repository could not be listed to its end: {listing.why}",
            hint="`daraa backup check` says whether it can be reached.",
        )
    return listing


@dataclass
class _Pass:
    store: ObjectStore
    key: BackupKey
    mark: RepositoryMark | None = None
    slices: SliceListing = NO_SLICES
    receipts: dict[str, Receipt] = field(default_factory=dict)
    tombstones: dict[str, tuple[Tombstone, datetime]] = field(default_factory=dict)
    found: list[BackupState] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def run(self) -> None:
        await self._read_receipts()
        await self._read_tombstones()
        async for backup_id, objects in self._folders():
            self.found.append(await self._state(backup_id, objects))
        await self._read_mark()
        self.slices = await read_slices(self.store, self.key)
        self.problems += self.slices.problems
        self._compare()

    def listing(self, why: str | None = None) -> Listing:
        newest_first = sorted(self.found, key=lambda each: (each.at, each.backup_id), reverse=True)
        return Listing(why is None, tuple(newest_first), tuple(self.problems), self.mark, why or "", self.slices)

    async def _read_receipts(self) -> None:
        """The newest receipt of each copy; older ones are of no more use."""
        async for info in self.store.list(layout.RECEIPTS):
            parts = info.key.split("/")
            if len(parts) != 3 or not is_id(parts[1], "bkp"):
                self.problems.append(f"{info.key} is no receipt.")
                continue
            receipt = await self._note(info, Receipt)
            if receipt is None:
                continue
            if receipt.backup_id != parts[1] or f"{receipt.receipt_id}.json" != parts[2]:
                self.problems.append(f"{info.key} is the receipt of something else.")
            elif parts[1] not in self.receipts or receipt.at > self.receipts[parts[1]].at:
                self.receipts[parts[1]] = receipt

    async def _read_tombstones(self) -> None:
        async for info in self.store.list(layout.TOMBSTONES):
            tombstone = await self._note(info, Tombstone)
            if tombstone is not None and info.key != layout.tombstone_key(tombstone.backup_id):
                self.problems.append(f"{info.key} is the tombstone of something else.")
            elif tombstone is not None:
                # The later of two clocks: a wrong one can only lengthen the grace.
                self.tombstones[tombstone.backup_id] = (tombstone, max(tombstone.at, info.modified_at))

    async def _folders(self) -> AsyncIterator[tuple[str, list[ObjectInfo]]]:
        """Each copy with its objects; the listing comes in the order of keys, so that one copy is held at a time."""
        current, objects = "", list[ObjectInfo]()
        async for info in self.store.list(layout.BACKUPS):
            parts = info.key.split("/")
            if len(parts) < 3 or not is_id(parts[1], "bkp"):
                self.problems.append(f"{info.key} is no part of a backup.")
                continue
            if parts[1] != current and current:
                yield current, objects
                objects = []
            current = parts[1]
            objects.append(info)
        if current:
            yield current, objects

    async def _state(self, backup_id: str, objects: list[ObjectInfo]) -> BackupState:
        tombstone, buried_at = self.tombstones.get(backup_id, (None, None))
        state, facts, sha256, findings = State.PARTIAL, None, None, tuple[str, ...]()
        whole = next((each for each in objects if each.key == layout.manifest_key(backup_id)), None)
        if whole is not None:
            content = await self._content(whole, _LARGEST_MANIFEST)
            state, manifest, problem = self._believe(backup_id, content)
            if manifest is None:
                self.problems.append(problem)
                findings = (problem,)
            else:
                facts, sha256 = _facts(manifest), sha256_of(content)
                findings = tuple(_differences(manifest, objects))
                state = State.DAMAGED if findings else self._proven(backup_id, sha256)
        return BackupState(
            backup_id,
            state,
            objects=len(objects),
            bytes_stored=sum(each.size for each in objects),
            last_written_at=max(each.modified_at for each in objects),
            facts=facts,
            manifest_sha256=sha256,
            receipt=self.receipts.get(backup_id),
            tombstone=tombstone,
            buried_at=buried_at,
            findings=findings,
        )

    def _believe(self, backup_id: str, content: bytes) -> tuple[State, Manifest | None, str]:
        theirs = peek_key_id(content)
        if theirs is not None and theirs != self.key.id:
            return (
                State.OTHER_KEY,
                None,
                f"{backup_id} was made with the key {theirs}, and the one here is {self.key.id}.",
            )
        try:
            manifest = open_signed(content, self.key.signing, Manifest)
        except DaraaError as error:
            state = State.UNREADABLE if error.code.endswith("unreadable") else State.TAMPERED
            return state, None, f"{backup_id}: {error.message}"
        if manifest.backup_id != backup_id:
            return State.TAMPERED, None, f"{backup_id} holds the manifest of {manifest.backup_id}."
        return State.COMPLETE, manifest, ""

    def _proven(self, backup_id: str, sha256: str) -> State:
        receipt = self.receipts.get(backup_id)
        if receipt is None or receipt.manifest_sha256 != sha256:
            return State.COMPLETE
        return State.VERIFIED if receipt.ok and receipt.restored else State.FAILED

    def _compare(self) -> None:
        """What hints that the listing shows less, or more, than this installation's repository."""
        there = {each.backup_id for each in self.found}
        for backup_id in self.receipts.keys() - there - self.tombstones.keys():
            self.problems.append(f"{backup_id} has a receipt but is not listed.")
        for backup_id in self.tombstones.keys() - there:
            self.found.append(_gone(backup_id, *self.tombstones[backup_id]))
        if there and self.mark is None:
            self.problems.append(f"There are backups but no {layout.MARK}: is this the right place?")
        prefixes = sorted({each.facts.prefix for each in self.found if each.facts})
        if len(prefixes) > 1:
            self.problems.append(f"There are backups of several installations: {', '.join(prefixes)}.")

    async def _read_mark(self) -> None:
        try:
            info = await self.store.head(layout.MARK)
        except DaraaError as error:
            if error.code != MISSING:
                raise
            return
        self.mark = await self._note(info, RepositoryMark)

    async def _note(self, info: ObjectInfo, kind: type[S]) -> S | None:
        try:
            return open_signed(await self._content(info, _LARGEST_NOTE), self.key.signing, kind)
        except DaraaError as error:
            if not error.code.startswith("backup.manifest."):
                raise
            self.problems.append(f"{info.key}: {error.message}")
            return None

    async def _content(self, info: ObjectInfo, largest: int) -> bytes:
        """The content, or nothing (which no signature fits) when it is larger than it could be."""
        if info.size > largest:
            return b""
        return b"".join([piece async for piece in self.store.get(info.key)])


def _facts(manifest: Manifest) -> Facts:
    return Facts(
        started_at=manifest.started_at,
        finished_at=manifest.finished_at,
        prefix=manifest.prefix,
        server=f"{manifest.server.kind} {manifest.server.version}",
        consistency=manifest.consistency,
        oplog_to=manifest.oplog_to,
        tool_version=manifest.tool_version,
        collections=len(manifest.collections),
        documents=manifest.documents,
        bytes_plain=manifest.bytes_plain,
        bytes_stored=manifest.bytes_stored,
    )


def _differences(manifest: Manifest, objects: list[ObjectInfo]) -> list[str]:
    """Objects that the manifest names and are missing or of another size; and those that it does not name."""
    folder = layout.backup_folder(manifest.backup_id) + "/"
    sizes = {each.key.removeprefix(folder): each.size for each in objects}
    sizes.pop(layout.MANIFEST)
    chunks = (chunk for each in manifest.collections for chunk in each.chunks)
    found = []
    for part in (manifest.schema_part, *manifest.oplog, *chunks):
        size = sizes.pop(part.name, None)
        if size is None:
            found.append(f"{part.name} is missing.")
        elif size != part.bytes_stored:
            found.append(f"{part.name} has {size} bytes instead of {part.bytes_stored}.")
    found += [f"{name} does not belong to it." for name in sizes]
    return found


def _gone(backup_id: str, tombstone: Tombstone, buried_at: datetime) -> BackupState:
    """A copy of which only the tombstone is left: its deletion was cut short just before the end."""
    return BackupState(
        backup_id,
        State.PARTIAL,
        objects=0,
        bytes_stored=0,
        last_written_at=min(tombstone.at, buried_at),
        tombstone=tombstone,
        buried_at=buried_at,
    )
