"""The exchanges in docs/api.md are sent in their order to a real installation, and answered as they stand there."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from factories.installation import served
from factories.market import Town, open_town
from factories.people import last_code
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
PAGE = Path(__file__).parents[3] / "docs/api.md"
NAME = re.compile(r"<([a-z]+)>")
Known = dict[str, str]


@pytest.fixture(scope="module")
async def town(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with open_town(mongo_server, redis_server, tmp_path_factory.mktemp("home")) as opened:
        yield opened


def filled(text: str, known: Known) -> str:
    return NAME.sub(lambda found: known[found[1]], text)


def compare(shown: Any, real: Any, known: Known, where: str) -> None:
    """What the page shows is what came; a name is learnt where it stands first, and the same afterwards."""
    if isinstance(shown, dict):
        assert isinstance(real, dict), where
        for key, value in shown.items():
            assert key in real, f"{where}.{key}"
            compare(value, real[key], known, f"{where}.{key}")
    elif isinstance(shown, list):
        assert len(shown) == len(real), where
        for number, value in enumerate(shown):
            compare(value, real[number], known, f"{where}[{number}]")
    elif isinstance(shown, str) and (name := NAME.fullmatch(shown)):
        assert known.setdefault(name[1], real) == real, where
    else:
        assert shown == real, where


def parts(text: str) -> tuple[list[tuple[str, str]], str]:
    """Headers, and the body that follows them."""
    lines = text.splitlines()
    headers = [line for line in lines if re.match(r"[A-Za-z-]+: ", line)]
    return [tuple(line.split(": ", 1)) for line in headers], "\n".join(lines[len(headers) :])  # type: ignore[misc]


async def exchange(client: httpx.AsyncClient, block: str, known: Known) -> None:
    asked, answered = block.strip().split("\n\n")
    line, _, rest = asked.partition("\n")
    method, target = filled(line, known).split(" ")
    headers, body = parts(filled(rest, known))
    sent = dict(headers) | ({"content-type": "application/json"} if body else {})
    answer = await client.request(method, target, headers=sent, content=body.encode())
    status, _, rest = answered.partition("\n")
    assert answer.status_code == int(status), f"{line}: {answer.text}"
    wanted, text = parts(rest)
    for name, value in wanted:
        compare(value, answer.headers.get(name), known, f"{line} {name}")
    if text:
        compare(json.loads(text), answer.json(), known, line)


async def test_every_exchange_is_answered_as_the_page_says(town: Town) -> None:
    shop = await town.storefront(1_500)
    await town.storefront(2_500)
    known = {"variant": shop.variant.id}
    blocks = re.findall(r"^```http\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 10
    async with served(town.settings) as client:
        for block in blocks:
            if "<code>" in block:
                phone = re.findall(r"\+\d+", block)[0]
                known["code"] = last_code(town.settings.home, phone)
            await exchange(client, block, known)
