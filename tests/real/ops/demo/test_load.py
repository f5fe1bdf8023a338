"""A demo load on a real server: accepted whole, proved right, added once, refused when it makes no sense."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.demo_loads import DEMO_LOADS
from daraa.collections.proofs import PROOFS
from daraa.derive.examples import valid_document
from daraa.kernel.checks import CheckState
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import FixedClock
from daraa.ops.demo import Progress, Wanted, load
from daraa.stores.mongo import Mongo, Table, open_mongo
from daraa.stores.mongo.proofs import prove
from factories.demo import DemoDatabase, make_demo_database
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio
TODAY = datetime(2040, 11, 23, tzinfo=UTC)  # the server removes notifications of 90 days ago, by its own clock
SMALL = Wanted(products=160, today=TODAY)


def quietly(far: Progress) -> None:
    """Tell nobody."""


async def test_the_server_accepts_every_document_and_all_proofs_hold(
    mongo: Mongo, place: DemoDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("daraa.ops.demo.load")
    monkeypatch.setattr(module, "BATCH", 50)  # several batches of one collection on their way at a time
    told: list[Progress] = []
    loaded = await load(mongo, SMALL, told.append)
    assert loaded.handled == loaded.added.total() > 10 * SMALL.products
    assert loaded.added["products"] == SMALL.products
    assert told[-1].products == told[-1].of_products == SMALL.products
    for check in await prove(mongo, PROOFS):
        assert check.state is CheckState.OK, check.evidence


async def test_loading_again_on_another_day_adds_nothing(mongo: Mongo, place: DemoDatabase) -> None:
    clock = FixedClock(TODAY + timedelta(hours=9))
    first = await load(mongo, Wanted(40), quietly, clock=clock)
    assert first.today == TODAY
    before = await place.hashes()
    clock.advance(timedelta(days=40))
    again = await load(mongo, Wanted(40), quietly, clock=clock)
    assert (again.added, again.handled, again.today) == (Counter(), 0, TODAY)
    assert await place.hashes() == before


async def test_two_databases_get_the_same_content(
    mongo: Mongo, place: DemoDatabase, mongo_server: MongoServer, tmp_path: Path
) -> None:
    other = await make_demo_database(mongo_server, tmp_path / "other")
    opened = open_mongo(other.settings, "app")
    try:
        await load(mongo, Wanted(40, today=TODAY), quietly)
        await load(opened, Wanted(40, today=TODAY), quietly)
    finally:
        await opened.close()
    assert await other.hashes() == await place.hashes()
    await other.forget()


async def test_a_load_that_makes_no_sense_is_refused_and_changes_nothing(mongo: Mongo, place: DemoDatabase) -> None:
    for wanted in (Wanted(0), Wanted(-5), Wanted(1_000_001), Wanted(10, seed=-1)):
        with pytest.raises(DaraaError) as refused:
            await load(mongo, wanted, quietly)
        assert refused.value.code == "demo.load.invalid"
    assert await Table(DEMO_LOADS, mongo).estimated_size() == 0


async def test_another_load_is_not_laid_over_the_first(mongo: Mongo, place: DemoDatabase) -> None:
    await load(mongo, Wanted(10, today=TODAY), quietly)
    before = await place.hashes()
    for other in (Wanted(20), Wanted(10, seed=2), Wanted(10, today=TODAY - timedelta(days=1))):
        with pytest.raises(DaraaError) as refused:
            await load(mongo, other, quietly)
        assert refused.value.code == "demo.load.other"
    assert await place.hashes() == before


async def test_a_platform_with_real_accounts_gets_no_demo_data(mongo: Mongo) -> None:
    await Table(ACCOUNTS, mongo).insert_new([valid_document(ACCOUNTS, 1)])
    with pytest.raises(DaraaError) as refused:
        await load(mongo, Wanted(10), quietly)
    assert refused.value.code == "demo.database.used"
    assert await Table(DEMO_LOADS, mongo).estimated_size() == 0
