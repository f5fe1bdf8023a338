"""Creates secrets: one file each, readable by its owner only, never overwritten once it is there."""

import os
import secrets
from pathlib import Path

from daraa.kernel.errors import SECRET_MISSING, DaraaError
from daraa.kernel.settings import read_secret


def is_there(path: Path) -> bool:
    """True for a secret that exists; `kernel.secret.missing` where this user may not even look."""
    try:
        return path.exists()
    except OSError as error:
        raise DaraaError(
            SECRET_MISSING,
            f"The secret file {path} cannot be read ({error.strerror}).",
            hint="Run this as the user whose secrets these are, or give this one a folder of its own.",
        ) from error


def ensure_secret(path: Path, size_bytes: int = 32) -> str:
    """The secret in `path`; made of random bytes first (hex, mode 0600, folder 0700) when there is none.

    Written aside and renamed, so that a crash leaves either no file or a whole one. DaraaError when the file
    that is there cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(size_bytes))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    return read_secret(path).get_secret_value()
