"""One installation with a wallet's surroundings: a currency, people, and the API behind a gate that believes."""

from collections.abc import AsyncIterator

import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.wallet_transactions import WALLET_TRANSACTIONS
from daraa.collections.wallets import WALLETS
from daraa.stores.mongo import Mongo
from factories.installation import build_indexes, installation
from servers.mongo import MongoServer
from servers.redis import RedisServer

LEDGER = (WALLETS, JOURNALS, WALLET_TRANSACTIONS, OUTBOX_EVENTS)


@pytest.fixture(scope="module")
async def mongo(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mongo]:
    async with installation(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as (_, admin):
        await build_indexes(admin, LEDGER)
        yield admin
