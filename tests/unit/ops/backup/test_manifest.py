"""What is written about backups is believed only with its signature, whole, and as the kind it was signed as."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import id_at
from daraa.ops.backup.manifest import (
    Manifest,
    Receipt,
    RepositoryMark,
    Tombstone,
    open_signed,
    peek_key_id,
    sign,
)

AT = datetime(2026, 11, 23, 5, 4, 3, 999_000, tzinfo=UTC)
ID = id_at("bkp", AT, b"0123456789")
KEY = b"k" * 32
TOMBSTONE = Tombstone(backup_id=ID, manifest_sha256=None, at=AT, reason="قديمة 😀", tool_version="1")


def code(content: bytes, key: bytes = KEY, kind: type[Tombstone] | type[Receipt] = Tombstone) -> str:
    with pytest.raises(DaraaError) as error:
        open_signed(content, key, kind)
    assert error.value.hint
    return error.value.code


def test_what_was_signed_comes_back_equal_and_is_written_the_same_way_every_time() -> None:
    signed = sign(TOMBSTONE, KEY)
    assert open_signed(signed, KEY, Tombstone) == TOMBSTONE
    assert sign(open_signed(signed, KEY, Tombstone), KEY) == signed


def test_the_layout_of_the_file_does_not_matter_and_its_content_does() -> None:
    whole = json.loads(sign(TOMBSTONE, KEY))
    assert open_signed(json.dumps(whole, indent=3).encode(), KEY, Tombstone) == TOMBSTONE
    whole["body"]["reason"] += "."
    assert code(json.dumps(whole).encode()) == "backup.manifest.tampered"


def test_another_key_or_another_kind_is_refused() -> None:
    signed = sign(TOMBSTONE, KEY)
    assert code(signed, b"K" * 32) == "backup.manifest.tampered"
    assert code(signed, kind=Receipt) == "backup.manifest.tampered"


@settings(max_examples=300)
@given(st.data())
def test_no_changed_byte_and_no_cut_goes_unnoticed(data: st.DataObject) -> None:
    signed = bytearray(sign(TOMBSTONE, KEY))
    place = data.draw(st.integers(0, len(signed) - 1))
    assert code(bytes(signed[:place])) == "backup.manifest.unreadable"
    signed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DaraaError) as error:
        open_signed(bytes(signed), KEY, Tombstone)
    assert error.value.code in ("backup.manifest.tampered", "backup.manifest.unreadable")


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_arbitrary_bytes_are_unreadable_and_nothing_worse(content: bytes) -> None:
    assert code(content) == "backup.manifest.unreadable"
    assert peek_key_id(content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"body":{"a":NaN},"signature":"00"}',
        b'{"body":{"a":' + b"9" * 5000 + b'},"signature":"00"}',
        b'{"body":{"a":"\\ud800"},"signature":"00"}',
        b'{"body":[],"signature":"00"}',
        b'{"body":{},"signature":"\xc3\xa9"}',
        b'{"body":{},"signature":"00","more":1}',
        b"null",
    ],
)
def test_json_that_no_writer_makes_is_unreadable(content: bytes) -> None:
    assert code(content) == "backup.manifest.unreadable"


@pytest.mark.parametrize("change", [{"format": 2}, {"more": 1}, {"backup_id": "../../etc"}, {"at": 5}, {"at": None}])
def test_a_signed_body_that_this_version_would_not_write_is_unreadable(change: dict[str, object]) -> None:
    class Other(RepositoryMark):
        """Signs any body as a tombstone."""

        kind = Tombstone.kind

        def model_dump(self, **_: object) -> dict[str, object]:  # type: ignore[override]
            return TOMBSTONE.model_dump(mode="json") | change

    other = Other(repository_id="r", created_at=AT, key_id="k")
    assert code(sign(other, KEY)) == "backup.manifest.unreadable"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Tombstone(backup_id=ID, manifest_sha256=None, at=AT.replace(tzinfo=None), reason="", tool_version="1")


def test_the_key_of_a_manifest_is_seen_without_having_it() -> None:
    mark = RepositoryMark(repository_id="rep_1", created_at=AT, key_id="key_1")
    assert peek_key_id(sign(mark, KEY)) == "key_1"
    assert peek_key_id(sign(TOMBSTONE, KEY)) is None
    assert Manifest.kind != RepositoryMark.kind
