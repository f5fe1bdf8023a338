"""How many database commands a placement may send: round trips are what a checkout costs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daraa.kernel import signals
from factories.market import Town

pytestmark = pytest.mark.anyio
BUDGET_CASH, BUDGET_WALLET = 23, 25
"""For three lines of two stores: claim 1, begin 2, quote 8, holds 3, transaction 8 and its commit; the wallet's look,
debit, journal and lines instead of the currency and of whether cash is open to the customer. Two `hello`, which ask
for the time, are not counted by the driver.
"""


class Heard:
    """Every command as `find orders`."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def command(self, name: str, target: str, seconds: float, ok: bool) -> None:
        self.commands.append(f"{name} {target}")


@contextmanager
def heard() -> Iterator[Heard]:
    sink = Heard()
    signals.install(sink)
    try:
        yield sink
    finally:
        signals.remove(sink)


async def test_placing_three_lines_of_two_stores_stays_within_its_budget(town: Town) -> None:
    bread, shoes = await town.storefront(1_000, 2_000), await town.storefront(30_000)
    wants = {bread.variants[0].id: 1, bread.variants[1].id: 2, shoes.variant.id: 1}
    shopper = await town.shopper(wallet=1_000_000)
    await town.bought(shopper, wants)  # the zones are in memory from here on
    for method, budget in (("cash", BUDGET_CASH), ("wallet", BUDGET_WALLET)):
        await town.fill_cart(shopper, wants)
        with heard() as sink:
            answer = await town.check_out(shopper, 45_000, payment={"method": method})
        assert answer.status_code == 201, answer.text
        assert len(sink.commands) <= budget, sink.commands
