"""Applies a schema in forked children that are killed at a chosen database command; imports are paid for once.

Reads one JSON object a line from standard input and answers each with one: `{"status": "killed" | "done" | "failed"}`.
The first line holds the server's address with its credentials.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from daraa.collections import ALL
from daraa.kernel.settings import MongoSettings
from daraa.kernel.signals import count_commands
from daraa.kernel.time import FixedClock
from daraa.ops.schema.apply import apply_schema
from daraa.ops.schema.wanted import wanted
from daraa.stores.mongo import Capabilities, Mongo
from daraa.stores.mongo.client import make_client
from daraa.stores.mongo.listener import arm_crash
from factories import schema_crash


async def _apply(server: dict[str, Any], order: dict[str, Any]) -> int:
    settings = MongoSettings(
        url=server["url"], database=order["database"], pool_min=0, read_timeout_s=30, write_timeout_s=30
    )
    client = make_client(settings, server["user"], server["password"], app_name="crash test")
    mongo = Mongo(client, settings, Capabilities())
    asked = wanted(ALL, ()) if order["registry"] == "all" else schema_crash.asked()
    try:
        if order.get("crash"):
            arm_crash(*order["crash"])
        with count_commands() as counted:
            await apply_schema(mongo, asked, lambda _: None, FixedClock(datetime(2026, 11, 23, tzinfo=UTC)))
        return counted.total
    finally:
        await mongo.close()


def _in_child(server: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.write(writing, str(asyncio.run(_apply(server, order))).encode())
            os._exit(0)
        except BaseException:
            os.write(writing, traceback.format_exc()[-3000:].encode())
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return {"status": "killed"}
    return {"status": "done", "commands": int(said)} if status == 0 else {"status": "failed", "said": said}


def main() -> None:
    server = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        print(json.dumps(_in_child(server, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
