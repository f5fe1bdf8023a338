"""A folder that belongs to somebody else, for the length of a block."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def shut(folder: Path) -> Iterator[None]:
    """Nothing in the folder can be looked at; root, who may look at everything, is nobody meanwhile."""
    mode, me = folder.stat().st_mode, os.geteuid()
    folder.chmod(0)
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)
        folder.chmod(mode)
