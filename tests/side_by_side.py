"""Lets pytest-xdist run whole test files in several processes: how many, and reports that reach the one that prints."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

MOST_PROCESSES = 4
"""Each starts a database, a Redis and up to three S3 servers."""


def pytest_xdist_auto_num_workers() -> int:
    """Processes that `-n auto` makes; one where the database is not ours to start, as its names are not kept apart."""
    return 1 if "DARAA_TEST_MONGO_URI" in os.environ else min(os.cpu_count() or 1, MOST_PROCESSES)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Escapes what is no Unicode, which some tests write on purpose and which ends the whole run where it is sent."""
    return _sendable((yield))


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_sendable(key): _sendable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_sendable(each) for each in value)
    return value
