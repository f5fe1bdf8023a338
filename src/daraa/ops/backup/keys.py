"""The backup key: one secret file from which follow the key that wraps data keys, the key that signs, and its own id.

The file never leaves the machine, and nothing that is stored in a repository reveals it. Whoever loses it loses every
backup that was made with it: there is no second way in.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings, read_secret
from daraa.stores.process.secret_files import ensure_secret, is_there

KEY_FILE = "backup_key"
KEY_BYTES = 32
NONCE_BYTES = 12

KEY_MISSING = register(
    "backup.key.missing", status=500, en="There is no backup key", ar="لا يوجد مفتاح للنسخ الاحتياطي"
)
KEY_INVALID = register(
    "backup.key.invalid", status=500, en="The backup key file holds no key", ar="ملف مفتاح النسخ الاحتياطي غير صالح"
)
KEY_EXISTS = register(
    "backup.key.exists", status=409, en="There is a backup key already", ar="يوجد مفتاح للنسخ الاحتياطي من قبل"
)
KEY_WRONG = register(
    "backup.key.wrong",
    status=500,
    en="The backup was made with another key",
    ar="أُنشئت النسخة الاحتياطية بمفتاح آخر",
)

LOSING_IT = (
    "Without this file no backup can be read, by anybody, ever. It is never stored beside the backups: copy it now to "
    "a place that burns with neither this machine nor the repositories (a password manager, paper in a safe)."
)
"""Said whenever a key is made."""


@dataclass(frozen=True, slots=True)
class BackupKey:
    """What follows from the key file; `id` may be shown to anybody, the rest to nobody."""

    id: str
    signing: bytes = field(repr=False)
    wrapping: bytes = field(repr=False)

    def wrap(self, data_key: bytes, backup_id: str) -> str:
        """The data key of one backup, encrypted for its manifest (hex)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return (nonce + AESGCM(self.wrapping).encrypt(nonce, data_key, backup_id.encode())).hex()

    def unwrap(self, wrapped: str, backup_id: str) -> bytes:
        """The data key of a backup; `backup.key.wrong` when this key did not wrap it for this backup."""
        raw = bytes.fromhex(wrapped)
        try:
            return AESGCM(self.wrapping).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], backup_id.encode())
        except (InvalidTag, ValueError):
            raise wrong_key(f"The data key of {backup_id} does not open", self.id) from None


def derive_key(secret: bytes) -> BackupKey:
    """All that follows from the 32 secret bytes (HKDF-SHA-256, RFC 5869; no salt, one label for each purpose)."""

    def derived(purpose: str) -> bytes:
        label = f"daraa-backup-{purpose}-1".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label).derive(secret)

    return BackupKey(f"key_{derived('id').hex()[:16]}", derived("signing"), derived("wrapping"))


def load_key(settings: Settings) -> BackupKey:
    """The installation's key. Raises `backup.key.missing`, `backup.key.invalid`, `kernel.secret.*`."""
    path = key_path(settings)
    if not is_there(path):
        raise DaraaError(
            KEY_MISSING,
            f"There is no backup key {path}.",
            hint="Make one with `daraa backup key create`; to read older backups, put their key there instead.",
        )
    text = read_secret(path).get_secret_value()
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise DaraaError(
            KEY_INVALID,
            f"{path} does not hold {KEY_BYTES} bytes in hex.",
            hint="It was cut off or edited: put the kept copy back. A new key does not open older backups.",
        )
    return derive_key(raw)


def create_key(settings: Settings) -> BackupKey:
    """Make the key file (0600); an existing one is never touched (`backup.key.exists`)."""
    path = key_path(settings)
    if is_there(path):
        raise DaraaError(
            KEY_EXISTS,
            f"There is a backup key already: {path}.",
            hint="Replacing it would make every backup so far unreadable. `daraa backup key show-id` names it.",
        )
    ensure_secret(path, KEY_BYTES)
    return load_key(settings)


def key_path(settings: Settings) -> Path:
    """Where the key file is."""
    return settings.secrets_dir / KEY_FILE


def wrong_key(what: str, ours: str, theirs: str | None = None) -> DaraaError:
    """The error for a backup or repository of another key; ids of keys are no secrets."""
    named = f" with {theirs}" if theirs else ""
    return DaraaError(
        KEY_WRONG,
        f"{what}: it was made{named or ' with another key'}, and the key here is {ours}.",
        hint=f"Put the key it was made with into the secret file {KEY_FILE}.",
    )
