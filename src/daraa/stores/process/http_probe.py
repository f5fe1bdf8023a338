"""Asks a local HTTP server whether it answers, for readiness and for the tour; nothing here serves shoppers."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and its JSON body (None when the body is something else); status 0 means nobody answered."""

    status: int
    body: Any = None
    why: str = ""


async def http_get(url: str, *, language: str = "en", within_s: float = 10.0) -> Answer:
    """GET `url`; never raises for what the server says or does not say."""
    return await asyncio.to_thread(_get, url, language, within_s)


async def http_answers(url: str) -> bool:
    """True when `url` answers 200."""
    return (await http_get(url, within_s=5.0)).status == 200


def _get(url: str, language: str, within_s: float) -> Answer:
    request = urllib.request.Request(url, headers={"Accept-Language": language})  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=within_s) as answer:  # noqa: S310
            return Answer(answer.status, _json(answer.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _json(error.read()), str(error))
    except OSError as error:
        return Answer(0, None, str(error))


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
