"""CRC-64 as archives of mongodump carry it: the ECMA-182 polynomial, reflected, complemented before and after.

liblzma computes the very same for its own files, and is on every Debian; without it a loop in Python does, 5 MB/s.
"""

import ctypes
from collections.abc import Callable

POLYNOMIAL = 0xC96C5795D7870F42
_ONES = 0xFFFFFFFFFFFFFFFF


def _table() -> tuple[int, ...]:
    rows = []
    for row in range(256):
        for _ in range(8):
            row = (row >> 1) ^ POLYNOMIAL if row & 1 else row >> 1
        rows.append(row)
    return tuple(rows)


def crc64_in_python(content: bytes, before: int = 0) -> int:
    """As `crc64`, with nothing but the language."""
    table, value = _TABLE, before ^ _ONES
    for byte in content:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ _ONES


def _found() -> Callable[[bytes, int], int]:
    try:
        function = ctypes.CDLL("liblzma.so.5").lzma_crc64
    except (OSError, AttributeError):
        return crc64_in_python
    function.restype, function.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)

    def crc64_in_c(content: bytes, before: int = 0) -> int:
        return int(function(content, len(content), before))

    return crc64_in_c if crc64_in_c(b"123456789") == crc64_in_python(b"123456789") else crc64_in_python


_TABLE = _table()
_crc64 = _found()


def crc64(content: bytes, before: int = 0) -> int:
    """The checksum of everything so far: `before` is what it was without `content`, 0 at the beginning."""
    return _crc64(content, before)


def as_int64(value: int) -> int:
    """As BSON holds it: signed."""
    return value - 2**64 if value >= 2**63 else value
