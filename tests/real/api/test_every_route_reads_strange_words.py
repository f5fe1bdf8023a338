"""Strange words in paths, queries and headers: control characters, operators, expressions, numbers without end."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from factories.world import OPERATIONS, Operation, World, open_world
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
STRANGE = (
    "", " ", "%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%98%80", "%E2%80%AE", "..%2F..%2Fetc%2Fpasswd", "%2A", "null",
    "NaN", "-1", "1e309", "9223372036854775808", "9" * 400, "٣", "true", quote('{"$gt": ""}'), quote("(a+)+$"),
    quote("[" * 500), quote("\\"), quote("0000-00-00T00:00:00Z"), quote("9999-12-31T23:59:60+99:99"),
    quote("é" * 2_000), quote("36.1,999"), "%25%30%30", quote("\r\nset-cookie: x=1"),
)  # fmt: skip
WITH_QUERIES = [each for each in OPERATIONS if each.names("query")]
WITH_PATHS = [each for each in OPERATIONS if each.names()]
HEADERS = ("if-match", "idempotency-key", "x-cart-key", "accept-language", "x-request-id", "traceparent")
STRANGE_BYTES = (
    b"", b"\xff\xfe", b"\x01", b"*", b'W/"1"', b'"99999999999999999999"', b"Bearer \xd9\xa3", b"x" * 9_000,
)  # fmt: skip


@pytest.fixture(scope="module")
async def world(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with open_world(mongo_server, redis_server, tmp_path_factory.mktemp("strange")) as made:
        yield made


def _is_sound(answer: httpx.Response) -> bool:
    """No failure of ours; and a refusal is a problem."""
    if answer.status_code < 400:
        return True
    return answer.status_code < 500 and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", WITH_QUERIES, ids=str)
async def test_in_a_query(operation: Operation, world: World) -> None:
    path = world.address(operation)
    for name in [*operation.names("query"), "unheard_of", "limit[$gt]"]:
        for word in STRANGE:
            url = f"{path}?{quote(name)}={word}"
            answer = await world.town.client.request(operation.method, url, headers=world.owner(operation.path))
            assert _is_sound(answer), (url[:200], answer.text)
            assert name in operation.names("query") or answer.status_code == 400, url[:200]


@pytest.mark.parametrize("operation", WITH_PATHS, ids=str)
async def test_in_a_path(operation: Operation, world: World) -> None:
    for word in filter(None, STRANGE):
        path = operation.path
        for name in operation.names():
            path = path.replace(f"{{{name}}}", word)
        answer = await world.town.client.request(operation.method, path, headers=world.owner(operation.path))
        assert _is_sound(answer), (path[:200], answer.text)
        assert answer.status_code >= 400, path[:200]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_in_a_header(operation: Operation, world: World) -> None:
    path = world.address(operation)
    owner = world.owner(operation.path)
    for word in STRANGE_BYTES:
        for strange in (dict.fromkeys(HEADERS, word), {"authorization": word}):
            answer = await world.town.client.request(operation.method, path, headers={**owner, **strange}, content=b"{")
            assert _is_sound(answer), (word[:20], answer.text)
