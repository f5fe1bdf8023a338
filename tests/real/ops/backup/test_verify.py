"""Verifying means restoring and comparing: every way in which the restored copy can differ turns the receipt red."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure, PyMongoError

from daraa.declare.proof import Proof
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import State, list_backups
from daraa.ops.backup.chunks import Sealer
from daraa.ops.backup.content_hash import ContentHash
from daraa.ops.backup.contents import Contents, Schema
from daraa.ops.backup.integrity import Subset
from daraa.ops.backup.keys import derive_key
from daraa.ops.backup.layout import MANIFEST, backup_folder, manifest_key, receipt_key
from daraa.ops.backup.manifest import Manifest, Receipt, open_signed, sha256_of
from daraa.ops.backup.restoration import Phase, Restoration, Restored
from daraa.ops.backup.selection import part_of
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import EVERYTHING, NOT_LOOKED_AT, SKIPPED, Asked, verify_backup
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import translated
from daraa.stores.mongo.proofs import Violation
from daraa.stores.mongo.restore_journal import JOURNAL
from factories.backup_place import Place
from factories.backups import contents_of

pytestmark = pytest.mark.anyio
Spoil = Callable[[Any], Awaitable[Any]]


async def verify(
    place: Place, manifest: Manifest, asked: Asked = EVERYTHING, spoil: Spoil | None = None, at: Phase = Phase.REPLAYING
) -> Receipt:
    """Into the scratch; `spoil` gets its database at that phase, opened as the administrator."""

    async def meddle(phase: Phase, scratch: Mongo) -> None:
        if spoil is not None and phase is at:
            await spoil(place.client[scratch.settings.database])

    contents = await place.contents(manifest)
    async with opened_target(place.settings, scratch_name(place.settings)) as scratch:
        return await verify_backup(scratch, contents, SYSTEM_CLOCK, asked, meddle=meddle)


async def test_a_backup_that_comes_back_equal_gets_a_signed_receipt_and_the_scratch_is_gone(place: Place) -> None:
    manifest, before = await place.backup(), await contents_of(place.client, place.prefix)
    receipt = await verify(place, manifest)
    assert receipt.ok
    assert receipt.findings == ()
    assert receipt.documents == sum(documents for documents, _ in before.values()) == 165
    assert (receipt.collections, receipt.indexes, receipt.validators) == (5, 10, 1)
    assert receipt.proofs
    assert set(receipt.proofs.values()) == {"ok"}
    assert receipt.seconds > 0
    stored = b"".join([piece async for piece in place.store.get(receipt_key(manifest.backup_id, receipt.receipt_id))])
    assert open_signed(stored, place.key.signing, Receipt) == receipt
    written = b"".join([piece async for piece in place.store.get(manifest_key(manifest.backup_id))])
    assert receipt.manifest_sha256 == sha256_of(written)
    assert await contents_of(place.client, scratch_name(place.settings)) == {}
    assert await contents_of(place.client, place.prefix) == before


async def test_a_verify_whose_restore_was_skipped_is_red(place: Place) -> None:
    receipt = await verify(place, await place.backup(), Asked(restore=False))
    assert not receipt.ok
    assert receipt.findings == (SKIPPED,)
    assert not receipt.restored
    assert receipt.objects > 10


async def test_a_verify_whose_restore_only_claims_to_have_been_done_is_red(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the restore says of itself, what was not seen in the scratch is not believed."""
    manifest = await place.backup()

    async def nothing(self: Restoration) -> Restored:
        return Restored(
            target=scratch_name(place.settings),
            backup_id=manifest.backup_id,
            collections=len(manifest.collections),
            documents=manifest.documents,
            bytes=manifest.bytes_plain,
            replayed=0,
            seconds=1.0,
            resumed=False,
            left=(),
        )

    monkeypatch.setattr(Restoration, "run", nothing)
    receipt = await verify(place, manifest)
    assert not receipt.ok
    assert any(each.startswith(NOT_LOOKED_AT) for each in receipt.findings)


async def test_a_verify_whose_restore_loads_nothing_names_every_collection(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: Restoration, *words: object) -> None:
        """Skipped on purpose."""

    monkeypatch.setattr(Restoration, "_load", nothing)
    receipt = await verify(place, await place.backup())
    assert not receipt.ok
    for name in ("notes", "tokens", "_ledger.pages", "_archive.notes"):
        assert any(name in each and "0 documents in the restored copy" in each for each in receipt.findings), name


@pytest.mark.parametrize(
    ("spoil", "at", "finding"),
    [
        (lambda base: base.notes.update_one({"_id": "note_0003"}, {"$set": {"open": True}}), Phase.REPLAYING,
         "notes: the content differs"),
        (lambda base: base.notes.update_one({"_id": "note_0003"}, {"$set": {"number": 3.0}}), Phase.REPLAYING,
         "notes: the content differs"),
        (lambda base: base.tokens.delete_one({"_id": "tok_3"}), Phase.REPLAYING,
         "tokens: 8 documents in the restored copy, 9 in the backup"),
        (lambda base: base.notes.drop_index("byTitle"), Phase.REPLAYING, "notes: the index byTitle is missing"),
        (lambda base: base.notes.drop_index("byNumber"), Phase.RESTORED, "notes: the index byNumber is missing"),
        (lambda base: base.tokens.drop_index("ttl"), Phase.RESTORED, "tokens: the index ttl is missing"),
        (lambda base: base.command({"collMod": "tokens", "index": {"name": "ttl", "expireAfterSeconds": 999_999}}),
         Phase.RESTORED, "tokens: the index ttl is another one"),
        (lambda base: base.notes.create_index("more"), Phase.RESTORED, "notes: the index more_1 is not in the backup"),
        (lambda base: base.command({"collMod": "notes", "validator": {}}), Phase.REPLAYING,
         "notes: the validator is missing"),
        (lambda base: base.command({"collMod": "notes", "validationAction": "warn"}), Phase.RESTORED,
         "notes: the validationAction is another one"),
        (lambda base: base.drop_collection("empty"), Phase.RESTORED, "empty: the collection is missing"),
        (lambda base: base.strange.insert_one({}), Phase.RESTORED, "strange: the collection is not in the backup"),
        (lambda base: base.wallets.insert_one({"_id": "wal_1", "available": {"amount": 5}}), Phase.EXPIRING, "proof."),
    ],
)  # fmt: skip
async def test_whatever_was_spoilt_in_the_restored_copy_is_named(
    place: Place, spoil: Spoil, at: Phase, finding: str
) -> None:
    receipt = await verify(place, await place.backup(), spoil=spoil, at=at)
    assert not receipt.ok
    named = [each.removeprefix(f"{place.prefix}.") for each in receipt.findings]
    assert any(each.startswith(finding) for each in named), receipt.findings


async def test_a_swapped_pair_of_documents_is_noticed_though_count_and_size_are_the_same(place: Place) -> None:
    async def swap(base: Any) -> None:
        await base.notes.update_one({"_id": "note_0003"}, {"$set": {"when": None}})
        await base.notes.update_one({"_id": "note_0003"}, [{"$set": {"when": "$$NOW"}}])

    assert not (await verify(place, await place.backup(), spoil=swap)).ok


async def test_a_proof_that_failed_already_when_the_backup_was_taken_is_no_finding(place: Place) -> None:
    await place.client[place.prefix].wallets.insert_one({"_id": "wal_1", "available": {"amount": 5}})
    first = await verify(place, await place.backup())
    failing = {name: state for name, state in first.proofs.items() if state != "ok"}
    assert failing
    assert not first.ok
    assert (await verify(place, await place.backup(proofs=failing))).ok


async def rewritten(place: Place, manifest: Manifest, name: str, content: bytes | None) -> None:
    """Put other bytes into an object, or remove it."""
    key = f"{backup_folder(manifest.backup_id)}/{name}"
    if content is None:
        await place.store.delete(key)
    else:
        await place.store.put(key, content)


async def stored(place: Place, manifest: Manifest, name: str) -> bytes:
    """The bytes of an object."""
    key = f"{backup_folder(manifest.backup_id)}/{name}"
    return b"".join([piece async for piece in place.store.get(key)])


def chunk_names(manifest: Manifest) -> list[str]:
    """Of the notes."""
    return [chunk.name for each in manifest.collections if each.documents > 100 for chunk in each.chunks]


@pytest.mark.parametrize("fault", ["truncated", "flipped", "swapped", "missing", "extra", "empty"])
async def test_a_spoilt_object_is_named_by_verify_and_refused_by_restore(place: Place, fault: str) -> None:
    manifest = await place.backup()
    first, second, *_ = chunk_names(manifest)
    content, other = await stored(place, manifest, first), await stored(place, manifest, second)
    if fault == "extra":
        await rewritten(place, manifest, f"{first}.more", content)
    elif fault == "swapped":
        await rewritten(place, manifest, first, other)
        await rewritten(place, manifest, second, content)
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        spoilt = {"truncated": content[:-1], "flipped": flipped, "missing": None, "empty": b""}
        await rewritten(place, manifest, first, spoilt[fault])
    receipt = await verify(place, manifest)
    assert not receipt.ok
    assert any(each.startswith(first) for each in receipt.findings), receipt.findings
    assert await contents_of(place.client, scratch_name(place.settings)) == {}
    if fault == "extra":
        assert receipt.restored, "what is signed came back equal; the stranger is only told"
        return
    with pytest.raises(DaraaError) as refused:
        await place.restore(manifest)
    assert refused.value.code == "backup.object.damaged"


async def test_an_object_sealed_for_another_place_is_refused_even_when_the_manifest_speaks_for_it(place: Place) -> None:
    """Whoever can write into the repository cannot sign; this is what the seal alone holds."""
    manifest = await place.backup()
    contents = await place.contents(manifest)
    part = next(each for each in manifest.collections if each.documents > 100).chunks[0]
    sealer = Sealer(manifest.backup_id, contents.data_key)
    moved = sealer.pack(b"x" * part.bytes_plain, "data/elsewhere/0.zst.enc", b"\xff" * 12)
    claimed = part.model_copy(update={"sha256": sha256_of(moved), "bytes_stored": len(moved)})
    await rewritten(place, manifest, part.name, moved)
    with pytest.raises(DaraaError, match="another object's place"):
        await contents.plain(claimed)


async def test_a_tampered_manifest_and_a_wrong_key_are_told_apart(place: Place) -> None:
    manifest = await place.backup()
    content = await stored(place, manifest, "manifest.json")
    mine, place.key = place.key, derive_key(b"another" * 5)
    with pytest.raises(DaraaError) as wrong:
        await place.contents(manifest)
    assert wrong.value.code == "backup.key.wrong"
    place.key = mine
    await rewritten(place, manifest, "manifest.json", content.replace(b'"documents":121', b'"documents":120'))
    with pytest.raises(DaraaError) as tampered:
        await place.contents(manifest)
    assert tampered.value.code == "backup.manifest.tampered"
    await rewritten(place, manifest, "manifest.json", content[:-20])
    with pytest.raises(DaraaError) as unreadable:
        await place.contents(manifest)
    assert unreadable.value.code == "backup.manifest.unreadable"


async def test_a_manifest_moved_to_another_backup_is_refused(place: Place) -> None:
    first, second = await place.backup(), await place.backup()
    await rewritten(place, first, "manifest.json", await stored(place, second, "manifest.json"))
    with pytest.raises(DaraaError) as refused:
        await place.contents(first)
    assert refused.value.code == "backup.object.damaged"


async def test_the_samples_of_a_week_find_what_one_of_them_misses(place: Place) -> None:
    manifest = await place.backup()
    name = chunk_names(manifest)[1]
    content = await stored(place, manifest, name)
    await rewritten(place, manifest, name, content[:-1] + bytes([content[-1] ^ 1]))
    found = [(await verify(place, manifest, Asked(Subset(day, 7), restore=False))).findings for day in range(1, 8)]
    assert sum(any(each.startswith(name) for each in findings) for findings in found) == 1
    red = await verify(place, manifest, Asked(Subset(1, 7)))
    assert not red.ok, "the restore reads everything, whatever the sample"


async def test_a_verify_begins_with_an_empty_scratch_whatever_lies_there(place: Place) -> None:
    scratch = scratch_name(place.settings)
    await place.client[scratch].notes.insert_one({"_id": "from a killed run"})
    await place.client[f"{scratch}_archive"].more.insert_one({})
    assert (await verify(place, await place.backup())).ok


async def test_a_verify_does_not_disturb_another_one_that_is_running(place: Place) -> None:
    manifest = await place.backup()
    owner = {"host": "another-machine", "pid": 1, "began": "1"}
    journal = place.client[scratch_name(place.settings)][JOURNAL]
    await journal.insert_one({"_id": "restore", "task": {}, "owner": owner, "beatAt": SYSTEM_CLOCK.now()})
    with pytest.raises(DaraaError) as busy:
        await verify(place, manifest)
    assert busy.value.code == "backup.target.busy"
    assert [each async for each in place.store.list("receipts")] == []


async def test_a_verify_without_rights_writes_no_receipt_at_all(place: Place) -> None:
    manifest = await place.backup()
    await place.client.admin.command({"updateRole": f"{place.prefix}_restore", "privileges": [], "roles": []})
    with pytest.raises(DaraaError) as denied:
        await verify(place, manifest)
    assert denied.value.code == "stores.access.denied"
    assert [each async for each in place.store.list("receipts")] == []


async def test_a_backup_whose_documents_contradict_its_unique_index_is_red(place: Place) -> None:
    notes = place.client[place.prefix].notes
    await notes.drop_index("byNumber")
    await notes.create_index("number", name="byNumber", sparse=True)
    await notes.update_one({"_id": "note_0003"}, {"$set": {"number": 4}})
    receipt = await verify(place, await place.backup(unique=("byNumber",)))
    assert not receipt.ok
    assert receipt.findings[-1].startswith("the restore failed: createIndexes notes")


async def no_receipt(place: Place) -> bool:
    """And the copy may be verified another time."""
    receipts = [each async for each in place.store.list("receipts")]
    [copy] = (await list_backups(place.store, place.key)).backups
    return not receipts and copy.state is State.COMPLETE


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.RESTORED])
@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (OperationFailure("No space left on device", 14031), "stores.database.failed"),
        (OperationFailure("Index build aborted", 276), "stores.database.failed"),
        (OperationFailure("Something", 8), "stores.database.failed"),
        (BulkWriteError({"writeErrors": [{"code": 14031}]}), "stores.database.failed"),
        (BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}), "stores.database.failed"),
        (AutoReconnect("connection closed"), "stores.database.unavailable"),
    ],
)
async def test_trouble_of_the_server_is_an_error_and_neither_green_nor_red(
    place: Place, phase: Phase, trouble: PyMongoError, code: str
) -> None:
    async def fail(base: Any) -> None:
        with translated("insert notes"):
            raise trouble

    manifest = await place.backup()
    with pytest.raises(DaraaError) as failed:
        await verify(place, manifest, spoil=fail, at=phase)
    assert failed.value.code == code
    assert await no_receipt(place)
    assert (await verify(place, manifest)).ok


@pytest.mark.parametrize(
    ("code", "raises"), [("stores.database.unavailable", True), ("stores.database.timeout", True),
                         ("stores.access.denied", True), ("stores.database.failed", False)],
)  # fmt: skip
async def test_a_proof_that_the_database_did_not_run_is_no_finding_unless_it_refused_the_proof(
    place: Place, monkeypatch: pytest.MonkeyPatch, code: str, raises: bool
) -> None:
    async def away(mongo: Mongo, proof: Proof) -> AsyncIterator[Violation]:
        raise DaraaError(code, "It did not answer.")
        yield Violation(None, None)

    monkeypatch.setattr("daraa.stores.mongo.proofs.violations", away)
    manifest = await place.backup()
    if not raises:
        receipt = await verify(place, manifest)
        assert not receipt.ok
        assert receipt.findings[0].endswith("could not run: It did not answer.")
        return
    with pytest.raises(DaraaError) as failed:
        await verify(place, manifest)
    assert failed.value.code == code
    assert await no_receipt(place)


@pytest.mark.parametrize("fault", ["index", "options", "hash", "foreign"])
async def test_what_no_server_would_restore_is_red(place: Place, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    async def odd(self: Contents) -> Schema:
        schema = await schema_of(self)
        notes = next(each for each in schema.collections if each.name == "notes" and each.indexes[1:])
        words = {
            "index": {"indexes": ({"name": "odd", "key": {"title": "nosuchkind"}},)},
            "options": {"options": {"validationLevel": "nonsense"}},
        }
        if fault == "foreign":
            part_of("another", self.manifest)
        others = tuple(each for each in schema.collections if each is not notes)
        return replace(schema, collections=(*others, replace(notes, **words.get(fault, {}))))  # type: ignore[arg-type]

    schema_of = Contents.schema
    monkeypatch.setattr(Contents, "schema", odd)
    if fault == "hash":
        monkeypatch.setattr("daraa.ops.backup.restoration.content_hash", lambda documents: ContentHash())
    receipt = await verify(place, await place.backup())
    assert not receipt.ok
    assert receipt.findings[0].startswith("the restore failed: ")


async def test_a_store_that_refuses_us_is_an_error_and_neither_green_nor_red(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: Contents, part: object) -> None:
        raise DaraaError("objects.server.refused", "The store does not let us.")

    monkeypatch.setattr(Contents, "check", refused)
    with pytest.raises(DaraaError) as failed:
        await verify(place, await place.backup())
    assert failed.value.code == "objects.server.refused"
    assert await no_receipt(place)


async def test_a_copy_that_is_pruned_while_it_is_verified_gets_no_receipt(place: Place) -> None:
    manifest = await place.backup()
    with pytest.raises(DaraaError) as gone:
        await verify(place, manifest, spoil=lambda _: rewritten(place, manifest, MANIFEST, None), at=Phase.RESTORED)
    assert gone.value.code == "backup.copy.unknown"
    assert [each async for each in place.store.list("receipts")] == []
    assert await contents_of(place.client, scratch_name(place.settings)) == {}
