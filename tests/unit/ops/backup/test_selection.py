"""What of a backup is restored, and in which order its indexes come."""

from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.ops.backup.manifest import CollectionPart, Manifest, ObjectPart, ServerSeen
from daraa.ops.backup.selection import part_of, select, split_indexes

PART = ObjectPart(name="schema.zst.enc", documents=0, bytes_plain=1, bytes_stored=1, sha256="0" * 64)


def collection(database: str, name: str) -> CollectionPart:
    """An empty one."""
    return CollectionPart(database=database, collection=name, documents=0, bytes=0, content_hash="0" * 64, chunks=())


def manifest(*collections: CollectionPart) -> Manifest:
    """Of a backup with these collections."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Manifest(
        backup_id=new_id("bkp"), repository_id="r", started_at=now, finished_at=now, tool_version="1",
        server=ServerSeen(kind="mongod", version="8"), prefix="daraa", consistency="none", key_id="k",
        wrapped_key="00", collections=collections, schema_part=PART, bytes_plain=0, bytes_stored=0,
    )  # fmt: skip


BACKUP = manifest(
    collection("daraa", "orders"), collection("daraa_archive", "orders"), collection("daraa_ledger", "journals")
)


def names(*asked: str) -> list[str]:
    """What is selected."""
    return [f"{each.database}.{each.collection}" for each in select(BACKUP, asked).collections]


def test_a_name_means_the_collection_in_every_database_that_has_it() -> None:
    assert names() == ["daraa.orders", "daraa_archive.orders", "daraa_ledger.journals"]
    assert names("orders") == ["daraa.orders", "daraa_archive.orders"]
    assert names("daraa_archive.orders", "journals") == ["daraa_archive.orders", "daraa_ledger.journals"]
    assert names("orders", "daraa.orders") == ["daraa.orders", "daraa_archive.orders"]


def test_an_unknown_collection_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DaraaError, match="no collection order") as refused:
        select(BACKUP, ["order"])
    assert "'orders'" in refused.value.hint


@pytest.mark.parametrize("asked", [(), ("orders", "journals")])
def test_a_document_needs_exactly_one_collection(asked: tuple[str, ...]) -> None:
    with pytest.raises(DaraaError) as refused:
        select(BACKUP, asked, "ord_1")
    assert refused.value.code == "backup.restore.id_alone"


def test_a_database_of_another_prefix_is_refused() -> None:
    assert part_of("daraa_ledger", BACKUP) is Database.LEDGER
    for foreign in ("other", "daraa_else", "daraax", ""):
        with pytest.raises(DaraaError, match="does not belong"):
            part_of(foreign, BACKUP)


def test_unique_indexes_wait_for_the_oplog_and_expiring_ones_for_everything() -> None:
    indexes: list[dict[str, Any]] = [
        {"name": "_id_", "key": {"_id": 1}},
        {"name": "ttl", "key": {"at": 1}, "expireAfterSeconds": 0},
        {"name": "plain", "key": {"a": 1}},
        {"name": "unique", "key": {"b": 1}, "unique": True},
    ]
    assert [[each["name"] for each in group] for group in split_indexes(indexes)] == [["plain"], ["unique"], ["ttl"]]


def test_the_same_wish_is_the_same_task_and_another_wish_is_not() -> None:
    task = select(BACKUP, ["orders"]).task(BACKUP)
    assert select(BACKUP, ["daraa_archive.orders", "daraa.orders"]).task(BACKUP) == task
    assert select(BACKUP, ["daraa.orders"]).task(BACKUP) != task
    assert select(BACKUP, ["orders"], "ord_1").task(BACKUP) != task
