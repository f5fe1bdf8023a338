"""A declaration that makes no sense cannot be imported, and its message says how to mend it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest

from daraa.collections import by_name
from daraa.declare import (
    Access,
    Archive,
    AtMost,
    CachedEntity,
    Collation,
    Collection,
    Document,
    Expire,
    Geo,
    Index,
    Is,
    Keep,
    Moment,
    Months,
    NotCached,
    Part,
    Point,
    Present,
    Query,
    Text,
    Ttl,
    Unique,
    desc,
    eq,
)
from daraa.declare.data_change import DataChange
from daraa.kernel.errors import DeclarationError


class Line(Part):
    sku: str
    count: int


class Thing(Document):
    code: str
    nickname: str | None = None
    ends_at: Moment
    lines: Annotated[tuple[Line, ...], AtMost(10)] = ()
    words: Annotated[tuple[str, ...], AtMost(10)] = ()
    place: Point
    line: Line


GOOD: dict[str, Any] = {
    "name": "things",
    "purpose": "Something that a test declares.",
    "prefix": "thg",
    "retention": Keep(because="a test needs it"),
    "cache": NotCached(because="a test reads it"),
    "access": Access(app="find insert"),
}


def things(**words: Any) -> Collection[Any]:
    return Collection(Thing, **(GOOD | words))


def indexed(*indexes: Any) -> Collection[Any]:
    return things(indexes=indexes)


def test_the_good_example_is_accepted() -> None:
    assert indexed(Unique("code", serves="a thing by its code"), Geo("place", serves="things near a point")).all_indexes


WRONG: dict[str, tuple[Callable[[], Any], str, str]] = {
    "a misspelt word": (lambda: things(retantion=Keep(because="x")), "unknown word 'retantion'", "retention"),
    "a misspelt word of a part": (lambda: Expire(buy="ends_at"), "unknown word 'buy'", "'by'"),  # type: ignore[call-arg]
    "a misspelt collation": (lambda: Collation(lokale="ar"), "unknown word 'lokale'", "locale"),  # type: ignore[call-arg]
    "an unknown action": (lambda: Access(app="find delete"), "unknown action 'delete'", "Known words|Did you mean"),
    "an index on no field": (lambda: indexed(Index("cod", serves="a thing by code")), "'cod' is no field", "'code'"),
    "an index on no nested field": (
        lambda: indexed(Index("lines.skuu", serves="things by their sku")), "'lines.skuu' is no field", "'sku'",
    ),
    "a filter on no field": (
        lambda: indexed(Index("code", only=Is("state", 1), serves="open things by code")), "'state' is no field", "",
    ),
    "a TTL on a text": (lambda: things(retention=Expire(by="code")), "'code' is a string: a TTL works on", "Moment"),
    "a TTL inside a list": (lambda: things(retention=Expire(by="words")), "a TTL works on dates only", "Moment"),
    "a TTL out of range": (
        lambda: things(retention=Expire(by="ends_at", after=timedelta(days=30_000))), "out of range", "2,147,483,647",
    ),
    "an archive rule on a text": (
        lambda: things(
            retention=Archive(after=Months(6), since="code", when=Is("code", "x")), access=Access(archiver="remove")
        ),
        "counts from a date", "Moment",
    ),
    "an archive without the right to remove": (
        lambda: things(retention=Archive(after=Months(6), since="ends_at", when=Is("code", "x"))),
        "may not remove", "archiver='find remove'",
    ),
    "a unique index on an optional field": (
        lambda: indexed(Unique("nickname", serves="a thing by nickname")),
        "two documents without it would collide", r"only=Present\('nickname'\)",
    ),
    "two deleters as rules": (
        lambda: things(retention=(Expire(by="ends_at"), Keep(because="x"))), "two deleters", "one retention rule",
    ),
    "two deleters by a TTL index": (
        lambda: indexed(Ttl("ends_at", after=timedelta(0), serves="the end of a thing")), "two deleters", "Expire",
    ),
    "two deleters by TTL and archiver": (
        lambda: things(retention=Expire(by="ends_at"), access=Access(app="find", archiver="find remove")),
        "two deleters", "archiver",
    ),
    "an index that serves nothing": (lambda: indexed(Index("code", serves="")), "serves nothing", "Say which query"),
    "an index that serves two words": (lambda: indexed(Index("code", serves="by code")), "serves nothing", "Say which"),
    "two indexes for one query": (
        lambda: indexed(Index("code", serves="a thing by code"), Index(desc("code"), serves="a thing by code")),
        "two indexes serve", "Remove one",
    ),
    "two indexes that are the same": (
        lambda: indexed(Index("code", serves="a thing by code"), Index("code", serves="things sorted by code")),
        "one and the same", "Keep one",
    ),
    "an index that retention makes already": (
        lambda: things(indexes=(Index("ends_at", serves="things by their end"),), retention=Expire(by="ends_at")),
        "retention=Expire", "Remove it",
    ),
    "two text indexes": (
        lambda: indexed(Text("code", serves="things by text in code"), Text("words", serves="things by text in words")),
        "two text indexes", "one Text",
    ),
    "two lists in one index": (
        lambda: indexed(Index("lines.sku", "words", serves="things by sku and word")),
        "cannot be compounded", "Index one array",
    ),
    "an index on an object": (lambda: indexed(Index("line", serves="things by their line")), "whole object", "line."),
    "an index without keys": (lambda: indexed(Index(serves="all things there are")), "no keys", "Name at least"),
    "an index on id alone": (lambda: indexed(Index("id", serves="a thing by id")), "on id alone", "Every collection"),
    "a geo index on a text": (lambda: indexed(Geo("code", serves="things near a point")), "not GeoJSON", "Point"),
    "a text index on a number": (
        lambda: indexed(Text("lines.count", serves="things by text in count")), "holds no text", "string",
    ),
    "no index at all": (lambda: indexed("code"), "is no index", "Index"),
    "a name in another case": (lambda: things(name="Things"), "plural snake_case", "order_groups"),
    "no purpose": (lambda: things(purpose="things"), "not a sentence", "full stop"),
    "no prefix": (lambda: things(prefix=""), "no id prefix", "KeyedBy"),
    "an empty reason": (lambda: things(retention=Keep(because=" ")), "a reason is empty", "because"),
    "a cache without tags": (
        lambda: things(cache=CachedEntity(ttl=timedelta(hours=1), tags=())), "never be invalidated", "tags=",
    ),
    "a cache tag of no field": (
        lambda: things(cache=CachedEntity(ttl=timedelta(hours=1), tags=("thing:{cod}",))), "'cod' is no field", "code",
    ),
    "a shard key of no field": (lambda: things(shard_key=("cod",)), "'cod' is no field", "code"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_says_what_is_wrong_and_how_to_mend_it(case: str) -> None:
    declare, problem, mend = WRONG[case]
    with pytest.raises(DeclarationError, match=problem) as refused:
        declare()
    assert refused.value.mend
    if mend:
        assert refused.match(mend)


def test_an_array_without_a_bound_cannot_be_declared() -> None:
    class Loose(Document):
        words: tuple[str, ...] = ()

    with pytest.raises(DeclarationError, match=r"no bound.*AtMost"):
        Collection(Loose, **GOOD)


def test_a_type_that_cannot_be_stored_is_refused() -> None:
    class Odd(Document):
        value: complex

    with pytest.raises(DeclarationError, match=r"Odd\.value.*cannot be stored"):
        Collection(Odd, **GOOD)


def test_a_unique_index_on_an_optional_field_is_accepted_with_a_partial_filter() -> None:
    assert indexed(Unique("nickname", only=Present("nickname"), serves="a thing by nickname")).all_indexes


def test_a_query_must_name_an_index_that_exists() -> None:
    declared = indexed(Index("code", serves="a thing by code"))
    with pytest.raises(DeclarationError, match=r"no index serves 'a thing by cod'.*'a thing by code'"):
        Query(declared, "by_code", serves="a thing by cod", where=(eq("code"),))


def test_a_query_must_imply_the_filter_of_its_partial_index() -> None:
    declared = indexed(Index("code", only=Is("nickname", "x"), serves="nicknamed things by code"))
    with pytest.raises(DeclarationError, match="does not imply the partial filter"):
        Query(declared, "by_code", serves="nicknamed things by code", where=(eq("code"),))


def test_a_query_cannot_sort_by_what_its_index_does_not_hold() -> None:
    declared = indexed(Index("code", "ends_at", serves="things of a code by end"))
    with pytest.raises(DeclarationError, match="Follow the index"):
        Query(declared, "of_code", serves="things of a code by end", where=(eq("code"),), sort=(desc("created_at"),))


CHANGE: dict[str, Any] = {
    "id": "2026_11_carts_get_a_state",
    "collection": by_name("carts"),
    "purpose": "carts from before they had a state",
    "where": {"state": {"$exists": False}},
    "update": ({"$set": {"state": "open"}},),
}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"id": "carts get a state"}, "not dated"),
        ({"where": {}}, "every document for ever"),
        ({"update": ()}, "no update pipeline"),
        ({"update": ({"$out": "elsewhere"},)}, "no update pipeline"),
        ({"batch": 0}, "batch of 0"),
        ({"bach": 10}, "unknown word 'bach'"),
    ],
)
def test_a_data_change_that_could_not_be_resumed_is_refused(words: dict[str, Any], problem: str) -> None:
    assert DataChange(**CHANGE).batch == 1000
    with pytest.raises(DeclarationError, match=problem):
        DataChange(**(CHANGE | words))
