"""A town for each file of tests that wants one: a whole installation with a zone, a currency and a commission rule.

Many tests send many requests about one thing at once, and ask for one right effect. How long a person would wait for it
is not asked: on a busy machine all of them take longer.
"""

from collections.abc import AsyncIterator

import pytest

from factories.market import Town, open_town
from servers.mongo import MongoServer
from servers.redis import RedisServer


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daraa.stores.mongo.client.CONFLICTS_S", 30.0)
    monkeypatch.setattr("daraa.market.webhooks.service.PATIENCE_S", 30.0)
    monkeypatch.setattr("daraa.market.idempotency.service.PATIENCE_S", 12.0)  # less than a dead try's lease


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as opened:
        yield opened
