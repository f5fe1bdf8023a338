"""The local provider over HTTP: the merchant's side signed both ways, the payer's page for anybody who has its link."""

import asyncio
import html
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from daraa.kernel.errors import DaraaError
from daraa.ops.local_provider.behaviour import Behaviour
from daraa.ops.local_provider.desk import Desk, NotPossible
from daraa.ops.local_provider.memory import Memory
from daraa.stores.providers import Keys

LONGEST_BODY = 32_768
Work = Callable[[Request, dict[str, Any]], tuple[int, Any]]
_PAGE = """<!doctype html><meta charset="utf-8"><title>Local card provider</title>
<h1>Pay {amount} {currency}</h1><p>Status: {status}. No money moves: this is a provider for development.</p>
<form method="post"><button name="card" value="tok_ok">Pay</button>
<button name="card" value="tok_declined">Use a card that is declined</button></form>"""


class Counter:
    """Answers the merchant and the payer."""

    def __init__(self, memory: Memory, desk: Desk, keys: Keys) -> None:
        self._memory = memory
        self._desk = desk
        self._keys = keys

    def routes(self) -> list[Route]:
        """All addresses."""
        return [
            Route("/health", self._health),
            Route("/v1/charges", self._signed(self._begin), methods=["POST"]),
            Route("/v1/charges/{ref}", self._signed(self._charge), methods=["GET"]),
            Route("/v1/references/{ref}", self._signed(self._reference), methods=["GET"]),
            Route("/v1/refunds", self._signed(self._refund), methods=["POST"]),
            Route("/v1/behaviour", self._signed(self._behave), methods=["PUT"]),
            Route("/v1/figures", self._signed(lambda _, __: (200, self._memory.figures())), methods=["GET"]),
            Route("/pay/{ref}", self._page, methods=["GET"]),
            Route("/pay/{ref}", self._paid, methods=["POST"]),
        ]

    async def _health(self, _: Request) -> Response:
        return Response("ok")

    def _begin(self, _: Request, words: dict[str, Any]) -> tuple[int, Any]:
        return 200, self._desk.begin_charge(words, time.time())

    def _charge(self, request: Request, _: dict[str, Any]) -> tuple[int, Any]:
        return self._shown(self._memory.charge(request.path_params["ref"]))

    def _reference(self, request: Request, _: dict[str, Any]) -> tuple[int, Any]:
        return self._shown(self._memory.charge_of(request.path_params["ref"]))

    def _shown(self, charge: dict[str, Any] | None) -> tuple[int, Any]:
        return (404, {}) if charge is None else (200, self._desk.shown(charge))

    def _refund(self, _: Request, words: dict[str, Any]) -> tuple[int, Any]:
        return 200, self._desk.refund(words, time.time())

    def _behave(self, _: Request, words: dict[str, Any]) -> tuple[int, Any]:
        behaviour = Behaviour.model_validate(words)
        self._memory.behave(behaviour)
        return 200, behaviour.model_dump()

    def _signed(self, work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            path = request.scope["raw_path"]
            try:
                if len(body) > LONGEST_BODY:
                    raise NotPossible("the body is too large")
                asked = self._keys.verify(dict(request.headers), time.time(), request.method.encode(), path, body)
            except (DaraaError, NotPossible):
                return Response(status_code=401)
            try:
                status, answer = work(request, json.loads(body) if body else {})
            except (NotPossible, ValidationError, ValueError, AttributeError) as error:
                status, answer = 422, {"error": str(error)[:200]}
            return await self._answer(request, asked, status, answer)

        return endpoint

    async def _answer(self, request: Request, asked: str, status: int, answer: Any) -> Response:
        """The answer as the behaviour wants it; how it is to behave is always answered properly."""
        told = request.url.path == "/v1/behaviour"
        behaviour = Behaviour() if told else self._memory.behaviour()
        await asyncio.sleep(behaviour.answer_ms / 1000)
        if behaviour.answer == "error":
            return Response("<h1>Bad gateway</h1>", 502)
        if behaviour.answer == "other_sum" and isinstance(answer, dict) and "amount" in answer:
            answer = answer | {"amount": answer["amount"] - 1}
        text = b"<html>" if behaviour.answer == "no_json" else json.dumps(answer).encode()
        headers = self._keys.headers(asked, time.time(), str(status).encode(), text)
        return Response(text, status, {} if behaviour.answer == "unsigned" else headers, "application/json")

    async def _page(self, request: Request) -> Response:
        charge = self._memory.charge(request.path_params["ref"])
        if charge is None:
            return HTMLResponse("<h1>No such payment</h1>", 404)
        return HTMLResponse(_PAGE.format(**{name: html.escape(str(value)) for name, value in charge.items()}))

    async def _paid(self, request: Request) -> Response:
        body = (await request.body())[:LONGEST_BODY]
        token = parse_qs(body.decode("utf-8", "replace")).get("card", ["tok_ok"])[0]
        charge = self._desk.pay(request.path_params["ref"], token, time.time())
        if charge is None:
            return HTMLResponse("<h1>No such payment</h1>", 404)
        if charge["return_url"].startswith(("http://", "https://")):
            return RedirectResponse(charge["return_url"], 303)
        return HTMLResponse("<h1>Thank you</h1><p>You may close this page.</p>")


def make_provider(memory: Memory, keys: Keys, base_url: str) -> tuple[Starlette, Desk]:
    """The application and the desk behind it; the caller lets the desk work as time goes by."""
    desk = Desk(memory, base_url)
    return Starlette(routes=Counter(memory, desk, keys).routes()), desk
