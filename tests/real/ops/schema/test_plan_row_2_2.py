"""All 22 indexes of plan row 2.2 stand on the live server under their database names, beside the keys as written."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from daraa.collections import ALL
from daraa.declare.collection import Database
from daraa.derive.indexes import index_plan
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.schema.apply import apply_schema
from daraa.ops.schema.live import Live, fixed_parts
from daraa.ops.schema.observe import observe
from daraa.ops.schema.session import as_migrator
from daraa.ops.schema.wanted import wanted
from factories.database import as_admin, migrator_only, own_settings
from servers.mongo import MongoServer

pytestmark = [pytest.mark.anyio, pytest.mark.portable]
DAY = 86_400
# collection, keys, and what row 2.2 adds: seconds, or the states that a partial index holds.
ROW_2_2: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("walletTransactions", {"walletId": 1, "createdAt": -1}, {}),
    ("walletTransactions", {"walletId": 1, "type": 1, "status": 1}, {}),
    ("walletTransactions", {"status": 1, "createdAt": -1}, {}),
    ("notifications", {"recipientId": 1, "isRead": 1, "createdAt": -1}, {}),
    ("notifications", {"recipientId": 1, "type": 1, "createdAt": -1}, {}),
    ("carts", {"customerId": 1, "isActive": 1}, {}),
    ("carts", {"customerId": 1, "items.productId": 1}, {}),
    ("commissions", {"storeId": 1, "status": 1, "createdAt": -1}, {}),
    ("commissions", {"orderId": 1}, {}),
    ("orders", {"customerId": 1, "orderStatus": 1, "createdAt": -1}, {}),
    ("products", {"storeId": 1, "status": 1}, {}),
    ("payments", {"storeId": 1, "status": 1, "createdAt": -1}, {}),
    # The audit log is exported first; only the export sets expiresAt, a year after creation.
    ("auditLogs", {"expiresAt": 1}, {"seconds": 0}),
    ("notifications", {"createdAt": 1}, {"seconds": 90 * DAY}),
    ("userActivities", {"createdAt": 1}, {"seconds": 180 * DAY}),
    ("otps", {"expiresAt": 1}, {"seconds": 0}),
    # The plan's "processing" is confirmed, preparing and ready.
    ("orders", {"customerId": 1, "orderStatus": 1}, {"in": {"pending", "confirmed", "preparing", "ready"}}),
    ("payments", {"storeId": 1, "status": 1}, {"is": "pending"}),
    ("addresses", {"location": "2dsphere"}, {}),
    ("orders", {"deliveryAddress.location": "2dsphere"}, {}),
]
TEXT = {
    "products": {"name.ar", "name.en", "description.ar", "description.en", "tags"},
    "storeCategories": {"name.ar", "name.en", "description.ar", "description.en"},
}

PLAN = (
    *("accounts", "securityProfiles", "adminProfiles", "storeOwnerProfiles", "customerProfiles", "courierProfiles"),
    *("products", "productVariants", "categories", "storeCategories", "inventories", "orders", "carts", "payments"),
    *("reviews", "disputes", "coupons", "offers", "pointsTransactions", "referrals", "wallets", "walletTransactions"),
    *("commissions", "deliveryZones", "storeDeliveryZones", "addresses", "notifications", "notificationTemplates"),
    *("notificationPreferences", "otps", "auditLogs", "userActivities", "deviceTokens"),
)


@pytest.fixture(scope="module")
async def live(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    """The database after one apply of everything."""
    home: Path = tmp_path_factory.mktemp("home")
    settings = own_settings(mongo_server, home)
    async with as_admin(mongo_server, settings) as admin:
        await migrator_only(admin, settings)
        async with as_migrator(settings) as migrator:
            assert (await apply_schema(migrator, wanted(), lambda _: None, SYSTEM_CLOCK)).complete
            yield await observe(migrator)


def test_the_row_holds_22_indexes() -> None:
    assert len(ROW_2_2) + len(TEXT) == 22


@pytest.mark.parametrize(("collection", "keys", "more"), ROW_2_2)
async def test_an_index_of_the_plan_stands(
    collection: str, keys: dict[str, Any], more: dict[str, Any], live: Live
) -> None:
    (found,) = [each for (_, name), each in live.collections.items() if name == collection]
    same = [index for index in found.indexes if index.fixed["keys"] == tuple(keys.items())]
    state = list(keys)[-1]
    if "seconds" in more:
        assert more["seconds"] in [index.expire_after_s for index in same]
    elif "in" in more:
        filters = [index.fixed.get("partialFilterExpression", {}) for index in same]
        assert [set(each[state]["$in"]) for each in filters if each] == [more["in"]]
    elif "is" in more:
        assert {state: more["is"]} in [index.fixed.get("partialFilterExpression") for index in same]
    else:
        assert [index for index in same if "partialFilterExpression" not in index.fixed]


@pytest.mark.parametrize("collection", TEXT)
async def test_a_text_index_of_the_plan_stands_or_is_planned_where_the_server_has_none(
    collection: str, live: Live
) -> None:
    declared = next(each for each in ALL if each.db_name == collection)
    (spec,) = [each for each in index_plan(declared) if each.needs == "text"]
    assert {path for path, _ in spec.keys} >= TEXT[collection]
    index = live.collections[Database.MAIN, collection].index(spec.name)
    if live.recorded.text:
        assert index is not None
        assert index.fixed == fixed_parts(spec.as_command())
    else:
        assert (live.recorded.text, index) == (False, None)


async def test_every_collection_of_the_plan_stands(live: Live) -> None:
    assert len(PLAN) == 33
    assert set(PLAN) <= {name for _, name in live.collections}
