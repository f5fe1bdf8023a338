"""Whatever is asked, the answer is a page or a problem that says what to do; never a failure of the server."""

from typing import Any
from urllib.parse import quote, quote_from_bytes

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daraa.kernel.errors import REGISTRY
from factories.catalog import Shop

pytestmark = [pytest.mark.anyio, pytest.mark.portable]

REFUSED = [
    ("limit=0", "api.request.invalid", "/query/limit"),
    ("limit=abc", "api.request.invalid", "/query/limit"),
    ("limit=1000", "api.request.invalid", "/query/limit"),
    ("limit=" + "9" * 5000, "api.request.invalid", "/query/limit"),
    ("limit=", "api.request.invalid", "/query/limit"),
    ("lmit=5", "api.request.invalid", "/query/lmit"),
    ("category=", "api.request.invalid", "/query/category"),
    ("category=" + quote("Ünknown!"), "api.request.invalid", "/query/category"),
    ("category=%24ne", "api.request.invalid", "/query/category"),
    ("category=no-such", "catalog.category.unknown", None),
    ("store=no-such", "catalog.store.unknown", None),
    ("sort=cheap", "api.request.invalid", "/query/sort"),
    ("min_price=5", "catalog.prices.unsorted", "/query/sort"),
    ("max_price=5&q=x", "catalog.prices.unsorted", "/query/sort"),
    ("sort=price&min_price=9&max_price=5", "catalog.prices.crossed", "/query/min_price"),
    ("sort=price&min_price=-1", "api.request.invalid", "/query/min_price"),
    ("sort=price&max_price=9223372036854775808", "api.request.invalid", "/query/max_price"),
    ("sort=price&q=shoes", "catalog.sort.unsupported", "/query/sort"),
    ("sort=relevance", "catalog.sort.unsupported", "/query/sort"),
    ("sort=relevance&q=shoes", "catalog.sort.unsupported", "/query/sort"),
    ("q=", "catalog.search.invalid", "/query/q"),
    ("q=%20%21%3F", "catalog.search.invalid", "/query/q"),
    ("q=" + quote("ـًٌٍ"), "catalog.search.invalid", "/query/q"),
    ("q=a%00b", "catalog.search.invalid", "/query/q"),
    ("q=a%0Ab", "catalog.search.invalid", "/query/q"),
    ("q=" + "x" * 101, "catalog.search.invalid", "/query/q"),
    ("q=a+b+c+d+e+f+g+h+i", "catalog.search.invalid", "/query/q"),
    ("q=%ED%A0%80", "api.request.unreadable", None),
    ("q=%FF", "api.request.unreadable", None),
    ("limit=5&limit=6", "api.request.unreadable", None),
    ("&".join(f"a{number}=1" for number in range(40)), "api.request.unreadable", None),
    ("cursor=", "api.request.invalid", "/query/cursor"),
    ("cursor=abc", "market.cursor.invalid", "/query/cursor"),
    ("cursor=" + "A" * 200, "market.cursor.invalid", "/query/cursor"),
    ("cursor=" + quote("مؤشر"), "market.cursor.invalid", "/query/cursor"),
    ("cursor=" + "A" * 2000, "api.request.invalid", "/query/cursor"),
]


def assert_problem(answer: httpx.Response) -> dict[str, Any]:
    """RFC 9457, with our own members, in the language asked for."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance", "code", "retryable"} <= set(body)
    assert body["status"] == answer.status_code == REGISTRY[body["code"]].status
    assert body["type"].endswith(body["code"])
    assert body["instance"] == answer.headers["x-request-id"]
    assert body["title"] == getattr(REGISTRY[body["code"]], answer.headers["content-language"])
    assert body["detail"]
    assert "Traceback" not in answer.text
    return body


@pytest.mark.parametrize(("query", "code", "pointer"), REFUSED)
@pytest.mark.parametrize("language", ["ar", "en"])
async def test_a_senseless_request_is_refused_with_its_reason(
    client: httpx.AsyncClient, query: str, code: str, pointer: str | None, language: str
) -> None:
    answer = await client.get(f"/v1/products?{query}", headers={"accept-language": language})
    body = assert_problem(answer)
    assert body["code"] == code
    assert answer.status_code in (400, 404)
    if pointer is not None:
        assert [each["pointer"] for each in body["errors"]] == [pointer]
        assert all(each["code"] and each["detail"] for each in body["errors"])


async def test_a_misspelt_parameter_is_told_the_nearest_known_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/products?catgory=shoes", headers={"accept-language": "en"})
    assert "did you mean 'category'" in assert_problem(answer)["detail"]


@pytest.mark.parametrize("path", ["/v1/categories", "/v1/products/x", "/v1/stores/x", "/health/live/"])
async def test_addresses_without_parameters_ignore_none(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.get(f"{path}?expand=all"))


async def test_a_cursor_serves_only_its_own_list(client: httpx.AsyncClient, shop: Shop) -> None:
    first = await client.get("/v1/products", params={"category": "shoes", "limit": 2, "sort": "price"})
    cursor = first.json()["page"]["next_cursor"]
    others: list[dict[str, str]] = [
        {"category": "food", "sort": "price"},
        {"category": "shoes", "sort": "-price"},
        {"category": "shoes"},
        {"category": "shoes", "sort": "price", "max_price": "2000"},
        {"category": "shoes", "sort": "price", "store": "ahmad-shoes"},
    ]
    for params in others:
        answer = await client.get("/v1/products", params={**params, "cursor": cursor})
        assert assert_problem(answer)["code"] == "market.cursor.invalid"
    assert assert_problem(await client.get("/v1/stores", params={"cursor": cursor}))["code"] == "market.cursor.invalid"
    same = await client.get("/v1/products", params={"category": "shoes", "sort": "price", "limit": 5, "cursor": cursor})
    assert same.status_code == 200


async def test_a_cursor_with_any_character_changed_is_refused(client: httpx.AsyncClient, shop: Shop) -> None:
    cursor = (await client.get("/v1/products", params={"limit": 2})).json()["page"]["next_cursor"]
    for place in range(len(cursor)):
        other = "B" if cursor[place] == "A" else "A"
        forged = cursor[:place] + other + cursor[place + 1 :]
        answer = await client.get("/v1/products", params={"limit": 2, "cursor": forged})
        assert assert_problem(answer)["code"] == "market.cursor.invalid"


@pytest.mark.parametrize("path", ["/v1/products/%00", "/v1/products/A%20B", "/v1/products/" + "x" * 500, "/v1/nothing"])
async def test_an_address_that_cannot_exist_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.get(path))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_method_that_is_not_offered_is_refused(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/v1/products")
    assert assert_problem(answer)["code"] == "api.method.refused"
    assert answer.headers["allow"] == "GET"


NAMES = st.sampled_from(["q", "limit", "cursor", "category", "store", "sort", "min_price", "max_price", "x", "q[$ne]"])
VALUES = st.one_of(
    st.text(max_size=120).map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="")),
    st.binary(max_size=60).map(quote_from_bytes),
    st.integers().map(str),
    st.sampled_from(["price", "-price", "newest", "shoes", "20", "{}", "[$gt]=1", "%", "%zz", "null", "NaN"]),
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=5).map(lambda found: "&".join(f"{a}={b}" for a, b in found))
PATHS = st.sampled_from(
    ["/v1/products", "/v1/stores", "/v1/categories", "/v1/products/x", "/v1/stores/x", "/health/ready"]
)


async def test_no_query_string_makes_the_server_fail(client: httpx.AsyncClient, shop: Shop) -> None:
    asked: list[str] = []

    @settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(PATHS, PAIRS)
    def collect(path: str, query: str) -> None:
        asked.append(f"{path}?{query}")

    collect()
    statuses = set()
    for address in asked:
        answer = await client.get(address)
        assert answer.status_code in (200, 400, 404), (address, answer.text)
        statuses.add(answer.status_code)
        if answer.status_code != 200:
            assert_problem(answer)
    assert {200, 400} <= statuses
