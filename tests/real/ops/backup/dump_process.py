"""Exports and restores of dumps in forked children that are killed at a chosen moment; see restore_process.py."""

from pathlib import Path
from typing import Any

from restore_process import arm, serve

from daraa.kernel.settings import Settings
from daraa.kernel.signals import count_commands
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.contents import open_contents
from daraa.ops.backup.export import export_backup
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.restore import Wish
from daraa.ops.backup.restore_dump import restore_dump
from daraa.stores.objects import FolderTarget, open_objects


async def _run(order: dict[str, Any]) -> dict[str, Any]:
    settings, path = Settings.model_validate_json(order["settings"]), Path(order["path"])
    if order["verb"] == "export":
        store = open_objects(FolderTarget(Path(order["repository"])))
        contents = await open_contents(store, order["backup"], load_key(settings))
        arm(order.get("crash"))
        done = await export_backup(contents, path, as_archive=order["as_archive"], gzip=order["gzip"])
        return {"documents": done.documents}
    arm(order.get("crash"))
    wish = Wish(order["target"], overwrite=order.get("overwrite", ""), parallel=3)
    with count_commands() as counted:
        restored, _ = await restore_dump(settings, path, wish, SYSTEM_CLOCK)
    return {"commands": counted.total, "documents": restored.documents, "resumed": restored.resumed}


if __name__ == "__main__":
    serve(_run)
