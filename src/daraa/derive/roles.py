"""The custom role of every database account, derived from what each collection grants; nothing is granted elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from daraa.declare.access import ACCOUNTS, ACTIONS, Account, user_name
from daraa.declare.collection import Collection, Database
from daraa.declare.retention import Archive
from daraa.declare.shape import walk

SCRATCH = ("_scratch", "_probe")
"""Suffixes of the databases that the restore and probe accounts own."""
WRITABLE_BY_MIGRATOR = (Database.MAIN, Database.ARCHIVE)
PROBE_COLLECTION = "schemaProbe"
"""The only collection that the migrator may drop: it finds out there what the server can do."""


@dataclass(frozen=True)
class Role:
    """A role named like its account: privileges as MongoDB's createRole takes them, built-in roles it inherits."""

    account: Account
    name: str
    privileges: tuple[dict[str, Any], ...]

    def as_command(self) -> dict[str, Any]:
        """The arguments of createRole and updateRole beside the role's name."""
        inherited = [{"role": name, "db": "admin"} for name in self.account.builtin]
        return {"privileges": list(self.privileges), "roles": inherited}


def roles(collections: Iterable[Collection[Any]], prefix: str) -> dict[str, Role]:
    """Every account's role, by its key (`app`); `prefix` is the name of the main database."""
    known = tuple(collections)
    grants = {
        "app": _app(known, prefix),
        "migrator": _migrator(prefix),
        "backup": _backup(prefix),
        "restore": restores_into(prefix + SCRATCH[0]),
        "archiver": _archiver(known, prefix),
        "exporter": (_on("local", "", "find"),),
        "probe": (
            *_read_without_secrets(known, prefix),
            _on(f"{prefix}{SCRATCH[1]}", "", *ACTIONS, "createCollection", "createIndex", "dropCollection", *SEE),
        ),
        "readonly": _read_without_secrets(known, prefix),
    }
    return {key: Role(account, user_name(key, prefix), tuple(grants[key])) for key, account in ACCOUNTS.items()}


SEE = ("listIndexes", "listCollections")
FILL = ("createCollection", "createIndex", "dropCollection", "dropDatabase", "bypassDocumentValidation")
"""What it takes, beside reading and writing, to fill a database with a backup and to remove it again."""


def restores_into(target: str) -> tuple[dict[str, Any], ...]:
    """The privileges to restore a backup into the databases whose main one is called `target`, and nowhere else."""
    return tuple(_on(target + part.value, "", *ACTIONS, *FILL, *SEE) for part in Database)


def _on(db: str, collection: str, *actions: str) -> dict[str, Any]:
    return {"resource": {"db": db, "collection": collection}, "actions": sorted(set(actions))}


def _databases(prefix: str) -> list[str]:
    return [prefix + part.value for part in Database]


def _app(known: tuple[Collection[Any], ...], prefix: str) -> tuple[dict[str, Any], ...]:
    per_collection = [
        _on(prefix + each.database.value, each.db_name, *each.access.app.split(), "listIndexes")
        for each in known
        if each.access.app
    ]
    return (*(_on(db, "", "listCollections") for db in _databases(prefix)), *per_collection)


def _migrator(prefix: str) -> tuple[dict[str, Any], ...]:
    """Schema work everywhere, data changes in the main and archive databases; never a drop of a collection of ours."""
    schema = (
        "find",
        "createCollection",
        "createIndex",
        "dropIndex",
        "collMod",
        "collStats",
        "renameCollectionSameDB",
        *SEE,
    )
    everywhere = tuple(
        _on(prefix + part.value, "", *schema, *(("insert", "update") if part in WRITABLE_BY_MIGRATOR else ()))
        for part in Database
    )
    return (*everywhere, _on(prefix, PROBE_COLLECTION, "dropCollection"))


def _backup(prefix: str) -> tuple[dict[str, Any], ...]:
    """Reads: all documents of ours, what they look like, the oplog, who exists. The built-in role could also write."""
    reads = tuple(_on(db, "", "find", "collStats", *SEE) for db in _databases(prefix))
    return (*reads, _on("local", "oplog.rs", "find"), _on("admin", "", "viewRole", "viewUser"))


def _archiver(known: tuple[Collection[Any], ...], prefix: str) -> tuple[dict[str, Any], ...]:
    hot = [
        _on(prefix + each.database.value, each.db_name, *each.access.archiver.split())
        for each in known
        if each.access.archiver
    ]
    cold = [
        _on(prefix + Database.ARCHIVE.value, each.db_name, "find", "insert")
        for each in known
        if isinstance(each.retention, Archive)
    ]
    return (*hot, *cold)


def _read_without_secrets(known: tuple[Collection[Any], ...], prefix: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        _on(prefix + each.database.value, each.db_name, "find", "listIndexes")
        for each in known
        if not holds_secrets(each)
    )


def holds_secrets(collection: Collection[Any]) -> bool:
    """True when any field of the collection is marked Secret."""
    return any(node.sensitivity == "secret" for _, node in walk(collection.shape))
