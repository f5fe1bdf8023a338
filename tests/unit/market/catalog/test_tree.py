"""The copy of the category tree is renewed behind the requests, and outlives a database that is away."""

import asyncio
from typing import Any

import pytest

from daraa.kernel.errors import REGISTRY, DaraaError, register
from daraa.kernel.signals import command_done, count_commands
from daraa.market.catalog.tree import CategoryTree

pytestmark = pytest.mark.anyio
AWAY = "test.database.away"
if AWAY not in REGISTRY:
    register(AWAY, status=503, en="away", ar="غائب")


class Source:
    """A database that can be away, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked, self.is_away = 0, False
        self.rows: list[dict[str, Any]] = [{"_id": "cat_1", "slug": "shoes"}]

    async def load(self) -> list[dict[str, Any]]:
        self.asked += 1
        command_done("find", "categories", 0.001, ok=True)
        await asyncio.sleep(0)
        if self.is_away:
            raise DaraaError(AWAY, "away")
        return list(self.rows)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_stale_copy_is_answered_at_once_and_renewed_behind() -> None:
    source = Source()
    tree = CategoryTree(source.load, fresh_s=0)
    await tree.rows()
    source.rows.append({"_id": "cat_2", "slug": "food"})
    with count_commands() as count:
        assert await tree.find_id("food") is None
        await settle()
    assert await tree.find_id("food") == "cat_2"
    assert count.total == 0
    await tree.close()


async def test_many_readers_of_a_stale_copy_renew_it_once() -> None:
    source = Source()
    tree = CategoryTree(source.load, fresh_s=0)
    await tree.rows()
    await asyncio.gather(*(tree.rows() for _ in range(50)))
    await settle()
    assert source.asked == 2
    await tree.close()


async def test_the_copy_outlives_the_database() -> None:
    source = Source()
    tree = CategoryTree(source.load, fresh_s=0)
    await tree.rows()
    source.is_away = True
    for _ in range(3):
        assert await tree.find_id("shoes") == "cat_1"
        await settle()
    # Away, it is asked again after a pause only.
    assert source.asked == 2


async def test_without_a_copy_the_failure_is_told() -> None:
    source = Source()
    source.is_away = True
    with pytest.raises(DaraaError):
        await CategoryTree(source.load).rows()
