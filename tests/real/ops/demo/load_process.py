"""Loads demo data in a fork of itself, one for each line of its input; the fork may be killed at any command."""

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from daraa.kernel.settings import Settings
from daraa.kernel.signals import count_commands
from daraa.ops.demo import Wanted, load
from daraa.stores.mongo import open_mongo
from daraa.stores.mongo.listener import arm_crash


async def _load(settings: Settings, products: int, day: str) -> dict[str, Any]:
    mongo = open_mongo(settings, "app")
    try:
        with count_commands() as count:
            loaded = await load(mongo, Wanted(products, 1, day_of(day)), lambda far: None)
        return {"status": "done", "commands": count.total, "added": loaded.added.total()}
    finally:
        await mongo.close()


def day_of(text: str) -> datetime:
    """The UTC midnight of a day."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def _in_a_fork(words: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            settings = Settings.model_validate_json(words["settings"])
            if words["crash"]:
                arm_crash(*words["crash"])
            answer = asyncio.run(_load(settings, words["products"], words["day"]))
        except BaseException as error:
            answer = {"status": "failed", "said": repr(error)[:500]}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return {"status": "killed"}
    answer = json.loads(said)
    return answer if isinstance(answer, dict) else {}


def main() -> None:
    """Answer every line of the input."""
    for line in sys.stdin:
        print(json.dumps(_in_a_fork(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
