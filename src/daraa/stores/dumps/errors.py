"""What can go wrong with dumps, by name, and the sentences that several files share."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daraa.kernel.errors import DaraaError, register

TARGET_TAKEN = register(
    "backup.export.target_taken", status=409, en="There is something at the target", ar="يوجد شيء في وجهة التصدير"
)
BUSY = register(
    "backup.export.busy", status=409, retryable=True, en="Another export writes there", ar="تصدير آخر يكتب هناك"
)
DISK_FULL = register("backup.export.disk_full", status=507, en="The disk is full", ar="امتلأ القرص")
UNWRITABLE = register("backup.export.unwritable", status=500, en="It cannot be written", ar="تعذّرت الكتابة")
NOT_FOUND = register("backup.dump.missing", status=404, en="There is no dump", ar="لا توجد نسخة مفرّغة")
BROKEN = register("backup.dump.broken", status=400, en="The dump is damaged", ar="النسخة المفرّغة تالفة")
UNSUPPORTED = register(
    "backup.dump.unsupported", status=400, en="The dump holds what is not restored", ar="تحوي النسخة ما لا يُستعاد"
)
CHANGED = register(
    "backup.dump.changed", status=409, en="The dump changed while it was read", ar="تغيّرت النسخة أثناء قراءتها"
)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def broken(where: str, why: str) -> DaraaError:
    """The error for a dump that is cut off, was changed, or never was one."""
    return DaraaError(
        BROKEN,
        f"{where}: {why}.",
        hint="Nothing was restored from it. Copy the dump again from where it was made, or make another one.",
    )


def unsupported(where: str, why: str, hint: str) -> DaraaError:
    """The error for a dump that is well made and holds something that Daraa does not restore."""
    return DaraaError(UNSUPPORTED, f"{where}: {why}.", hint=hint)


@contextmanager
def named_writes(path: Path) -> Iterator[None]:
    """Turns what the file system says into errors with a name; `path` is where the export goes."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DaraaError(
                DISK_FULL,
                f"The disk of {path} is full; what was written of the export is removed.",
                hint="Make room, choose another disk, or compress: --gzip.",
            ) from error
        raise DaraaError(
            UNWRITABLE,
            f"{path} cannot be written: {error.strerror or error}.",
            hint="Choose a place that this user may write.",
        ) from error
