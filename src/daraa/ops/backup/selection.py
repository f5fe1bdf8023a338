"""Decides, without touching anything, what of a backup is restored, where to, and in which order its indexes come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from daraa.declare.collection import Database
from daraa.declare.names import did_you_mean
from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.manifest import CollectionPart, ObjectPart

COLLECTION_UNKNOWN = register(
    "backup.collection.unknown", status=404, en="The backup has no such collection", ar="لا توجد هذه المجموعة في النسخة"
)
FOREIGN_DATABASE = register(
    "backup.database.foreign", status=500, en="The backup holds another's database", ar="تحوي النسخة قاعدة غريبة"
)
ID_NEEDS_COLLECTION = register(
    "backup.restore.id_alone", status=400, en="A document needs its collection", ar="المستند يحتاج إلى مجموعته"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A collection beside its documents: its options as `create` takes them, its indexes as listIndexes tells them.

    `uuid` is the server's own name for it (32 hex digits), empty where it told none.
    """

    part: Database
    name: str
    options: Mapping[str, Any]
    indexes: tuple[Mapping[str, Any], ...]
    uuid: str = ""


class Told(Protocol):
    """What is known of a source before it is read: a backup's manifest says it, or the first reading of a dump."""

    @property
    def backup_id(self) -> str:
        """Which source it is: a killed restore is continued from the same one alone."""

    @property
    def prefix(self) -> str:
        """Name of the main database there."""

    @property
    def collections(self) -> tuple[CollectionPart, ...]:
        """Its collections with their chunks."""

    @property
    def oplog(self) -> tuple[ObjectPart, ...]:
        """The parts of the oplog that brings all collections to one moment."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is restored: whole collections, or of one collection the document with one id."""

    collections: tuple[CollectionPart, ...]
    document_id: str | None = None
    whole: bool = True

    def task(self, manifest: Told) -> dict[str, Any]:
        """What a journal says of it: a killed restore is continued by the same task alone."""
        names = sorted(f"{each.database}.{each.collection}" for each in self.collections)
        return {"backupId": manifest.backup_id, "collections": names, "documentId": self.document_id}


def part_of(database: str, manifest: Told) -> Database:
    """Which of our databases it is; `backup.database.foreign` when it is none of the backup's prefix."""
    suffix = database.removeprefix(manifest.prefix)
    if not database.startswith(manifest.prefix) or suffix not in set(Database):
        raise DaraaError(
            FOREIGN_DATABASE,
            f"The backup names the database {database}, which does not belong to {manifest.prefix}.",
            hint="It was written by another version; nothing was restored.",
        )
    return Database(suffix)


def select(manifest: Told, names: Sequence[str] = (), document_id: str | None = None) -> Selection:
    """The collections of these names (`orders`, or `daraa_ledger.journals`); all of them when there is no name.

    A name without a database means that collection in every database that has it. Raises
    `backup.collection.unknown`, and `backup.restore.id_alone` for a document without exactly one collection.
    """
    if document_id is not None and len(names) != 1:
        raise DaraaError(
            ID_NEEDS_COLLECTION,
            "A document is restored from one collection.",
            hint="Name it: --collection orders --id ord_….",
        )
    chosen: dict[tuple[str, str], CollectionPart] = {}
    for name in names:
        found = [each for each in manifest.collections if name in _names(each)]
        if not found:
            known = sorted({each.collection for each in manifest.collections})
            raise DaraaError(
                COLLECTION_UNKNOWN,
                f"The backup {manifest.backup_id} has no collection {name}.",
                hint=did_you_mean(name, known),
            )
        chosen |= {(each.database, each.collection): each for each in found}
    whole = not names
    return Selection(manifest.collections if whole else tuple(chosen.values()), document_id, whole)


def split_indexes(
    indexes: Iterable[Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Plain, unique and expiring ones, without `_id_`.

    Plain ones may be there while documents come in. Unique ones only fit when all collections stand at one moment,
    after the oplog; expiring ones come last, so that nothing vanishes while it is restored.
    """
    plain: list[dict[str, Any]] = []
    unique: list[dict[str, Any]] = []
    expiring: list[dict[str, Any]] = []
    for each in indexes:
        if each["name"] == "_id_":
            continue
        group = expiring if "expireAfterSeconds" in each else unique if each.get("unique") else plain
        group.append(dict(each))
    return plain, unique, expiring


def _names(part: CollectionPart) -> tuple[str, str]:
    return part.collection, f"{part.database}.{part.collection}"
