"""An HTTP proxy in front of an S3 server that answers chosen requests wrongly, or not at all."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Request = tuple[str, str]
"""Method, and path with query."""


@dataclass
class Fault:
    """What happens to requests that match: the first `times` of them are spoiled.

    `status` with `code` (or `body`) is answered in the server's place. With `passes` the request reaches the server
    and its answer is lost: the connection is cut instead.
    """

    matches: Callable[[str, str], bool]
    times: int = 1_000_000
    status: int = 503
    code: str = "SlowDown"
    body: str = ""
    passes: bool = False
    delay_s: float = 0.0
    hit: int = 0


@dataclass
class FaultyS3:
    """The proxy's address, the faults to come, and every request that it saw."""

    endpoint: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def fault_for(self, method: str, path: str) -> Fault | None:
        """The fault of this request, counted."""
        with self.turn:
            self.seen.append((method, path))
            for fault in self.faults:
                if fault.hit < fault.times and fault.matches(method, path):
                    fault.hit += 1
                    return fault
        return None


@contextmanager
def faulty_s3(endpoint: str) -> Iterator[FaultyS3]:
    """In front of a server; passes everything on until there are faults."""
    there = urlsplit(endpoint)

    class Handler(_Handler):
        target = (str(there.hostname), int(there.port or 80))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.proxy = FaultyS3(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield Handler.proxy
    finally:
        server.shutdown()
        server.server_close()
        serving.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: tuple[str, int]
    proxy: FaultyS3

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.proxy.fault_for(self.command, self.path)
        if fault is None:
            self._pass_on(body)
            return
        time.sleep(fault.delay_s)
        if fault.passes:
            self._ask(body)
            self.close_connection = True
            self.connection.close()
            return
        text = fault.body or f"<Error><Code>{fault.code}</Code><Message>on purpose</Message></Error>"
        self.send_response_only(fault.status)
        self._end({"Content-Type": "application/xml"}, b"" if self.command == "HEAD" else text.encode())

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        there = http.client.HTTPConnection(*self.target, timeout=60)
        try:
            there.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # the host as the client signed it
                if name.lower() not in ("connection", "expect"):
                    there.putheader(name, value)
            there.endheaders(body)
            answer = there.getresponse()
            return answer, answer.read()
        finally:
            there.close()

    def _pass_on(self, body: bytes) -> None:
        answer, content = self._ask(body)
        self.send_response_only(answer.status, answer.reason)
        dropped = ("connection", "transfer-encoding", "content-length")
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in dropped}
        if self.command == "HEAD":
            self._end({**headers, "Content-Length": answer.getheader("Content-Length", "0")}, b"")
        else:
            self._end(headers, content)

    def _end(self, headers: dict[str, str], content: bytes) -> None:
        if "Content-Length" not in headers:
            headers["Content-Length"] = str(len(content))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815  (the names that the base class calls)

    def log_message(self, format: str, *args: object) -> None:
        """Not onto the terminal."""
