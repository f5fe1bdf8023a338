"""The checksum of archives, compared with published values and with a bit by bit computation."""

import random

import pytest

from daraa.stores.dumps import crc64 as module
from daraa.stores.dumps.crc64 import as_int64, crc64, crc64_in_python
from factories.dumps import crc64 as bit_by_bit

CHECK = 0x995DC9BBDF1939FA
"""Of `123456789`, as catalogues of checksums give it for CRC-64/XZ; Go's crc64.ECMA is the same."""


@pytest.mark.parametrize("compute", [crc64, crc64_in_python])
def test_it_is_that_of_the_catalogues(compute: object) -> None:
    assert callable(compute)
    assert compute(b"123456789") == CHECK
    assert compute(b"") == 0


def test_both_ways_agree_with_one_bit_at_a_time() -> None:
    chance = random.Random(7)
    for size in (1, 2, 7, 8, 9, 63, 64, 65, 1000):
        content = chance.randbytes(size)
        assert crc64(content) == crc64_in_python(content) == bit_by_bit(content)


def test_it_can_be_computed_piece_by_piece() -> None:
    content = random.Random(8).randbytes(5000)
    assert crc64(content[1234:], crc64(content[:1234])) == crc64(content)
    assert crc64_in_python(content[1234:], crc64_in_python(content[:1234])) == crc64(content)


def test_without_liblzma_it_is_computed_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> object:
        raise OSError(name)

    monkeypatch.setattr("ctypes.CDLL", nothing)
    assert module._found() is crc64_in_python


def test_it_is_stored_as_a_signed_number() -> None:
    assert as_int64(CHECK) == CHECK - 2**64
    assert as_int64(5) == 5
