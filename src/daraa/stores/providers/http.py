"""A card provider over signed HTTP: bounded in time and size, believed only when its answer is signed too."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import new_id
from daraa.kernel.settings import Settings
from daraa.stores.messages.threads import Threads
from daraa.stores.providers.interface import (
    PROVIDER_REFUSED,
    Charge,
    ChargeOrder,
    RefundAnswer,
    charge_from,
    garbled,
    refund_from,
    unavailable,
)
from daraa.stores.providers.signing import Keys, keys_from

PROVIDER_UNSAFE = register(
    "stores.provider.unsafe", status=500, en="The card provider's address is not safe", ar="عنوان مزود الدفع غير آمن"
)
LONGEST_ANSWER = 65_536
IDEMPOTENCY_KEY = "idempotency-key"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_RETRYABLE = frozenset({408, 409, 425, 429})
_MISSING = 404


@dataclass(frozen=True, slots=True)
class _Raw:
    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpCardProvider:
    """See CardProvider. `keys` is asked anew for every call, so that a rotated key needs no restart."""

    def __init__(self, name: str, url: str, keys: Callable[[], Keys], *, seconds: float) -> None:
        self._name = name
        self._keys = keys
        self._seconds = seconds
        self._where = urlsplit(url)
        if self._where.scheme != "https" and self._where.hostname not in _LOOPBACK:
            raise DaraaError(
                PROVIDER_UNSAFE,
                "DARAA_PAYMENTS_URL is no https:// address.",
                hint="Use https://, or http://127.0.0.1 for a provider on this machine.",
            )

    @property
    def name(self) -> str:
        """See CardProvider."""
        return self._name

    async def create(self, order: ChargeOrder) -> Charge:
        """See CardProvider."""
        body = {"reference": order.intent_id, "amount": order.amount, "currency": order.currency}
        more = {"return_url": order.return_url, "token": order.token}
        words = body | {name: value for name, value in more.items() if value}
        charge = charge_from(await self._call("POST", "/v1/charges", words, key=order.intent_id))
        if charge.intent_id != order.intent_id:
            raise garbled("it is about another intent")
        return charge

    async def get(self, provider_ref: str) -> Charge | None:
        """See CardProvider."""
        found = await self._call("GET", f"/v1/charges/{quote(provider_ref, safe='')}")
        charge = None if found is None else charge_from(found)
        if charge is not None and charge.provider_ref != provider_ref:
            raise garbled("it is about another charge")
        return charge

    async def find(self, intent_id: str) -> Charge | None:
        """See CardProvider."""
        found = await self._call("GET", f"/v1/references/{quote(intent_id, safe='')}")
        charge = None if found is None else charge_from(found)
        if charge is not None and charge.intent_id != intent_id:
            raise garbled("it is about another intent")
        return charge

    async def refund(self, refund_id: str, provider_ref: str, amount: int, currency: str) -> RefundAnswer:
        """See CardProvider."""
        body = {"reference": refund_id, "charge": provider_ref, "amount": amount, "currency": currency}
        return refund_from(await self._call("POST", "/v1/refunds", body, key=refund_id))

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """The JSON of a signed answer; None for a signed 404 to a GET."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        keys, request_id = self._keys(), new_id("req")
        target = self._where.path.rstrip("/") + path
        headers = keys.headers(request_id, time.time(), method.encode(), target.encode(), content)
        headers |= {"content-type": "application/json", "user-agent": "daraa"}
        answer = await self._exchange(method, target, headers | ({IDEMPOTENCY_KEY: key} if key else {}), content)
        self._require_signed(keys, request_id, answer)
        if answer.status == _MISSING and method == "GET":
            return None
        if answer.status in _RETRYABLE or answer.status >= 500:
            raise unavailable(f"it answered {answer.status}")
        if not 200 <= answer.status < 300:
            raise DaraaError(
                PROVIDER_REFUSED,
                f"The card provider refused the request with {answer.status}.",
                hint="Its own log says why; nothing was charged or given back.",
                provider_status=answer.status,
            )
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise garbled("it is no JSON") from None

    def _require_signed(self, keys: Keys, request_id: str, answer: _Raw) -> None:
        # A proxy in front of a provider that is down answers without its key, and that is no garbage.
        if answer.status >= 500 and "webhook-signature" not in answer.headers:
            raise unavailable(f"it answered {answer.status}")
        try:
            answered = keys.verify(answer.headers, time.time(), str(answer.status).encode(), answer.body)
        except DaraaError as error:
            raise garbled("it is not signed by the provider") from error
        if answered != request_id:
            raise garbled("it answers another request")

    async def _exchange(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> _Raw:
        call = _Call(self._where.hostname or "", self._where.port, self._tls, self._seconds)
        try:
            return await self._threads.run(
                lambda: call.send(method, target, headers, content), call, seconds=self._seconds
            )
        except TimeoutError:
            raise unavailable(f"no answer within {self._seconds:g} s") from None
        except OSError as error:
            raise unavailable(type(error).__name__) from None
        except http.client.HTTPException:
            raise garbled("it is no HTTP") from None

    @cached_property
    def _threads(self) -> Threads:
        return Threads("daraa-payments")

    @cached_property
    def _tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self._where.scheme == "https" else None


class _Call:
    """One request on one connection."""

    def __init__(self, host: str, port: int | None, tls: ssl.SSLContext | None, seconds: float) -> None:
        self._connection = (
            http.client.HTTPSConnection(host, port, timeout=seconds, context=tls)
            if tls is not None
            else http.client.HTTPConnection(host, port, timeout=seconds)
        )

    def send(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> _Raw:
        try:
            self._connection.request(method, target, content or None, dict(headers))
            answer = self._connection.getresponse()
            raw = answer.read(LONGEST_ANSWER + 1)
            if len(raw) > LONGEST_ANSWER:
                raise http.client.HTTPException("too long")
            return _Raw(answer.status, {name.lower(): value for name, value in answer.getheaders()}, raw)
        finally:
            self._connection.close()

    def cut(self) -> None:
        connected: socket.socket | None = self._connection.sock
        if connected is not None:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def open_provider(settings: Settings) -> HttpCardProvider:
    """The provider of the settings; connects to nothing yet, and reads its key at each call."""
    url = settings.payments.url or f"http://127.0.0.1:{settings.embedded.provider_port}"
    return HttpCardProvider(
        settings.payments.provider,
        url,
        lambda: keys_from(settings.secret("provider_key")),
        seconds=settings.payments.timeout_s,
    )
