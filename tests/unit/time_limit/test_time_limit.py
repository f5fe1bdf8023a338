"""A test that hangs must fail by itself: with the loop they share, it would take all later tests along."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import asyncio
import pytest

pytestmark = pytest.mark.anyio

@pytest.mark.timeout(10.2)
async def test_hangs():
    await asyncio.Event().wait()

async def test_comes_after():
    await asyncio.sleep(0)

@pytest.mark.timeout(0)
async def test_may_take_any_time():
    await asyncio.sleep(0.3)
"""


def test_a_test_that_hangs_fails_alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    pytester.makeconftest(
        "import pytest\n"
        'pytest_plugins = ["time_limit"]\n'
        '@pytest.fixture(scope="session")\n'
        'def anyio_backend(): return "asyncio"\n'
    )
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-rf")
    result.assert_outcomes(passed=2, failed=1)
    assert "FAILED test_a_test_that_hangs_fails_alone.py::test_hangs - TimeoutError" in result.outlines
