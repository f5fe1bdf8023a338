"""The object store under the contract suite, of every kind."""

from collections.abc import AsyncIterator

import pytest

from daraa.stores.objects import FolderTarget, ObjectStore, S3Target, open_objects


@pytest.fixture
def target(objects_place: FolderTarget | S3Target) -> FolderTarget | S3Target:
    """An empty place of each kind."""
    return objects_place


@pytest.fixture
async def store(target: FolderTarget | S3Target) -> AsyncIterator[ObjectStore]:
    """The store under contract, empty."""
    opened = open_objects(target)
    yield opened
    await opened.close()
