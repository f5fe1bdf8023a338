"""The edge around every request: its id, language and time bound, what it cost the database, and one log line.

What the database did is told in the standard `Server-Timing` header, for reads only: on writes and sign-ins the
number of commands would tell a stranger which path was taken (is this phone known?).
"""

import logging
import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daraa.api.bodies import announces_too_much, bounded
from daraa.api.errors import TOO_LONG, UNREADABLE, problem, unexpected
from daraa.kernel.ids import new_id
from daraa.kernel.languages import Language, negotiate
from daraa.kernel.logs import log_context
from daraa.kernel.signals import CommandCount, count_commands
from daraa.stores.mongo import time_bound

_SANE_ID = re.compile(r"[A-Za-z0-9._~-]{8,128}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_ACCESS = logging.getLogger("daraa.api.access")
_LOG = logging.getLogger("daraa.api")
_MOST_PARAMETERS = 30
_UNREADABLE = {
    "en": f"The query is not UTF-8, repeats a parameter, or has more than {_MOST_PARAMETERS}.",
    "ar": f"المعاملات ليست UTF-8 أو فيها معامل مكرر أو تزيد على {_MOST_PARAMETERS}.",
}
_READS = frozenset({"GET", "HEAD"})


class RequestEdge:
    """ASGI middleware; `longest_s` bounds all that one request may do in the database, in seconds."""

    def __init__(self, app: ASGIApp, longest_s: float) -> None:
        self._app = app
        self._longest_s = longest_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _first_headers(scope)
        request_id = request_id_of(headers.get(b"x-request-id", b""))
        trace = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b"").decode("latin-1"))
        language = negotiate(headers.get(b"accept-language", b"").decode("latin-1"))
        scope.setdefault("state", {}).update(language=language, request_id=request_id)
        with ExitStack() as around:
            around.enter_context(log_context(request_id=request_id, trace_id=trace[1] if trace else None))
            count = around.enter_context(count_commands())
            answer = _Answer(scope, send, request_id, trace[0] if trace else "", language, count)
            around.enter_context(_bounded(self._longest_s))
            await self._serve(scope, bounded(receive), answer, headers)

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Answer", headers: Mapping[bytes, bytes]) -> None:
        try:
            if announces_too_much(headers):
                refused = problem(TOO_LONG, language=answer.language, instance=answer.request_id)
                await refused(scope, receive, answer.send)
            elif unreadable(scope):
                detail = _UNREADABLE[answer.language]
                refused = problem(UNREADABLE, language=answer.language, instance=answer.request_id, detail=detail)
                await refused(scope, receive, answer.send)
            else:
                await self._app(scope, receive, answer.send)
        except Exception:
            _LOG.exception("unforeseen failure")
            if answer.status:
                raise
            await unexpected(answer.language, answer.request_id)(scope, receive, answer.send)
        finally:
            answer.log()


class _Answer:
    """Watches one answer on its way out and adds the headers that every answer has."""

    def __init__(
        self, scope: Scope, send: Send, request_id: str, traceparent: str, language: Language, count: CommandCount
    ) -> None:
        self._scope, self._send, self._count = scope, send, count
        self._traceparent = traceparent
        self._began = time.perf_counter()
        self.request_id = request_id
        self.language = language
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers["x-request-id"] = self.request_id
            headers.setdefault("content-language", self.language)
            headers.add_vary_header("accept-language")
            headers["x-content-type-options"] = "nosniff"
            if self._traceparent:
                headers["traceparent"] = self._traceparent
            if self._scope.get("state", {}).get("replayed"):
                headers["idempotent-replayed"] = "true"
            if self._scope["method"] in _READS:
                headers["server-timing"] = self._timing()
        await self._send(message)

    def log(self) -> None:
        """One line; the path by its template and the parameters by name, for their values may be personal."""
        if not _ACCESS.isEnabledFor(logging.INFO):
            return
        route = getattr(self._scope.get("route"), "path", "(no route)")
        names = sorted({name[:40] for name, _ in _pairs(self._scope)}) if self._scope["query_string"] else []
        _ACCESS.info(
            "%s %s %d", self._scope["method"], route, self.status,
            extra={
                "status": self.status,
                "duration_ms": round((time.perf_counter() - self._began) * 1000, 1),
                "db_commands": self._count.total,
                "db_ms": round(self._count.seconds * 1000, 1),
                "parameters": " ".join(names),
            },
        )  # fmt: skip

    def _timing(self) -> str:
        total = (time.perf_counter() - self._began) * 1000
        commands = self._count.total
        return f'db;dur={self._count.seconds * 1000:.1f};desc="{commands} commands", total;dur={total:.1f}'


def request_id_of(given: bytes) -> str:
    """The caller's id when it is a sane one (8 to 128 unreserved characters), else a new one."""
    text = given.decode("latin-1")
    return text if _SANE_ID.fullmatch(text) else new_id("req")


def unreadable(scope: Mapping[str, object]) -> bool:
    """True for a query that is no UTF-8, or repeats a parameter, or holds too many: each could be read two ways."""
    if not scope["query_string"]:
        return False
    try:
        names = [name for name, _ in _pairs(scope, errors="strict")]
    except ValueError:
        return True
    return len(names) != len(set(names))


def _pairs(scope: Mapping[str, object], errors: str = "replace") -> list[tuple[str, str]]:
    query = scope["query_string"]
    assert isinstance(query, bytes)
    text = query.decode("ascii", errors)
    most = _MOST_PARAMETERS if errors == "strict" else None
    return parse_qsl(text, keep_blank_values=True, errors=errors, max_num_fields=most)


def _first_headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(reversed(scope["headers"]))


def _bounded(seconds: float) -> AbstractContextManager[object]:
    return time_bound(seconds)
