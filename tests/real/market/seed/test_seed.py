"""`daraa market seed`: adds what is missing with the application's own rights, and never touches what is there."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.commission_rules import COMMISSION_RULES
from daraa.collections.delivery_zones import DELIVERY_ZONES
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.market.seed.messages import TEXTS
from daraa.market.seed.service import Seed
from daraa.ops.demo import Wanted
from daraa.ops.demo import load as load_demo
from daraa.stores.mongo import Mongo, Table, open_mongo
from daraa.stores.mongo.codec import decode
from factories.database import environment
from factories.demo import DemoDatabase, make_demo_database
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
DEMO = Wanted(20)


@pytest.fixture(scope="module")
async def built(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DemoDatabase]:
    made = await make_demo_database(mongo_server, tmp_path_factory.mktemp("home"))
    yield made
    await made.forget()


@pytest.fixture
async def place(built: DemoDatabase) -> DemoDatabase:
    await built.empty()
    return built


@pytest.fixture
async def mongo(place: DemoDatabase) -> AsyncIterator[Mongo]:
    opened = open_mongo(place.settings, "app")
    yield opened
    await opened.close()


async def seed(mongo: Mongo) -> int:
    service = Seed(mongo)
    return sum((await service.apply(await service.plan())).values())


def daraa(place: DemoDatabase, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **environment(place.settings)}
    command = [sys.executable, "-P", "-m", "daraa.cli", "market", "seed", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


async def test_the_command_plans_adds_and_then_has_nothing_to_do(place: DemoDatabase) -> None:
    planned = daraa(place, "--plan", "--json")
    assert planned.returncode == 2, planned.stderr
    missing = json.loads(planned.stdout)["missing"]
    assert missing["currency"] == ["SYP", "USD", "PTS"]
    assert missing["commission rule"] == ["global"]
    assert {name.split("/")[0] for name in missing["template"]} == set(TEXTS)
    assert daraa(place, "--plan").returncode == 2
    done = daraa(place)
    assert done.returncode == 0, done.stderr
    assert f"{sum(map(len, missing.values()))} added." in done.stdout
    before = await place.hashes()
    for words in ((), ("--plan",), ("--json",)):
        again = daraa(place, *words)
        assert again.returncode == 0, again.stderr
    assert await place.hashes() == before


async def test_what_somebody_has_changed_stays_as_it_is(mongo: Mongo) -> None:
    assert await seed(mongo) > 0
    changes = (
        (DELIVERY_ZONES, {"code": "nawa"}, {"status": "inactive"}),
        (CATEGORIES, {"slug": "spices"}, {"isActive": False, "order": 99}),
        (COMMISSION_RULES, {"scope": "global"}, {"isActive": False}),
        (NOTIFICATION_TEMPLATES, {"key": "order.placed", "channel": "in_app"}, {"state": "retired"}),
    )
    for collection, where, words in changes:
        assert (await mongo.collection(collection).update_one(where, {"$set": words})).modified_count == 1
    assert await seed(mongo) == 0
    for collection, where, words in changes:
        (found,) = await mongo.collection(collection).find(where).to_list(None)
        assert {name: found[name] for name in words} == words


async def test_two_seeds_at_once_make_one_of_each(place: DemoDatabase, mongo: Mongo) -> None:
    added = await asyncio.gather(seed(mongo), seed(mongo))
    plan = await Seed(mongo).plan()
    assert all(not each.documents for each in plan)
    codes = await mongo.collection(DELIVERY_ZONES).distinct("code")
    assert await mongo.collection(DELIVERY_ZONES).count_documents({}) == len(codes)
    assert await mongo.collection(COMMISSION_RULES).count_documents({}) == 1
    await place.empty()
    assert await seed(mongo) == sum(added)


async def test_a_seed_over_demo_data_adds_only_what_the_demo_lacks(place: DemoDatabase, mongo: Mongo) -> None:
    await load_demo(mongo, DEMO, lambda far: None)
    kept = {}
    for collection in (DELIVERY_ZONES, CATEGORIES, COMMISSION_RULES, NOTIFICATION_TEMPLATES):
        kept[collection.name] = await mongo.collection(collection).find().to_list(None)
    await seed(mongo)
    for collection in (DELIVERY_ZONES, CATEGORIES, COMMISSION_RULES, NOTIFICATION_TEMPLATES):
        rows = {row["_id"]: row for row in await mongo.collection(collection).find().to_list(None)}
        assert all(rows[row["_id"]] == row for row in kept[collection.name])
    assert await mongo.collection(COMMISSION_RULES).count_documents({}) == len(kept["commission_rules"])
    roots = {row["slug"]: row["_id"] for row in kept["categories"] if row["depth"] == 0}
    cheese = await mongo.collection(CATEGORIES).find_one({"slug": "dairy-and-eggs"})
    assert cheese is not None
    assert cheese["ancestors"] == [roots["food"]]
    published = await mongo.collection(NOTIFICATION_TEMPLATES).find({"key": "order.placed"}).to_list(None)
    assert sorted(row["channel"] for row in published) == ["email", "in_app", "push"]
    assert all(not each.documents for each in await Seed(mongo).plan())


async def test_a_root_that_was_moved_takes_its_leaves_along(mongo: Mongo) -> None:
    now, top = SYSTEM_CLOCK.now(), new_id("cat")
    name = Localized(ar="كل شيء", en="Everything")
    food = new_id("cat")
    rows = (
        Category(id=top, slug="everything", name=name, **stamp(now)),
        Category(id=food, slug="food", name=name, parent_id=top, ancestors=(top,), depth=1, **stamp(now)),
    )
    for row in rows:
        await Table(CATEGORIES, mongo).insert(row)
    await seed(mongo)
    raw = await mongo.collection(CATEGORIES).find_one({"slug": "spices"})
    assert raw is not None
    spices = decode(Category, raw)
    assert (spices.parent_id, spices.ancestors, spices.depth) == (food, (top, food), 2)


async def test_every_seeded_document_is_one_that_the_database_accepts_and_the_models_read(mongo: Mongo) -> None:
    plan = await Seed(mongo).plan()
    added = await Seed(mongo).apply(plan)
    assert added == {each.what: len(each.documents) for each in plan}
    for each in plan:
        handle = Seed(mongo)._table(each.what)
        for document in each.documents[:3]:
            raw = await mongo.collection(handle.declared).find_one({"_id": document.id})
            assert raw is not None
            assert decode(handle.declared.document, raw) == document


async def test_the_seed_says_so_when_it_may_not_write(place: DemoDatabase, tmp_path: Path) -> None:
    wrong = {**environment(place.settings), "DARAA_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-P", "-m", "daraa.cli", "market", "seed"]
    refused = subprocess.run(command, env=wrong, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
