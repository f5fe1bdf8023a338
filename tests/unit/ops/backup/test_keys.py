"""The key file: made once, never replaced, and everything else follows from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.backup.daily import require_account
from daraa.ops.backup.keys import create_key, derive_key, key_path, load_key
from factories.other_user import shut

KNOWN_ID = "key_ccf6919cf185c134"
KNOWN_SIGNING = "51d25f20e25bdddc33cc50ebba2ecfc7b931e4883510d879bd80dd1c10d0d172"


def test_a_key_is_made_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    made = create_key(settings)
    path = key_path(settings)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    before = path.read_bytes()
    with pytest.raises(DaraaError) as refused:
        create_key(settings)
    assert refused.value.code == "backup.key.exists"
    assert path.read_bytes() == before
    assert load_key(settings) == made


def test_two_keys_have_nothing_in_common_and_show_nothing() -> None:
    one, other = derive_key(b"1" * 32), derive_key(b"2" * 32)
    assert len({one.id, other.id, one.signing, other.signing, one.wrapping, other.wrapping}) == 6
    assert one.signing.hex() not in repr(one)
    assert repr(one) == f"BackupKey(id='{one.id}')"


def test_what_follows_from_a_key_stays_the_same_for_ever() -> None:
    # Computed with hmac and hashlib from RFC 5869 alone; a change here makes every older backup unreadable.
    key = derive_key(bytes(range(32)))
    assert key.id == KNOWN_ID
    assert key.signing.hex() == KNOWN_SIGNING


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 31, "ab" * 33])
def test_a_damaged_key_file_is_named_and_not_shown(tmp_path: Path, content: str) -> None:
    settings = Settings(home=tmp_path)
    create_key(settings)
    key_path(settings).write_text(content)
    with pytest.raises(DaraaError) as refused:
        load_key(settings)
    assert refused.value.code == ("kernel.secret.missing" if not content else "backup.key.invalid")
    assert not content or content not in str(refused.value)


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DaraaError) as refused:
        load_key(Settings(home=tmp_path))
    assert refused.value.code == "backup.key.missing"
    assert "daraa backup key create" in refused.value.hint


@pytest.mark.parametrize("ask", [load_key, create_key, lambda settings: require_account(settings, "backup")])
def test_secrets_of_another_user_are_an_error_with_a_name(tmp_path: Path, ask: Callable[[Settings], object]) -> None:
    settings = Settings(home=tmp_path)
    create_key(settings)
    with shut(settings.secrets_dir), pytest.raises(DaraaError, match="cannot be read") as refused:
        ask(settings)
    assert refused.value.code == "kernel.secret.missing"
    assert "as the user" in refused.value.hint


def test_a_data_key_opens_with_its_own_key_for_its_own_backup_alone() -> None:
    key = derive_key(b"k" * 32)
    wrapped = key.wrap(b"d" * 32, "bkp_1")
    assert key.unwrap(wrapped, "bkp_1") == b"d" * 32
    assert key.wrap(b"d" * 32, "bkp_1") != wrapped
    for other, backup_id, text in (
        (derive_key(b"x" * 32), "bkp_1", wrapped),
        (key, "bkp_2", wrapped),
        (key, "bkp_1", wrapped[:-2]),
        (key, "bkp_1", "ab"),
    ):
        with pytest.raises(DaraaError) as refused:
            other.unwrap(text, backup_id)
        assert refused.value.code == "backup.key.wrong"
