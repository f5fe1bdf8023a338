"""The state folder: recognised when half made, locked while in use, refused when it is somebody else's."""

import errno
import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Self

from daraa.kernel.errors import DaraaError
from daraa.ops.stack.errors import DISK_FULL, FOLDER_FOREIGN, FOLDER_LOCKED, FOLDER_NEWER, FOLDER_UNUSABLE

FORMAT = 1
PARTS = ("mongo", "redis", "objects", "secrets", "logs", "run")
# A fresh database takes a write-ahead log file of 128 MB and its tables; with less a first start fails midway.
NEEDED_FREE_MB = 400
# Below this a database cannot even write the checkpoint of an orderly stop.
ALMOST_NOTHING_MB = 24
_FULL = (errno.ENOSPC, errno.EDQUOT)
DISK_ERRORS = (*_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
"""What the system says when the trouble is the disk or its rights."""


class StateFolder:
    """`mongo/ redis/ objects/ secrets/ logs/ run/ VERSION`; VERSION is written last, after the first whole start.

    Use as a context manager: it holds the lock, and gives it back (the lock dies with the process in any case).
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock: int | None = None
        self.was_half_made = False

    def __enter__(self) -> Self:
        try:
            self._recognise()
            self._require_space()
            for part in PARTS:
                (self.home / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.home / "secrets").chmod(0o700)
            self._take_lock()
        except OSError as error:
            raise disk_error(error, self.home) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            with suppress(OSError):
                self._lock_path.unlink()
            os.close(self._lock)
            self._lock = None

    @property
    def complete(self) -> bool:
        """True once a first start went through to its end."""
        return self._version_path.is_file()

    def mark_complete(self) -> None:
        """Write VERSION: from now on the folder is whole."""
        if not self.complete:
            aside = self._version_path.with_suffix(".part")
            aside.write_text(f"{FORMAT}\n", encoding="utf-8")
            aside.replace(self._version_path)

    @property
    def _version_path(self) -> Path:
        return self.home / "VERSION"

    @property
    def _lock_path(self) -> Path:
        return self.home / "run" / "lock"

    def _recognise(self) -> None:
        if self.complete:
            text = self._version_path.read_text(encoding="utf-8").strip()
            if not text.isdigit() or int(text) > FORMAT:
                raise DaraaError(
                    FOLDER_NEWER,
                    f"{self.home} holds data of format {text!r}; this version knows {FORMAT}.",
                    hint="Use the newer Daraa, or another folder through DARAA_HOME.",
                )
            return
        if not self.home.exists():
            return
        if not self.home.is_dir():
            raise DaraaError(
                FOLDER_FOREIGN, f"{self.home} is not a folder.", hint="Set DARAA_HOME to a folder of its own."
            )
        found = {entry.name for entry in self.home.iterdir()}
        foreign = sorted(found - {*PARTS, "VERSION.part"})
        if foreign:
            raise DaraaError(
                FOLDER_FOREIGN,
                f"{self.home} is no Daraa folder: it holds {', '.join(foreign[:5])}.",
                hint="Set DARAA_HOME to a folder of its own; nothing was changed.",
            )
        self.was_half_made = bool(found)

    def _require_space(self) -> None:
        free = _free_mb(self.home)
        if self.complete and free < ALMOST_NOTHING_MB:
            raise disk_full(self.home, "Nothing was started.")
        if not self.complete and free < NEEDED_FREE_MB:
            raise DaraaError(
                DISK_FULL,
                f"The disk of {self.home} has {free} MB free; a first start needs {NEEDED_FREE_MB} MB.",
                hint="Free some space, or set DARAA_HOME to a folder on another disk.",
            )

    def _take_lock(self) -> None:
        # The one before us unlinks its file when it ends: what we locked must still be what the name stands for.
        while not self._is_the_lock(handle := self._locked()):
            os.close(handle)
        self._lock = handle
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())

    def _locked(self) -> int:
        handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 20).decode().strip() or "unknown"
            os.close(handle)
            raise DaraaError(
                FOLDER_LOCKED,
                f"The platform already runs in {self.home} (process {holder}).",
                hint="Stop that one with Ctrl-C, or use another folder through DARAA_HOME.",
            ) from None
        return handle

    def _is_the_lock(self, handle: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(handle), self._lock_path.stat())
        return False


def disk_error(error: OSError, home: Path) -> DaraaError:
    """A failed write into the state folder, said so that one knows what to do."""
    if error.errno in _FULL:
        return disk_full(home, f"{error.filename or home}: {error.strerror}.")
    return DaraaError(
        FOLDER_UNUSABLE,
        f"{error.filename or home} cannot be used: {error.strerror}.",
        hint="Mend the folder's owner and rights, or set DARAA_HOME to a folder of its own.",
    )


def disk_full(home: Path, what: str) -> DaraaError:
    """The disk of the state folder is full; `what` is a sentence about what happened because of it."""
    return DaraaError(
        DISK_FULL,
        f"The disk of {home} is full ({_free_mb(home)} MB free). {what}",
        hint="Free some space and start again; what was confirmed as stored is still there.",
    )


def disk_is_full(home: Path) -> bool:
    """True when so little is left that a database stops (less than 24 MB)."""
    return _free_mb(home) < ALMOST_NOTHING_MB


def _free_mb(home: Path) -> int:
    base = next(parent for parent in (home, *home.parents) if parent.exists())
    return shutil.disk_usage(base).free // 2**20
