"""Ends an asyncio test that waits too long from inside the loop it shares with all others, so that it fails alone."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Generator
from typing import Any

import pytest

TOLD_BEFORE_S = 10.0
"""How long before pytest-timeout's own signal, which would end the shared loop and every test after it."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Bounds the test where it is a coroutine function."""
    test, limit = pyfuncitem.obj, _seconds_of(pyfuncitem) - TOLD_BEFORE_S
    if limit > 0 and inspect.iscoroutinefunction(test):

        @functools.wraps(test)
        async def bounded(*args: Any, **kwargs: Any) -> None:
            async with asyncio.timeout(limit):
                await test(*args, **kwargs)

        pyfuncitem.obj = bounded
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


def _seconds_of(item: pytest.Item) -> float:
    """What pytest-timeout allows the test; 0 where it allows anything."""
    marker = item.get_closest_marker("timeout")
    given = marker.args[0] if marker and marker.args else item.config.getoption("timeout")
    return float((item.config.getini("timeout") or 0) if given is None else given)
