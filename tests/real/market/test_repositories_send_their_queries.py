"""Every repository method is called on a real server, which thereby gets every query of the market, hint and all."""

import importlib
import inspect
import itertools
import pkgutil
import types
import typing
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pymongo
import pytest
from pymongo.errors import OperationFailure
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

import daraa.market
from daraa.collections.store_members import STORE_MEMBERS, MemberRole, MemberStatus, StoreMember
from daraa.declare import Collection, Point, Polygon, Query
from daraa.declare.document import stamp
from daraa.declare.shape import find_path
from daraa.derive.indexes import index_plan
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.settings import MongoSettings
from daraa.market.catalog.repository import LISTS, CatalogRepository
from daraa.market.found import MISSING
from daraa.market.tenancy import NOT_A_MEMBER, Memberships, StoreScope
from daraa.stores.mongo import Capabilities, Mongo, Near, Table
from queries import within
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAMASCUS = Near(36.29, 33.51, 5000)
READS = ("find", "get", "list_", "count_")
SQUARE = Polygon(coordinates=(((36.2, 33.5), (36.3, 33.5), (36.3, 33.6), (36.2, 33.5)),))


@dataclass
class Sent(CommandListener):
    """The names of queries that the server got, and of those that it refused."""

    asked: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    _open: dict[int, str] = field(default_factory=dict)

    def started(self, event: CommandStartedEvent) -> None:
        if comment := event.command.get("comment"):
            self.asked.append(comment)
            self._open[event.request_id] = comment

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._open.pop(event.request_id, None)

    def failed(self, event: CommandFailedEvent) -> None:
        if name := self._open.pop(event.request_id, None):
            self.refused[name] = str(event.failure.get("errmsg", event.failure))


@dataclass
class Market:
    """A database with the market's indexes, and what was sent to it."""

    mongo: Mongo
    sent: Sent
    has_text: bool


def market_modules() -> list[types.ModuleType]:
    found = pkgutil.walk_packages(daraa.market.__path__, "daraa.market.")
    return [importlib.import_module(each.name) for each in found]


QUERIES = {
    query.full_name: query for module in market_modules() for value in vars(module).values() for query in within(value)
}
REPOSITORIES = [
    value
    for module in market_modules()
    for value in vars(module).values()
    if inspect.isclass(value) and value.__module__ == module.__name__ and value.__name__.endswith("Repository")
] + [Memberships]


@pytest.fixture(scope="module")
async def market(mongo_server: MongoServer) -> AsyncIterator[Market]:
    settings = MongoSettings(database="repositories", read_timeout_s=20)
    sent = Sent()
    client: Any = pymongo.AsyncMongoClient(mongo_server.uri, tz_aware=True, event_listeners=[sent])
    mongo = Mongo(client, settings, Capabilities(plans_unhinted=False))
    has_text = True
    for collection in {id(query.collection): query.collection for query in QUERIES.values()}.values():
        has_text &= await _with_indexes(mongo, collection)
    yield Market(mongo, sent, has_text)
    await mongo.close()


async def _with_indexes(mongo: Mongo, collection: Collection[Any]) -> bool:
    """Give the collection its indexes; False when the server has no text search."""
    handle, has_text = mongo.collection(collection), True
    for spec in index_plan(collection):
        try:
            await handle.create_indexes([pymongo.IndexModel(list(spec.keys), name=spec.name, **spec.options)])
        except OperationFailure:
            if spec.needs != "text":
                raise
            has_text = False
    return has_text


@pytest.fixture(scope="module")
async def scope(market: Market) -> StoreScope:
    store_id, account_id = new_id("sto"), new_id("acc")
    member = StoreMember(
        id=new_id("stm"), **stamp(NOW), store_id=store_id, account_id=account_id, role=MemberRole.OWNER,
        status=MemberStatus.ACTIVE,
    )  # fmt: skip
    await Table(STORE_MEMBERS, market.mongo).insert(member)
    return await Memberships(market.mongo).get_scope(store_id, account_id)


def examples(hint: Any, scope: StoreScope) -> list[Any]:
    """Values of a parameter's type: one, or all where they choose a query."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return examples(typing.get_args(hint)[0], scope)
    if typing.get_origin(hint) in (tuple, Sequence, Iterable):
        return [tuple(examples(typing.get_args(hint)[0], scope))]
    if typing.get_origin(hint) is typing.Literal:
        return list(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return [next(iter(hint))]
    known = {
        str: ["nothing-has-this"], int: [10], bool: [True, False], datetime: [NOW], Near: [DAMASCUS],
        Point: [Point(coordinates=(36.29, 33.51))], Polygon: [SQUARE], StoreScope: [scope],
    }  # fmt: skip
    return known[hint]


def calls(method: Any, scope: StoreScope) -> Iterator[dict[str, Any]]:
    """The arguments of the calls that together take every branch of a method; `after` is left at the top."""
    hints = typing.get_type_hints(method)
    names = [name for name in inspect.signature(method).parameters if name not in ("after", "session")]
    for values in itertools.product(*(examples(hints[name], scope) for name in names)):
        yield dict(zip(names, values, strict=True))


def behind(query: Query[Any]) -> tuple[Any, ...]:
    """Sort values from which a list can go on."""
    sample = {"string": "m", "long": 1, "date": NOW}
    return tuple(sample[find_path(query.collection.document, key.path).node.kind] for key in query.sort)


async def sent_by(market: Market, method: Any, arguments: dict[str, Any]) -> str | None:
    """Call a method and say which query it sent; only a text search may be refused, where the server has none."""
    market.sent.asked.clear()
    try:
        await method(**arguments)
    except DaraaError as error:
        if error.code not in (MISSING, NOT_A_MEMBER) and not (is_text(market, QUERIES[market.sent.asked[-1]])):
            raise
    return market.sent.asked[-1] if market.sent.asked else None


def is_text(market: Market, query: Query[Any]) -> bool:
    return not market.has_text and any(key.direction == "text" for key in query.index.keys)


async def test_every_query_of_the_market_is_sent_by_a_repository_method(market: Market, scope: StoreScope) -> None:
    sent: set[str | None] = set()
    for repository in REPOSITORIES:
        for name, method in inspect.getmembers(repository(market.mongo), inspect.iscoroutinefunction):
            if not name.startswith(READS) or takes_free_filters(method):
                continue
            for arguments in calls(method, scope):
                sent.add(asked := await sent_by(market, method, arguments))
                assert asked is not None, f"{repository.__name__}.{name} sends no query"
                if "after" in inspect.signature(method).parameters:
                    more = arguments | {"after": behind(QUERIES[asked])}
                    assert await sent_by(market, method, more) == asked
    sent |= await free_form(market)
    assert set(QUERIES) - sent == set()
    assert sent - set(QUERIES) == set()
    assert {name for name in market.sent.refused if not is_text(market, QUERIES[name])} == set()


def takes_free_filters(method: Any) -> bool:
    """True for the catalog's lists, whose filters no type hint tells: they are driven by hand."""
    return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(method).parameters.values())


FILTERS = {"words": ("nothing-has-this",), "min_price": 1, "max_price": 9}


async def free_form(market: Market) -> set[str | None]:
    """The catalog's lists with every set of filters they know, from the top and from behind a product."""
    catalog, sent = CatalogRepository(market.mongo), set[str | None]()
    for order, by_filters in LISTS.items():
        for query in by_filters.values():
            filters = {arg: FILTERS.get(arg, "nothing-has-this") for arg in query.args}
            for after in (None, behind(query)):
                call = {"order": order, "limit": 5, "after": after, **filters}
                sent.add(await sent_by(market, catalog.list_products, call))
    for names in ((), ("kind_id",), ("words",), ("kind_id", "words")):
        filters = {name: FILTERS.get(name, "nothing-has-this") for name in names}
        sent.add(await sent_by(market, catalog.list_stores, {"limit": 5, "after": None, **filters}))
    return sent


async def test_a_stranger_and_a_missing_store_get_the_same_answer(market: Market, scope: StoreScope) -> None:
    answers = []
    for store_id in (scope.store_id, new_id("sto")):
        with pytest.raises(DaraaError) as refused:
            await Memberships(market.mongo).get_scope(store_id, new_id("acc"))
        answers.append((refused.value.code, str(refused.value)))
    assert answers[0] == answers[1]
    assert answers[0][0] == NOT_A_MEMBER


async def test_a_member_who_left_has_no_scope(market: Market, scope: StoreScope) -> None:
    member = {"store_id": scope.store_id, "account_id": scope.account_id}
    members = Table(STORE_MEMBERS, market.mongo)
    assert await members.update_one(member, {"$set": {"status": MemberStatus.LEFT}})
    with pytest.raises(DaraaError, match="no such store"):
        await Memberships(market.mongo).get_scope(scope.store_id, scope.account_id)
