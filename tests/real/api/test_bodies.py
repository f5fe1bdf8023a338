"""Bodies that are too long, no JSON, of another kind or of a senseless shape are refused as problems."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from daraa.api.bodies import LONGEST_BODY
from factories.world import OPERATIONS, Operation, World, open_world
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
WITH_BODIES = [each for each in OPERATIONS if "requestBody" in each.words and "/hooks/" not in each.path]
JSON = {"content-type": "application/json"}
NESTED = b'{"a":' * 20_000 + b"1" + b"}" * 20_000
SENSELESS = {
    "nothing": b"",
    "half of an object": b'{"reason": "x',
    "a list": b"[]",
    "a list of lists": b"[" * 50_000 + b"]" * 50_000,
    "deep nesting": NESTED,
    "null": b"null",
    "a number": b"1e400",
    "a text": b'"text"',
    "not UTF-8": b'{"reason": "\xff\xfe"}',
    "a lone surrogate": b'{"reason": "\\ud800"}',
    "a NUL": b'{"reason": "a\\u0000b"}',
    "NaN": b'{"amount": NaN}',
    "a name twice": b'{"reason": "first", "reason": "second", "unknown": 1}',
    "an operator": b'{"$where": "sleep(1000)", "reason": {"$gt": ""}}',
    "a prototype": b'{"__proto__": {"admin": true}}',
    "a number of 5000 digits": b'{"amount": ' + b"9" * 5_000 + b"}",
}

KINDS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml")


@pytest.fixture(scope="module")
async def world(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with open_world(mongo_server, redis_server, tmp_path_factory.mktemp("bodies")) as made:
        yield made


async def _post(
    world: World, operation: Operation, content: bytes | AsyncIterator[bytes], **more: str
) -> httpx.Response:
    headers = world.owner(operation.path) | {"idempotency-key": "body-test-1", "if-match": '"1"'} | JSON | more
    return await world.town.client.request(operation.method, world.address(operation), content=content, headers=headers)


def _is_problem(answer: httpx.Response) -> bool:
    is_one = answer.headers["content-type"] == "application/problem+json"
    return is_one and answer.json()["status"] == answer.status_code


async def _pieces(total: int) -> AsyncIterator[bytes]:
    """A body of that many bytes whose length nobody announces."""
    yield b'{"reason": "'
    for _ in range(total // 8_192):
        yield b"x" * 8_192
    yield b'"}'


@pytest.mark.parametrize("operation", WITH_BODIES, ids=str)
async def test_a_senseless_body_is_a_problem_and_changes_nothing(operation: Operation, world: World) -> None:
    for what, content in SENSELESS.items():
        answer = await _post(world, operation, content)
        assert answer.status_code in (400, 413, 422), (what, answer.status_code, answer.text)
        assert _is_problem(answer), what
    assert await world.changed() == {}


@pytest.mark.parametrize("operation", WITH_BODIES, ids=str)
async def test_another_kind_of_content_is_refused(operation: Operation, world: World) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ):
        answer = await _post(world, operation, b'{"reason": "some words"}', **{"content-type": kind})
        assert answer.status_code in (400, 415, 422), (kind, answer.text)
        assert _is_problem(answer), kind
    assert await world.changed() == {}


@pytest.mark.parametrize("operation", WITH_BODIES, ids=str)
async def test_a_body_that_is_announced_too_long_is_refused_unread(operation: Operation, world: World) -> None:
    answer = await _post(world, operation, b"{}", **{"content-length": str(LONGEST_BODY + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "api.body.toolong")
    assert _is_problem(answer)


@pytest.mark.parametrize("operation", WITH_BODIES, ids=str)
async def test_a_body_that_grows_too_long_unannounced_is_refused(operation: Operation, world: World) -> None:
    answer = await _post(world, operation, _pieces(LONGEST_BODY + 8_192))
    assert (answer.status_code, answer.json()["code"]) == (413, "api.body.toolong")
    assert _is_problem(answer)
    assert await world.changed() == {}


async def test_the_longest_body_is_still_read(world: World) -> None:
    text = json.dumps({"reason": ""}).encode()
    padded = text + b" " * (LONGEST_BODY - len(text))
    suspend = next(each for each in WITH_BODIES if each.path.endswith("/accounts/{account_id}:suspend"))
    answer = await _post(world, suspend, padded)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/body/reason"
