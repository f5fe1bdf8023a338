"""What a product page and a product list cost, beside the driver alone and beside ready bytes, at growing sizes."""

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from pymongo.database import Database

from bench.place import Place, place
from bench.products import CATEGORIES, PER_STORE, grow_to, sampled, slug_of, thing_id
from daraa.declare import Query
from daraa.market.catalog import repository
from daraa.stores.mongo.reading import build_filter, build_sort

Raw = dict[str, Any]
RUNS, REQUESTS, LEAST, LONGEST_S = 5, 300, 1, 1.0
KINDS = ("bare", "driver", "api")
BOUND = 1.3


@dataclass
class Case:
    """One kind of request: addresses with the finds that the API sends for each."""

    name: str
    addresses: dict[str, list[Raw]]
    seen: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def cpu_us(self, kind: str) -> float:
        """Median over the runs, in microseconds of CPU a request."""
        return median(cpu for cpu, _ in self.seen[kind])

    def wall_us(self, kind: str) -> float:
        """Median over the runs, in microseconds from request to answer."""
        return median(wall for _, wall in self.seen[kind])


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    size: int
    case: Case
    commands: int
    examined: float

    @property
    def own_us(self) -> float:
        """Our own CPU a request: all of it less that of the driver alone."""
        return self.case.cpu_us("api") - self.case.cpu_us("driver")


def cases(size: int, *, hinted: bool) -> list[Case]:
    """A product page with its variants, the newest of a store and of a category; hinted where the API hints."""

    def find(query: Query[Any], limit: int, **args: Any) -> Raw:
        words = {"filter": build_filter(query, args), "sort": build_sort(query.sort), "limit": limit}
        return {"collection": query.collection.db_name, **words, **({"hint": query.index.name} if hinted else {})}

    pages = {
        f"/v1/products/{slug_of(number)}": [
            find(repository.BY_SLUG, 1, slug=slug_of(number)),
            find(repository.VARIANTS, repository.MOST_VARIANTS, product_id=thing_id("prd", number)),
        ]
        for number in sampled(size, 200)
    }
    newest = {
        f"/v1/products?category=category-{number}": [
            find(repository.CATEGORY_NEWEST, 21, category_id=thing_id("cat", number))
        ]
        for number in range(CATEGORIES)
    }
    stores = list(sampled(size // PER_STORE, 100))
    of_store = {
        f"/v1/products?store=store-{number}": [
            find(repository.STORE_BY_SLUG, 1, slug=f"store-{number}"),
            find(repository.STORE_NEWEST, 21, store_id=thing_id("sto", number)),
        ]
        for number in stores
    }
    return [
        Case("product page", pages),
        Case("newest of a store", of_store),
        Case("newest of a category", newest),
    ]


@contextmanager
def served(at: Place, every: Sequence[Case]) -> Iterator[http.client.HTTPConnection]:
    """The three servers in one process, and a connection to it."""
    listener = socket.create_server(("127.0.0.1", 0))
    file = Path(at.settings.home) / "cases.json"
    # The driver's part is found by number, so that its address costs no decoding.
    file.write_text(json.dumps({str(number): finds for number, (_, finds) in enumerate(_flat(every))}))
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.served", str(listener.fileno()), str(file)],
        env=at.environment(),
        pass_fds=(listener.fileno(),),
    )
    connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=120)
    try:
        yield connection
    finally:
        connection.close()
        child.terminate()
        child.wait(30)
        listener.close()


def _flat(every: Sequence[Case]) -> list[tuple[str, list[Raw]]]:
    return [pair for case in every for pair in case.addresses.items()]


def ask(connection: http.client.HTTPConnection, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
    """One request; anything but 200 ends the bench."""
    connection.request("GET" if body is None else "POST", path, body, {"Accept-Language": "en"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}: {answer.read()[:500]!r}")
    return answer


def measure(connection: http.client.HTTPConnection, paths: Sequence[str]) -> tuple[float, float]:
    """CPU of the requests themselves and wall time a request, in microseconds."""
    before = float(ask(connection, "/cpu").read())
    began, asked = time.perf_counter(), 0
    while asked < REQUESTS and (asked < LEAST or time.perf_counter() - began < LONGEST_S):
        ask(connection, paths[asked % len(paths)]).read()
        asked += 1
    wall = time.perf_counter() - began
    used = float(ask(connection, "/cpu").read()) - before
    return used / asked * 1e6, wall / asked * 1e6


def measure_case(connection: http.client.HTTPConnection, case: Case, first: int) -> int:
    """Five alternated runs of the three kinds; returns the commands of one request."""
    paths = list(case.addresses)
    # A new connection: an explain before this may have taken longer than the server keeps an idle one.
    connection.close()
    answer = ask(connection, paths[0])
    ask(connection, "/learn", answer.read()).read()
    found = re.search(r'desc="(\d+) commands"', answer.headers["server-timing"])
    assert found is not None
    by_kind = {
        "bare": ["/bare/x"],
        "driver": [f"/driver/{first + place}" for place in range(len(paths))],
        "api": paths,
    }
    for kind in KINDS:
        measure(connection, by_kind[kind])
    for _ in range(RUNS):
        for kind in KINDS:
            case.seen[kind].append(measure(connection, by_kind[kind]))
    return int(found[1])


def examined(database: Database[Raw], finds: Sequence[Raw]) -> float:
    """Documents examined for each one returned, by the server's own account."""
    seen = returned = 0
    for each in finds:
        words = {"find": each["collection"], **{key: each[key] for key in ("filter", "limit", "hint") if key in each}}
        words |= {"sort": dict(each["sort"])} if each["sort"] else {}
        stats = database.command({"explain": words, "verbosity": "executionStats"})["executionStats"]
        seen += stats["totalDocsExamined"]
        returned += stats["nReturned"]
    return seen / max(1, returned)


def bench(sizes: Sequence[int]) -> None:
    """Print the table for these sizes, smallest first."""
    rows: list[Row] = []
    with place() as at:
        database = at.database()
        print(f"server: {at.kind}; products by our own bulk insert, one variant each; {RUNS} alternated runs, medians")
        for size in sizes:
            began = time.perf_counter()
            grow_to(database, size)
            print(f"{size:,} products stand after {time.perf_counter() - began:.0f} s", file=sys.stderr)
            rows += _bench_size(at, database, size)
            # After every size: the largest takes long, and what is known should not wait for it.
            show(rows)


def _bench_size(at: Place, database: Database[Raw], size: int) -> list[Row]:
    state = database.schemaStates.find_one({"_id": "schema"}) or {}
    every, rows, first = cases(size, hinted=not state.get("plansUnhinted")), [], 0
    with served(at, every) as connection:
        for case in every:
            commands = measure_case(connection, case, first)
            first += len(case.addresses)
            rows.append(Row(size, case, commands, examined(database, next(iter(case.addresses.values())))))
    return rows


def show(rows: Sequence[Row]) -> None:
    """The table, and how our own CPU grows."""
    print("| products | request | API CPU µs | driver CPU µs | own CPU µs | bare CPU µs | API/bare CPU | API wall µs |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        api, driver, bare = (row.case.cpu_us(kind) for kind in ("api", "driver", "bare"))
        wall = f"{row.case.wall_us('api'):.0f} (driver {row.case.wall_us('driver'):.0f})"
        print(
            f"| {row.size:,} | {row.case.name} | {api:.0f} | {driver:.0f} | {row.own_us:.0f} | {bare:.0f} "
            f"| {api / bare:.1f} | {wall} |"
        )
    print("\n| products | request | commands | documents examined per returned |\n|---:|---|---:|---:|")
    for row in rows:
        print(f"| {row.size:,} | {row.case.name} | {row.commands} | {row.examined:.2f} |")
    print()
    sizes = sorted({row.size for row in rows})
    for last in (row for row in rows if row.size == sizes[-1] and len(sizes) > 1):
        first = next(row for row in rows if row.size == sizes[0] and row.case.name == last.case.name)
        ratio = last.own_us / first.own_us
        verdict = "ok" if ratio <= BOUND else f"above {BOUND}"
        print(f"own CPU, {last.case.name}, {last.size:,} against {first.size:,}: {ratio:.2f} ({verdict})")
