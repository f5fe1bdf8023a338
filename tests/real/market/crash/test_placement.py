"""A checkout is killed before and after every command it sends; the customer sends it again, and it happened once."""

import pytest

from factories.crash import DoomedTown
from factories.journeys import a_checkout, settle

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_checkout_killed_at_any_command_happened_once(doomed: DoomedTown, when: str) -> None:
    stores = [await doomed.town.storefront(10_000, 7_300, stock=500), await doomed.town.storefront(4_200, stock=500)]
    number = 0
    while True:
        number += 1
        shopper, request = await a_checkout(doomed, stores)
        lived = await doomed.doomed("request", request, crash=(number, when))
        if lived is not None:
            assert lived[0]["status"] == 201, lived
        await settle(doomed, shopper, request, sweep_first=number % 2 == 0)
        if lived is not None:
            break
    print(f"\nplacement: killed {when} each of its {number - 1} commands")
    assert number > 15
