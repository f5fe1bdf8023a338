"""Restores and verifies in forked children that are killed at a chosen moment; imports are paid for once.

Reads one JSON object a line from standard input and answers each with one: `{"status": "killed" | "done" | "failed"}`.
`crash` is [number, "before" | "after"] of a database command, or the name of a mark. The object store is opened in the
child: it does not survive a fork.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from daraa.kernel import crashpoints
from daraa.kernel.settings import Settings
from daraa.kernel.signals import count_commands
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import list_backups
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.point_in_time import Journey, find_point, open_journey, parse_moment
from daraa.ops.backup.restore import Wish, restore_backup
from daraa.ops.backup.target import opened_target, scratch_name
from daraa.ops.backup.verify import verify_backup
from daraa.stores.mongo.listener import arm_crash
from daraa.stores.objects import FolderTarget, ObjectStore, open_objects

Run = Callable[[dict[str, Any]], Coroutine[Any, Any, dict[str, Any]]]


async def _run(order: dict[str, Any]) -> dict[str, Any]:
    settings = Settings.model_validate_json(order["settings"])
    store = open_objects(FolderTarget(Path(order["repository"])))
    contents = await open_contents(store, order["backup"], load_key(settings))
    arm(order.get("crash"))
    with count_commands() as counted:
        if order["verb"] == "verify":
            async with opened_target(settings, scratch_name(settings)) as scratch:
                receipt = await verify_backup(scratch, contents, SYSTEM_CLOCK)
            return {"commands": counted.total, "ok": receipt.ok, "findings": receipt.findings}
        wish = Wish(order["target"], overwrite=order.get("overwrite", ""), parallel=3)
        journey = await _journey(store, settings, order["moment"], order["backup"]) if order.get("moment") else None
        restored, _ = await restore_backup(settings, contents, wish, SYSTEM_CLOCK, journey=journey)
    return {"commands": counted.total, "documents": restored.documents, "resumed": restored.resumed}


async def _journey(store: ObjectStore, settings: Settings, moment: str, backup: str) -> Journey:
    key = load_key(settings)
    point = find_point(await list_backups(store, key), parse_moment(moment), backup)
    return await open_journey(store, key, point)


def arm(crash: Any) -> None:
    """Let this process die there."""
    if isinstance(crash, str):
        crashpoints.arm(crash)
    elif crash:
        arm_crash(*crash)


def _in_child(order: dict[str, Any], run: Run) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.write(writing, json.dumps(asyncio.run(run(order))).encode())
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
    return {"status": "done", **json.loads(said)} if status == 0 else {"status": "failed", "said": said}


def serve(run: Run) -> None:
    """Answer every line."""
    for line in sys.stdin:
        print(json.dumps(_in_child(json.loads(line), run)), flush=True)


if __name__ == "__main__":
    serve(_run)
