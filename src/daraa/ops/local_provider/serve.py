"""Runs the local provider until it is told to stop: its page and API, its clock, and its deliveries."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

import uvicorn

from daraa.kernel.settings import Settings
from daraa.ops.local_provider.app import make_provider
from daraa.ops.local_provider.desk import Desk
from daraa.ops.local_provider.memory import Memory
from daraa.ops.local_provider.posting import Postman
from daraa.stores.providers import keys_from

HOST = "127.0.0.1"
TICK_S = 0.02
_LOG = logging.getLogger(__name__)


def state_path(settings: Settings) -> Path:
    """The file in which it remembers."""
    return settings.home / "run" / "provider.sqlite"


def hook_url(settings: Settings) -> str:
    """Where our own API takes the provider's events."""
    return f"http://{settings.api.host}:{settings.api.port}/v1/hooks/{settings.payments.provider}"


async def serve(settings: Settings, port: int, hooks: str, state: Path) -> None:
    """Serve on the loopback until SIGTERM or Ctrl-C. DaraaError when the key is missing."""
    keys = keys_from(settings.secret("provider_key"))
    memory = Memory(state)
    app, desk = make_provider(memory, keys, f"http://{HOST}:{port}")
    config = uvicorn.Config(
        app, host=HOST, port=port, access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=1
    )
    going = [
        asyncio.create_task(_keep_time(desk)),
        asyncio.create_task(_keep_delivering(Postman(memory, keys, hooks))),
    ]
    try:
        await uvicorn.Server(config).serve()
    finally:
        for task in going:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        memory.close()


async def _keep_time(desk: Desk) -> None:
    while True:
        try:
            desk.work(time.time())
        except Exception:
            _LOG.exception("the local provider could not go on")
        await asyncio.sleep(TICK_S)


async def _keep_delivering(postman: Postman) -> None:
    while True:
        try:
            await postman.deliver(time.time())
        except Exception:
            _LOG.exception("the local provider could not deliver")
        await asyncio.sleep(TICK_S)
