"""Requests that nobody would write by hand: made from the API's description, right and wrong, by every sort of caller.

Whatever comes, the answer is one that the description names, in the form that it names, and never a failure of ours.
"""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import content_type_conformance
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from daraa.kernel.ids import ID_PATTERN
from factories.world import DOCUMENT, OPERATIONS, Operation, World, open_world
from servers.mongo import MongoServer
from servers.redis import RedisServer

pytestmark = pytest.mark.anyio
FEW, MANY = 3, 40
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
ABSENT = "stores.provider.unavailable"
"""The one failure on our side that is true here: no card provider listens."""
_QUIET = GenerationConfig(deterministic=True, with_security_parameters=False)
SCHEMA = schemathesis.openapi.from_dict(
    DOCUMENT, config=SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=_QUIET)))
)
Send = Callable[[requests.PreparedRequest], httpx.Response]


@pytest.fixture(scope="module")
async def world(
    mongo_server: MongoServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with open_world(mongo_server, redis_server, tmp_path_factory.mktemp("survives")) as made:
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_a_few_requests(operation: Operation, world: World) -> None:
    await _besiege(operation, world, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_many_requests(operation: Operation, world: World) -> None:
    await _besiege(operation, world, MANY)


async def _besiege(operation: Operation, world: World, requests_made: int) -> None:
    """Hypothesis calls us from a thread; the application lives in this loop."""
    owner = world.owner(operation.path)
    path = world.address(operation)
    version = await world.version(operation, path, owner) if "If-Match" in operation.names("header") else None
    cases = _cases(operation, world, version)
    callers = st.one_of(st.just(owner), st.sampled_from(list(world.everybody().values())))

    async def send(request: requests.PreparedRequest) -> httpx.Response:
        return await world.town.client.request(
            request.method or "", request.url or "", content=request.body, headers=dict(request.headers)
        )

    def run() -> None:
        @settings(
            max_examples=requests_made, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
        )  # fmt: skip
        @given(case=cases, caller=callers)
        def each(case: schemathesis.Case, caller: dict[str, str]) -> None:
            words = case.as_transport_kwargs(base_url="http://api", headers=caller)
            request = requests.Request(**{name: words[name] for name in words if name in _TAKEN}).prepare()
            _judge(case, anyio.from_thread.run(send, request))

        each()

    await anyio.to_thread.run_sync(run)


_TAKEN = ("method", "url", "headers", "params", "data", "json", "cookies", "files")


def _cases(operation: Operation, world: World, version: str | None) -> Any:
    """Right and wrong requests, with this world's ids and with others."""
    described = SCHEMA[operation.path][operation.method]
    ids = {name: found for name in operation.names() if (found := world.known(name, operation.path))}
    headers = {"If-Match": version} if version else None
    right, wrong = list(schemathesis.GenerationMode)
    there = described.as_strategy(right, path_parameters=ids, headers=headers)
    return st.one_of(
        there.map(lambda case: _with_ids(case, world, operation.path)),
        described.as_strategy(wrong, path_parameters=ids, headers=headers),
        described.as_strategy(right),
    )


def _with_ids(case: schemathesis.Case, world: World, path: str) -> schemathesis.Case:
    """The same with ids of things that are there, wherever the world knows one."""

    def known(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {each: known(each, inner) for each, inner in value.items()}
        if isinstance(value, list):
            return [known(name.removesuffix("s"), inner) for inner in value]
        known_here = isinstance(value, str) and (name == "currency" or re.fullmatch(ID_PATTERN[1:-1], value))
        return world.known(name, path) or value if known_here else value

    if isinstance(case.body, dict):
        case.body = known("", case.body)
    return case


def _judge(case: schemathesis.Case, answer: httpx.Response) -> None:
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert answer.status_code < 500 or problem["code"] == ABSENT, answer.text
        if answer.status_code >= 500:
            return
    case.validate_response(answer, checks=CHECKS)
