"""Opens a dump to read or to write, whatever form it has."""

import stat
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.stores.dumps.archive_dump import ArchiveDump
from daraa.stores.dumps.archive_writer import ArchiveWriter
from daraa.stores.dumps.drafts import UNFINISHED
from daraa.stores.dumps.dump import Dump
from daraa.stores.dumps.errors import NOT_FOUND, broken
from daraa.stores.dumps.folder_dump import FolderDump
from daraa.stores.dumps.folder_writer import FolderWriter
from daraa.stores.dumps.writer import DumpWriter


def open_dump(path: Path) -> Dump:
    """A folder or an archive, compressed or not. Raises `backup.dump.missing`, `backup.dump.broken`."""
    if path.name.endswith(UNFINISHED):
        raise broken(str(path), "it is an export that did not end")
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
        problem = f"There is no {path}." if gone else f"{path} cannot be read: {error.strerror}."
        hint = "Name the folder that mongodump wrote (--out), or its archive, as a user who may read it."
        raise DaraaError(NOT_FOUND, problem, hint=hint) from error
    if is_folder:
        return FolderDump(path)
    if path.name.removesuffix(".gz").endswith(".bson"):
        raise DaraaError(
            NOT_FOUND,
            f"{path} is the file of one collection.",
            hint=f"Name its folder ({path.parent}), and the collection with --collection.",
        )
    return ArchiveDump(path.resolve())


def open_writer(path: Path, *, as_archive: bool, gzip: bool) -> DumpWriter:
    """Writes nothing yet."""
    return ArchiveWriter(path, gzip) if as_archive else FolderWriter(path, gzip)
