"""A database that was killed while it was being made is made anew: its engine may never open all tables again.

SecantusDB makes its tables one by one on first use, and a kill inside such a moment leaves one that "cannot be used
until all column groups are created". Until the schema stands nothing but what every start makes again is in there.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from daraa.stores.process import DatabaseKind, kind_in

_MARK = "unfinished"


def begin_database(folder: Path) -> bool:
    """Mark a new database as unfinished, or clear an unfinished one away; True when it is to be laid out.

    Only what carries our own mark is ever removed.
    """
    mark = folder / _MARK
    if mark.exists():
        for kind in DatabaseKind:
            with suppress(FileNotFoundError):
                shutil.rmtree(folder / kind.value)
    elif kind_in(folder) is not None:
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text("The first start has not applied the schema yet; this database may be made anew.\n")
    return True


def finish_database(folder: Path) -> None:
    """From now on the database is kept, whatever happens."""
    (folder / _MARK).unlink(missing_ok=True)
