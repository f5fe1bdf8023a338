"""What every answer carries, what is logged about it, and how failures nobody foresaw come out."""

import io
import json
import logging
import re
from collections.abc import Iterator

import httpx
import pytest

from daraa.api.app import make_app
from daraa.kernel.ids import is_id
from daraa.kernel.logs import EcsFormatter
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the API logs, as the JSON lines of production."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(EcsFormatter("test"))
    logger = logging.getLogger("daraa.api")
    logger.addHandler(handler)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield stream
    logger.setLevel(before)
    logger.removeHandler(handler)


async def test_a_sane_request_id_is_kept_and_any_other_replaced(client: httpx.AsyncClient) -> None:
    kept = await client.get("/health/live", headers={"x-request-id": "client-id.0001"})
    assert kept.headers["x-request-id"] == "client-id.0001"
    for senseless in ("short", "x" * 129, "has space in it", "new\x7fline-0000", '"quoted-00"'):
        given = (await client.get("/health/live", headers={"x-request-id": senseless})).headers["x-request-id"]
        assert is_id(given, "req")


async def test_a_trace_is_passed_on_and_a_malformed_one_is_not(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live", headers={"traceparent": TRACE})).headers["traceparent"] == TRACE
    assert "traceparent" not in (await client.get("/health/live", headers={"traceparent": "00-abc-def-01"})).headers


@pytest.mark.parametrize(
    ("accept", "language"),
    [("en", "en"), ("ar", "ar"), ("", "ar"), ("fr, en;q=0.5", "en"), ("en;q=0.3, ar-SY;q=0.9", "ar"), (";;,q=", "ar")],
)
async def test_the_language_is_announced(client: httpx.AsyncClient, accept: str, language: str) -> None:
    answer = await client.get("/v1/products", headers={"accept-language": accept})
    assert answer.headers["content-language"] == language
    assert "accept-language" in answer.headers["vary"].lower()


async def test_the_commands_of_a_read_are_told_and_those_of_other_methods_are_not(client: httpx.AsyncClient) -> None:
    timing = (await client.get("/v1/products")).headers["server-timing"]
    assert re.fullmatch(r'db;dur=[\d.]+;desc="1 commands", total;dur=[\d.]+', timing)
    assert "server-timing" not in (await client.post("/v1/products")).headers


async def test_a_request_is_one_log_line_without_the_values_of_its_parameters(
    client: httpx.AsyncClient, lines: io.StringIO
) -> None:
    await client.get(
        "/v1/products?q=0933123456&limit=5", headers={"x-request-id": "log-line-0001", "traceparent": TRACE}
    )
    (line,) = [json.loads(each) for each in lines.getvalue().splitlines()]
    assert line["message"] == "GET /v1/products 200"
    assert line["http.request.id"] == "log-line-0001"
    assert line["trace.id"] == TRACE.split("-")[1]
    assert line["labels"]["db_commands"] == 1
    assert line["labels"]["parameters"] == "limit q"
    assert "0933123456" not in lines.getvalue()


async def test_what_nobody_foresaw_is_a_problem_outside_and_a_stack_trace_in_the_log(
    installed: tuple[Settings, Mongo], lines: io.StringIO
) -> None:
    app = make_app(installed[0])

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the inner detail")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        answer = await client.get("/broken", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "kernel.internal.unexpected"
    assert answer.json()["instance"] == answer.headers["x-request-id"]
    assert "inner detail" not in answer.text
    assert "the inner detail" in lines.getvalue()
    assert answer.headers["x-request-id"] in lines.getvalue()


async def test_a_request_is_cut_off_at_its_time_bound(installed: tuple[Settings, Mongo]) -> None:
    quick = installed[0].model_copy(
        update={"api": installed[0].api.model_copy(update={"request_timeout_s": 0.000_001})}
    )
    app = make_app(quick)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client,
    ):
        answer = await client.get("/v1/products", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["retryable"]) == (503, True)
    assert answer.json()["code"] in ("stores.database.timeout", "stores.database.unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_the_reference_page_needs_nothing_from_outside(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(""", page.text)
    for path in (await client.get("/openapi.json")).json()["paths"]:
        assert f"<code>{path}</code>" in page.text


async def test_the_description_is_openapi_3_1_and_describes_every_parameter(client: httpx.AsyncClient) -> None:
    spec = (await client.get("/openapi.json")).json()
    assert spec["openapi"].startswith("3.1")
    assert {"/v1/categories", "/v1/stores", "/v1/products", "/v1/products/{key}", "/health/ready"} <= set(spec["paths"])
    for path, item in spec["paths"].items():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            for parameter in operation.get("parameters", []):
                assert parameter.get("description") or parameter["schema"].get("description"), (path, parameter["name"])
