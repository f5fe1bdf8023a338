"""Posts JSON to a provider: one connection a message, a bounded time, no redirect, nothing of it in any error."""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.messages.interface import MESSAGES_UNSAFE, refused, unsent
from daraa.stores.messages.threads import Threads

LONGEST_ANSWER = 65_536
_RETRYABLE = frozenset({408, 425, 429})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Answered:
    """The provider's status and JSON body ({} when it is something else)."""

    status: int
    body: Mapping[str, Any]


class HttpPost:
    """One provider's address and key; `what` names the channel in errors."""

    def __init__(self, what: str, url: str, key: SecretStr, *, seconds: float) -> None:
        text = key.get_secret_value()
        if not (text.isascii() and text.isprintable()):
            # The HTTP library would say so too, and show the key.
            raise _unsafe(what, "has a key that no header can carry")
        self._what, self._key, self._seconds = what, key, seconds
        self._where = _checked(what, url)

    @cached_property
    def _threads(self) -> Threads:
        return Threads(f"daraa-{self._what}")

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        # Made once, and only by who sends: reading the system's certificates takes longer than a message.
        return ssl.create_default_context() if self._where.scheme == "https" else None

    async def post(self, body: Mapping[str, Any], *, reference: str) -> Answered:
        """Send `body`; `stores.message.unsent` when the provider is away, overloaded or too slow."""
        text = json.dumps(body, ensure_ascii=False).encode()
        headers = {
            "Authorization": f"Bearer {self._key.get_secret_value()}",
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": reference,
            "User-Agent": "daraa",
        }
        call = _Call(self._where, self._tls, self._seconds)
        try:
            answered = await self._threads.run(lambda: call.post(text, headers), call, seconds=self._seconds)
        except TimeoutError:
            raise unsent(self._what, f"no answer within {self._seconds:g} s") from None
        except (OSError, http.client.HTTPException) as error:
            raise unsent(self._what, f"the provider cannot be reached ({type(error).__name__})") from None
        if answered.status in _RETRYABLE or answered.status >= 500:
            raise unsent(self._what, f"the provider answered {answered.status}")
        return answered

    async def post_accepted(self, body: Mapping[str, Any], *, reference: str) -> str:
        """Like `post`; the provider's `id` (or the reference), `stores.message.refused` for anything but 2xx."""
        return accepted(self._what, await self.post(body, reference=reference), reference)


def accepted(what: str, answered: Answered, reference: str) -> str:
    """The provider's id of an accepted message, cut to what is stored; `stores.message.refused` otherwise."""
    if not 200 <= answered.status < 300:
        raise refused(what, f"the provider answered {answered.status}")
    found = answered.body.get("id")
    return str(found)[:200] if isinstance(found, (str, int)) and str(found) else reference


class _Call:
    """One request on one connection."""

    def __init__(self, where: SplitResult, tls: ssl.SSLContext | None, seconds: float) -> None:
        host = where.hostname or ""
        self._connection = (
            http.client.HTTPSConnection(host, where.port, timeout=seconds, context=tls)
            if tls is not None
            else http.client.HTTPConnection(host, where.port, timeout=seconds)
        )
        self._target = (where.path or "/") + (f"?{where.query}" if where.query else "")

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answered:
        try:
            self._connection.request("POST", self._target, body, dict(headers))
            answer = self._connection.getresponse()
            return Answered(answer.status, _as_object(answer.read(LONGEST_ANSWER)))
        finally:
            self._connection.close()

    def cut(self) -> None:
        connected: socket.socket | None = self._connection.sock
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def _as_object(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _checked(what: str, url: str) -> SplitResult:
    """The address in parts. Codes and keys go over it, so plain HTTP is for this machine only."""
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise _unsafe(what, "is no http(s) address")
    if where.scheme == "http" and where.hostname not in _LOOPBACK:
        raise _unsafe(what, "is plain HTTP to another machine")
    return where


def _unsafe(what: str, problem: str) -> DaraaError:
    return DaraaError(
        MESSAGES_UNSAFE,
        f"DARAA_MESSAGES_{what.upper()}_URL {problem}.",
        hint="Use https://, or http://127.0.0.1 on one machine.",
    )
