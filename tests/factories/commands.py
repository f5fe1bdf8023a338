"""`daraa` as an operator calls it: another process, with nothing of this one's settings."""

import asyncio
import os
import sys

from daraa.kernel.settings import Settings
from factories.database import environment


async def daraa(settings: Settings, *words: str, **more: str) -> tuple[int, str, str]:
    """Exit status, output and errors of one command; `more` are variables beside those of the settings."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DARAA_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daraa.cli", *words, env=env | environment(settings) | more,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()
