"""How a process gives the memory of large blocks back."""

import ctypes

LARGE = 4 * 1024 * 1024
"""Bytes from which on a block has a mapping of its own."""
_M_MMAP_THRESHOLD = -3
"""malloc.h of glibc."""


def give_large_blocks_back() -> bool:
    """Let every block of 4 MiB or more go back to the system the moment it is freed; False where there is no glibc.

    By itself glibc raises that limit to the largest block ever freed, up to 32 MiB. The chunks of a backup then lie
    among small blocks, and each gap is kept: the longer a backup takes, the more memory it has (decisions/0022).
    For the whole process: only programs call this, as they start.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE))
