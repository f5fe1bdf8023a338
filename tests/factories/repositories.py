"""Settings that name an object store of a test as a repository, with its key pair in secret files."""

import os

from daraa.kernel.settings import BackupSettings, Settings
from daraa.stores.objects import FolderTarget, S3Target
from factories.made_backups import KEY_BYTES


def put_secrets(settings: Settings, **words: str) -> None:
    """Write secret files as a person would, readable for the owner alone; one that is there is replaced."""
    folder = settings.secrets_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in words.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)


def with_backup_key(settings: Settings) -> Settings:
    """The same settings, with the key of hand-made backups."""
    put_secrets(settings, backup_key=KEY_BYTES.hex())
    return settings


def with_remote(settings: Settings, target: FolderTarget | S3Target) -> Settings:
    """The same settings, whose repository `remote` is there."""
    if isinstance(target, FolderTarget):
        section = settings.backup.model_copy(update={"remote_url": str(target.path)})
        return settings.model_copy(update={"backup": section})
    put_secrets(
        settings,
        backup_remote_s3_access_key_id=target.access_key.get_secret_value(),
        backup_remote_s3_secret_access_key=target.secret_key.get_secret_value(),
    )
    words = {"remote_url": f"s3://{target.bucket}/{target.prefix}", "remote_endpoint": target.endpoint or ""}
    section = BackupSettings.model_validate({**settings.backup.model_dump(), **words})
    return settings.model_copy(update={"backup": section})
