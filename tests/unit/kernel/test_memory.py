"""Large blocks go back to the system: without that, one small block above them keeps them all."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import pathlib, sys
from daraa.kernel.memory import give_large_blocks_back

def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "told":
    assert give_large_blocks_back()
before = resident()
del [bytearray(30_000_000) for _ in range(2)][:]
chunks = [bytearray(16_000_000) for _ in range(8)]
small = bytearray(100_000)
del chunks
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed blocks in this way")
@pytest.mark.parametrize(("how", "least", "most"), [("told", -(10**9), 10_000_000), ("untold", 100_000_000, 10**9)])
def test_a_process_that_was_told_keeps_nothing_of_large_blocks(how: str, least: int, most: int) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=60)
    assert least < int(done.stdout) < most
