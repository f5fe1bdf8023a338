"""A provider of SMS or push messages on this machine: an HTTP server that remembers what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from servers.ports import free_port


@dataclass
class Gateway:
    """`sent` are the bodies in order of arrival; `reply(body)` gives the status and JSON body of the answer."""

    url: str = ""
    key: str = "a-key-of-the-gateway"
    sent: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    reply: Callable[[dict[str, Any]], tuple[int, Any]] = lambda body: (202, {"id": f"p-{body['reference']}"})
    slow_s: float = 0.0
    drip: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: dict[str, str], raw: bytes) -> tuple[int, Any]:
        """Remember a message and answer it."""
        body = json.loads(raw)
        with self._lock:
            self.sent.append(body)
            self.headers.append(headers)
        time.sleep(self.slow_s)
        return self.reply(body)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway that accepts everything until it is told otherwise."""
    made = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            status, body = made.take({name.lower(): text for name, text in self.headers.items()}, raw)
            text = json.dumps(body).encode() if not isinstance(body, bytes) else body
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                if 300 <= status < 400:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                for start in range(0, len(text), 1 if made.drip else max(len(text), 1)):
                    self.wfile.write(text[start : start + (1 if made.drip else len(text))])
                    self.wfile.flush()
                    time.sleep(0.2 if made.drip else 0)
            except OSError:
                # Whoever asked has hung up, which is what some tests are about.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None: ...

    port = free_port()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{port}/v1/messages"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
