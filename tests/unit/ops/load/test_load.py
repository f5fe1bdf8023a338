"""A load keeps its rate whatever the server does, and charges the server for every wait."""

import asyncio
import math
from collections import Counter

import pytest

from daraa.kernel.errors import DaraaError
from daraa.ops.load.arrivals import LoadPlan
from daraa.ops.load.fire import OVERLOADED, Shot, fire
from daraa.ops.load.report import percentile

pytestmark = pytest.mark.anyio


def test_the_moments_of_a_seed_are_always_the_same_and_keep_the_rate() -> None:
    plan = LoadPlan(rate=200, seconds=20, seed=7)
    moments = plan.moments()
    assert moments == plan.moments() != LoadPlan(rate=200, seconds=20, seed=8).moments()
    assert moments == sorted(moments)
    assert moments[0] > 0 and moments[-1] < 20  # noqa: PT018 — one bound
    assert 3600 < len(moments) < 4400  # Poisson: 4000 ± 63


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (-1, 1), (20_000, 1), (1, 0), (1, 1e9), (9000, 600)])
def test_a_load_without_bounds_is_refused(rate: float, seconds: float) -> None:
    with pytest.raises(DaraaError, match=r"out of bounds|requests"):
        LoadPlan(rate=rate, seconds=seconds)


def test_percentiles_are_measured_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 95), percentile(values, 100)) == (50.0, 95.0, 100.0)
    assert percentile([3.0], 99) == 3.0
    assert math.isnan(percentile([], 50))


async def test_a_stalled_server_is_charged_for_all_who_came_meanwhile() -> None:
    """The server stops once for half a second: a closed loop would see one slow answer, an open one sees them all."""
    gate = asyncio.Event()

    async def shoot(shot: Shot) -> str:
        if shot.number == 20:
            asyncio.get_running_loop().call_later(0.5, gate.set)
        if shot.number >= 20:
            await gate.wait()
        return "200"

    report = await fire(LoadPlan(rate=200, seconds=1), shoot)
    assert report.outcomes() == Counter({"200": len(report.answers)})
    slow = sum(1 for each in report.answers if each.took_s > 0.1)
    assert slow > 40


async def test_every_shot_has_an_id_of_its_own_over_all_loads() -> None:
    seen: list[str] = []

    async def shoot(shot: Shot) -> str:
        seen.append(shot.id)
        return "200"

    for _ in range(2):
        await fire(LoadPlan(rate=500, seconds=0.2), shoot)
    assert len(seen) == len(set(seen)) > 100


async def test_failures_and_unsent_requests_are_counted_and_end_nothing() -> None:
    release, begun = asyncio.Event(), Counter[bool]()

    async def shoot(shot: Shot) -> str:
        fails = shot.number % 2 == 1
        begun[fails] += 1
        if fails:
            raise ConnectionError("refused")
        await release.wait()
        return "200"

    asyncio.get_running_loop().call_later(0.6, release.set)
    report = await fire(LoadPlan(rate=200, seconds=0.5), shoot, most_in_flight=10)
    found = report.outcomes()
    # As many as may be in flight wait; after a pause of the machine some of the places are taken by those that fail.
    assert 0 < found["200"] == begun[False] <= 10
    assert 0 < found["ConnectionError"] == begun[True]
    assert found[OVERLOADED] > 0
    assert sum(found.values()) == len(LoadPlan(rate=200, seconds=0.5).moments())
