"""What every test shares: its plugins, and the one event loop a process uses."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A busy machine is no failure: how long one example takes is never judged.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["closing_report", "side_by_side", "time_limit"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One asyncio loop for the whole session: the database client is bound to the loop it was made in."""
    return "asyncio"
