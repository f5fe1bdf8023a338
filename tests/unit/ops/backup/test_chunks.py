"""Chunks: whole documents in, the same bytes out, and nothing out of place is ever opened."""

import hashlib
import random

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.chunks import OVERHEAD_BYTES, ChunkBuilder, Sealer, unpack
from daraa.ops.backup.content_hash import ContentHash, count_documents, document_ends
from daraa.ops.backup.layout import chunk_name, spelled
from daraa.stores.objects.keys import is_key

KEY = b"k" * 32
NAME = "data/daraa.orders/0.zst.enc"
PLAIN = b"".join(bson.encode({"_id": n, "text": "word " * n}) for n in range(50))


def sealed(plain: bytes = PLAIN, name: str = NAME, backup_id: str = "bkp_1") -> bytes:
    sealer = Sealer(backup_id, KEY)
    return sealer.pack(plain, name, sealer.next_nonce())


def opened(stored: bytes, *, key: bytes = KEY, backup_id: str = "bkp_1", name: str = NAME, size: int = len(PLAIN)):
    return unpack(stored, data_key=key, backup_id=backup_id, name=name, bytes_plain=size)


def test_what_was_packed_comes_out_again_and_says_nothing_on_the_way() -> None:
    stored = sealed()
    assert opened(stored) == PLAIN
    assert len(stored) < len(PLAIN)
    assert b"word" not in stored


def test_no_nonce_is_used_twice() -> None:
    sealer = Sealer("bkp_1", KEY)
    nonces = {sealer.next_nonce() for _ in range(1000)}
    assert len(nonces) == 1000
    assert {len(each) for each in nonces} == {12}


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": b"x" * 32},
        {"backup_id": "bkp_2"},
        {"name": "data/daraa.orders/1.zst.enc"},
        {"size": len(PLAIN) - 1},
        {"size": len(PLAIN) + 1},
        {"size": 0},
    ],
)
def test_an_object_opens_only_with_its_key_in_its_place_with_its_size(wrong) -> None:
    with pytest.raises(DaraaError) as refused:
        opened(sealed(), **wrong)
    assert refused.value.code == "backup.object.damaged"


def test_a_bomb_is_not_unpacked_beyond_the_size_that_the_manifest_says() -> None:
    bomb = sealed(b"\0" * 50_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(DaraaError):
        opened(bomb, size=1000)


@given(st.integers(0, len(sealed()) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(place: int, change: int) -> None:
    stored = bytearray(sealed())
    stored[place] ^= change
    with pytest.raises(DaraaError) as refused:
        opened(bytes(stored))
    assert refused.value.code == "backup.object.damaged"


@given(st.integers(0, len(sealed()) - 1))
def test_an_object_that_is_cut_off_anywhere_is_noticed(length: int) -> None:
    with pytest.raises(DaraaError) as refused:
        opened(sealed()[:length])
    assert refused.value.code == "backup.object.damaged"


def test_an_empty_object_is_possible_and_has_only_its_frame() -> None:
    assert opened(sealed(b""), size=0) == b""
    assert len(sealed(b"")) < OVERHEAD_BYTES + 20


@given(st.lists(st.lists(st.integers(0, 300), max_size=8), max_size=20), st.integers(60, 500))
def test_chunks_are_the_same_bytes_cut_between_documents_and_within_the_limit(sizes, limit: int) -> None:
    batches = [b"".join(bson.encode({"b": b"x" * size}) for size in batch) for batch in sizes]
    builder = ChunkBuilder(limit)
    chunks = [chunk for batch in batches for chunk in builder.add(batch)] + builder.rest()
    assert b"".join(chunks) == b"".join(batches)
    assert builder.rest() == []
    for chunk in chunks:
        assert len(chunk) <= limit or count_documents(chunk) == 1


def test_the_content_hash_is_that_of_the_format_whatever_the_order_and_the_batches() -> None:
    documents = [bson.encode({"_id": n, "x": "y" * (n % 7)}) for n in range(200)]
    expected = sum(int.from_bytes(hashlib.sha256(each).digest(), "big") for each in documents) % 2**256
    random.Random(1).shuffle(documents)
    one, left, right = ContentHash(), ContentHash(), ContentHash()
    assert one.add(b"".join(documents)) == 200
    left.add(b"".join(documents[:30]))
    right.add(b"".join(documents[30:]))
    left.merge(right)
    assert one == left
    assert one.hexdigest() == f"{expected:064x}"
    assert ContentHash().hexdigest() == "0" * 64


def test_a_document_that_is_there_twice_changes_the_hash() -> None:
    once, thrice = ContentHash(), ContentHash()
    once.add(PLAIN)
    for _ in range(3):
        thrice.add(PLAIN)
    assert once.hexdigest() != thrice.hexdigest()


@pytest.mark.parametrize("broken", [PLAIN[:-1], PLAIN + b"\0", b"\x05\0\0", b"\xff" * 20, b"\x00" * 20])
def test_bytes_that_are_no_whole_documents_are_refused(broken: bytes) -> None:
    with pytest.raises(DaraaError) as refused:
        list(document_ends(broken))
    assert refused.value.code == "backup.documents.broken"


@pytest.mark.parametrize("name", ["orders", "a b", "système", "x" * 255, "a=b", "a/b", "..", "日本" * 40, "a$b"])
def test_every_collection_has_a_name_that_every_store_can_spell(name: str) -> None:
    key = chunk_name("daraa", name, 0)
    assert is_key(f"backups/bkp_1/{key}")
    assert key.count("/") == 2


def test_different_collections_never_share_a_folder() -> None:
    names = ["a b", "a=20b", "a=b", "a.b", "x" * 254, "x" * 255, "ä", "=C3=A4", "A", "a"]
    assert len({spelled(f"daraa.{name}") for name in names}) == len(names)
