"""Files that another program may read at any moment: they change from one whole content to the next."""

import contextlib
import os
from pathlib import Path

from daraa.kernel.errors import DaraaError, register

FILE_UNWRITABLE = register(
    "stores.file.unwritable", status=500, en="A file cannot be written", ar="لا يمكن كتابة الملف"
)
MODE = 0o644


def replace_file(path: Path, text: str) -> None:
    """Put `text` into `path`, readable by all; `stores.file.unwritable` leaves what was there, and nothing beside it.

    The new content is written beside it under a name that no collector reads (`.NAME.PID`), then renamed.
    """
    if not path.name:
        raise DaraaError(FILE_UNWRITABLE, f"{path} cannot be written: it is a folder.", hint="Name a file.")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), MODE)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise DaraaError(
            FILE_UNWRITABLE,
            f"{path} cannot be written: {error.strerror}.",
            hint="Does its folder exist, and may this user write there?",
        ) from error
