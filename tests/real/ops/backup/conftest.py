"""Small databases with a repository beside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.backup_place import Place, open_place


@pytest.fixture
async def place(settings: Settings, admin: Mongo, tmp_path: Path) -> AsyncIterator[Place]:
    """One that a test may back up, spoil and restore."""
    async with open_place(settings, admin, tmp_path) as opened:
        yield opened
