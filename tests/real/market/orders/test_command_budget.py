"""How many database commands an order may cost: round trips are what a checkout, a delivery and a cancellation cost.

Each budget names its commands, so that the one that is new stands in the failure. A change that saves one turns the
test red as well: lower the budget then, or the next new command comes in unseen. `hello`, which asks for the server's
time, is not counted; nor is the session, which the believing gate does not look up.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daraa.kernel import signals
from factories.couriers import hand_over, keyed, picked_up
from factories.market import Shopper, Town

pytestmark = pytest.mark.anyio
CLAIM = {"insert idempotencyKeys": 1}
BEGIN = {"find carts": 1, "findAndModify carts": 1}
PRICE = {
    "find productVariants": 1, "find products": 1, "find storeOwnerProfiles": 1, "find addresses": 1,
    "find commissionRules": 1, "find storeDeliveryZones": 1,
}  # fmt: skip
HOLD = {"update inventories": 1}
WRITE = {
    "update carts": 1, "insert orderGroups": 1, "insert orders": 1, "insert payments": 1, "insert auditLogs": 1,
    "insert outboxEvents": 1, "update idempotencyKeys": 1, "commitTransaction daraa": 1,
}  # fmt: skip
PLACEMENT = Counter(CLAIM) + Counter(BEGIN) + Counter(PRICE) + Counter(HOLD) + Counter(WRITE)
BY = {
    "cash": {"find currencies": 1, "find customerProfiles": 1},
    "wallet": {"find wallets": 1, "insert journals": 1, "findAndModify wallets": 1, "insert walletTransactions": 1},
    "card": {"insert paymentIntents": 1},
}
TOTALS = {"cash": 20, "wallet": 22, "card": 19}
LOOK = Counter({"insert idempotencyKeys": 1, "find courierProfiles": 1, "find deliveryTasks": 1, "find orders": 1,
                "find payments": 1, "find wallets": 2})  # fmt: skip
PIN = Counter({"update deliveryTasks": 2})
MOVE = Counter({"find orders": 1, "findAndModify orders": 1, "find auditLogs": 1, "insert auditLogs": 1,
                "insert outboxEvents": 1, "update idempotencyKeys": 1, "commitTransaction daraa": 1})  # fmt: skip
SHARE = Counter({"insert journals": 1, "findAndModify wallets": 2, "insert walletTransactions": 1,
                 "insert commissions": 1})  # fmt: skip
LOAD = Counter({"find deliveryTasks": 1, "findAndModify deliveryTasks": 1, "find courierProfiles": 1,
                "findAndModify courierProfiles": 1})  # fmt: skip
PAID = Counter({"find payments": 2, "findAndModify payments": 1})
CLOSING = {
    "cash": LOOK + PIN + MOVE + SHARE + LOAD + PAID + Counter({"find payments": 1, "findAndModify payments": 1}),
    "wallet": LOOK + PIN + MOVE + SHARE + LOAD + PAID,
}
WAIVED = Counter({"insert idempotencyKeys": 1, "find payments": 2, "findAndModify payments": 1})
PAID_BACK = Counter({"findAndModify payments": 2, "insert refunds": 1, "find auditLogs": 1, "insert auditLogs": 1,
                     "find wallets": 1, "insert journals": 1, "findAndModify wallets": 1,
                     "insert walletTransactions": 1, "insert outboxEvents": 1})  # fmt: skip
CANCELLING = {"cash": MOVE + WAIVED, "wallet": MOVE + WAIVED + PAID_BACK}


class Heard:
    """Every command as `find orders`."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()

    def command(self, name: str, target: str, seconds: float, ok: bool) -> None:
        self.commands[f"{name} {'daraa' if name.endswith('Transaction') else target}"] += 1


@contextmanager
def heard() -> Iterator[Counter[str]]:
    sink = Heard()
    signals.install(sink)
    try:
        yield sink.commands
    finally:
        signals.remove(sink)


async def three_lines_of_two_stores(town: Town, **shopper: int) -> tuple[Shopper, dict[str, int]]:
    bread, shoes = await town.storefront(1_000, 2_000), await town.storefront(30_000)
    wants = {bread.variants[0].id: 1, bread.variants[1].id: 2, shoes.variant.id: 1}
    buyer = await town.shopper(**shopper)
    await town.bought(buyer, wants)  # the zones are in memory from here on
    await town.fill_cart(buyer, wants)
    return buyer, wants


@pytest.mark.parametrize("method", list(BY))
async def test_placing_three_lines_of_two_stores_costs_its_budget(town: Town, method: str) -> None:
    shopper, _ = await three_lines_of_two_stores(town, wallet=1_000_000)
    with heard() as commands:
        answer = await town.check_out(shopper, 45_000, payment={"method": method})
    assert answer.status_code == 201, answer.text
    assert commands == PLACEMENT + Counter(BY[method])
    assert commands.total() == TOTALS[method]


@pytest.mark.parametrize("method", list(CLOSING))
async def test_closing_a_delivery_costs_its_budget(town: Town, method: str) -> None:
    front, rider = await town.storefront(20_000), await town.rider()
    # The wallets of store and courier are opened by the first delivery; the second is the usual one.
    for _ in range(2):
        trip = await picked_up(town, front, rider, payment={"method": method}, wallet=50_000)
        body = await hand_over(town, trip, rider)
        with heard() as commands:
            answer = await town.client.post(f"{trip.task}:deliver", json=body, headers=keyed(rider.headers))
        assert answer.status_code == 200, answer.text
    assert commands == CLOSING[method]


@pytest.mark.parametrize("method", list(CANCELLING))
async def test_cancelling_an_order_costs_its_budget(town: Town, method: str) -> None:
    front, shopper = await town.storefront(20_000), await town.shopper(wallet=50_000)
    group = await town.bought(shopper, {front.variant.id: 1}, {"method": method})
    order_id = group["orders"][0]["id"]
    with heard() as commands:
        answer = await town.client.post(
            f"/v1/orders/{order_id}:cancel", json={"reason": "changed my mind"}, headers=shopper.once()
        )
    assert answer.status_code == 200, answer.text
    assert commands == CANCELLING[method]
