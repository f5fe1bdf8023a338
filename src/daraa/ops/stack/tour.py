"""A small tour that shows the platform working: what a newcomer would try first, tried for them."""

import asyncio
import time
import urllib.parse
from typing import Any

from daraa.kernel.errors import DaraaError
from daraa.ops.stack.errors import TOUR_FAILED
from daraa.stores.process.http_probe import http_get

ASKED, STORED = "أحمد", "احمد"
"""The tour asks in one spelling for what is stored in another."""

PATIENCE_S = 20.0
"""How long one question is asked again: with cold caches on a busy machine the first answer may be "try later"."""
_LATER = (0, 503)


async def take_tour(base: str) -> None:
    """Ask the running API at `base`; DaraaError names the first thing that was not as it should be."""
    await _get(base, "/health/ready")
    await _get(base, "/v1/categories")
    listed = await _get(base, "/v1/products?limit=5")
    if not listed["data"]:
        raise _failed("/v1/products lists nothing")
    slug = listed["data"][0]["slug"]
    await _get(base, f"/v1/products/{urllib.parse.quote(slug)}")
    answer = await _get(base, f"/v1/products?limit=20&q={urllib.parse.quote(ASKED)}", language="ar")
    names = [_name(row) for row in answer["data"]]
    if not any(STORED in name for name in names):
        raise _failed(f"a search for {ASKED} finds {names[:3]}, none spelt {STORED}")


def _name(row: dict[str, Any]) -> str:
    name = row["name"]
    return str(name["ar"] if isinstance(name, dict) else name)


async def _get(base: str, path: str, language: str = "en") -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while (answer := await http_get(base + path, language=language)).status in _LATER:
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise _failed(f"{base}{path} answers {answer.status or answer.why}: {str(answer.body)[:300]}")
    return answer.body


def _failed(seen: str) -> DaraaError:
    return DaraaError(TOUR_FAILED, f"The tour failed: {seen}.", hint="The logs of every part are in the logs folder.")
