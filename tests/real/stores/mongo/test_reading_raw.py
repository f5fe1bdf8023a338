"""Reading without decoding, from a real server: the bytes as the driver would encode them, and an end when it hangs."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import bson
import pymongo
import pytest

from daraa.stores.mongo import raw_cursor
from daraa.stores.mongo.raw_cursor import find_raw
from servers.mongo import MongoServer
from servers.mongo import mongo_server as start_mongo

pytestmark = pytest.mark.anyio
ROWS = [{"_id": n, "name": f"بضاعة {n}", "rows": [{"n": n}]} for n in range(500)]
IN_ORDER = {"find": "goods", "sort": {"_id": 1}}


async def laid_out(server: MongoServer) -> Any:
    """A client of a server that holds the rows."""
    client: Any = pymongo.AsyncMongoClient(server.uri)
    await client.raw_reading.drop_collection("goods")
    await client.raw_reading.goods.insert_many([dict(row) for row in ROWS])
    return client


async def test_all_answers_of_a_real_server_are_its_documents_byte_for_byte(mongo_server: MongoServer) -> None:
    client = await laid_out(mongo_server)
    answers = [each async for each in find_raw(client.raw_reading, IN_ORDER, 70)]
    assert b"".join(answers) == b"".join(map(bson.encode, ROWS))
    assert len(answers) >= 8
    await client.close()


async def test_who_gives_up_on_a_hung_server_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_cursor, "CLOSE_S", 0.5)
    with start_mongo(tmp_path) as server:
        if server.child is None:
            pytest.skip("a server that somebody else runs is not stopped by a test")
        client = await laid_out(server)
        answers = find_raw(client.raw_reading, IN_ORDER, 70)
        await anext(answers)
        pid = server.child.pid or 0
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            await answers.aclose()
            assert time.monotonic() - began < 5
        finally:
            os.kill(pid, signal.SIGCONT)
        await client.close()
