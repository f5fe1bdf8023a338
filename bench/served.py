"""One process that serves three things over the same HTTP server: our API, the driver alone, and ready bytes.

Run as `python -m bench.served FD FILE`; FILE holds the cases. `/cpu` tells the CPU seconds that requests have used.
"""

import json
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import uvicorn
from pymongo import AsyncMongoClient
from starlette.types import Receive, Scope, Send

from daraa.api.app import make_app
from daraa.declare.access import user_name
from daraa.kernel.logs import configure_logging
from daraa.kernel.settings import Settings, load_settings

Raw = dict[str, Any]
T = TypeVar("T")


class Stepped(Generic[T]):
    """Awaits a coroutine and adds up the CPU of its own steps: what the process does while it waits is not its cost."""

    def __init__(self, inner: Coroutine[Any, Any, T]) -> None:
        self._inner = inner
        self.cpu_s = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        step: Callable[[], Any] = partial(self._inner.send, None)
        while True:
            began = time.thread_time()
            try:
                waited_for = step()
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                self.cpu_s += time.thread_time() - began
            try:
                step = partial(self._inner.send, (yield waited_for))
            except BaseException as error:
                step = partial(self._inner.throw, error)


class Served:
    """Sends `/bare/…` to ready bytes, `/driver/…` to the driver, and all else to the API.

    A case is the finds that the API sends for one address; the driver sends the same, hints included, and makes the
    same Python documents of them, but answers with ready bytes.
    """

    def __init__(self, settings: Settings, cases: dict[str, list[Raw]]) -> None:
        self._api = make_app(settings)
        self._settings = settings
        self._cases = cases
        self._client: AsyncMongoClient[Raw] | None = None
        self._bytes = b"{}"
        self._cpu_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count the CPU of it."""
        stepped = Stepped(self._serve(scope, receive, send))
        try:
            await stepped
        finally:
            if scope.get("path") not in ("/cpu", "/learn"):
                self._cpu_s += stepped.cpu_s

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("/bare/"):
            await _answer(send, self._bytes)
        elif path.startswith("/driver/"):
            await self._ask(path.removeprefix("/driver/"))
            await _answer(send, self._bytes)
        elif path == "/cpu":
            await _answer(send, str(self._cpu_s).encode())
        elif path == "/learn":
            self._bytes = (await receive())["body"]
            await _answer(send, b"{}")
        else:
            await self._api(scope, receive, send)

    async def _ask(self, case: str) -> None:
        if self._client is None:
            user = user_name("app", self._settings.mongo.database)
            password = self._settings.secret(f"mongo_{user}").get_secret_value()
            self._client = AsyncMongoClient(
                self._settings.mongo.url, username=user, password=password, authSource="admin", tz_aware=True
            )
        database = self._client[self._settings.mongo.database]
        for find in self._cases[case]:
            words = {key: value for key, value in find.items() if key not in ("collection", "sort")}
            cursor = database[find["collection"]].find(**words, sort=[tuple(key) for key in find["sort"]] or None)
            await cursor.to_list(find["limit"])


async def _answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until SIGTERM."""
    fd, file = int(sys.argv[1]), Path(sys.argv[2])
    settings = load_settings()
    configure_logging("bench", settings.log.level)
    app = Served(settings, json.loads(file.read_text("utf-8")))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="on", access_log=False, log_config=None)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=fd)])


if __name__ == "__main__":
    main()
