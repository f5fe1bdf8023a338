"""The explicit list of everything that is stored; a new collection is one new file and one line here."""

from importlib import import_module
from typing import Any

from daraa.declare import Collection
from daraa.declare.names import did_you_mean
from daraa.declare.shape import walk
from daraa.kernel.errors import DeclarationError

NAMES = (
    "accounts",
    "addresses",
    "admin_profiles",
    "audit_logs",
    "carts",
    "categories",
    "commission_rules",
    "commissions",
    "coupon_redemptions",
    "coupons",
    "courier_profiles",
    "currencies",
    "customer_profiles",
    "delivery_tasks",
    "delivery_zones",
    "demo_loads",
    "device_tokens",
    "disputes",
    "idempotency_keys",
    "identities",
    "inbox_events",
    "inventories",
    "job_runs",
    "job_schedules",
    "journal_reversals",
    "journals",
    "leases",
    "notification_preferences",
    "notification_templates",
    "notifications",
    "offers",
    "order_groups",
    "orders",
    "otps",
    "outbox_events",
    "payment_intents",
    "payments",
    "payout_lines",
    "payouts",
    "points_transactions",
    "price_histories",
    "product_variants",
    "products",
    "referrals",
    "refunds",
    "remittances",
    "returns",
    "reviews",
    "schema_states",
    "security_profiles",
    "sessions",
    "stock_movements",
    "store_categories",
    "store_delivery_zones",
    "store_members",
    "store_owner_profiles",
    "user_activities",
    "wallet_transactions",
    "wallets",
    "webhook_deliveries",
    "webhook_endpoints",
    "withdrawals",
)


def _declared(name: str) -> Collection[Any]:
    """The constant `ORDER_GROUPS` of the file `order_groups.py`; the file, the constant and the name always agree."""
    found = getattr(import_module(f"{__name__}.{name}"), name.upper(), None)
    if not isinstance(found, Collection) or found.name != name:
        raise DeclarationError(
            name, "the file does not declare it", f"Write {name.upper()} = Collection(…, name={name!r}, …) there."
        )
    return found


def check_together(collections: tuple[Collection[Any], ...]) -> None:
    """Raise DeclarationError for a name or prefix used twice and for a reference to no collection."""
    names, prefixes = set[str](), dict[str, str]()
    for collection in collections:
        if collection.name in names:
            raise DeclarationError(collection.name, "two collections have this name", "Rename one.")
        names.add(collection.name)
        taken = prefixes.setdefault(collection.prefix, collection.name) if collection.prefix else collection.name
        if taken != collection.name:
            raise DeclarationError(
                collection.name, f"its prefix {collection.prefix!r} belongs to {taken}", "Choose another prefix."
            )
    for collection in collections:
        for path, node in walk(collection.shape):
            target = node.ref or (node.item.ref if node.item else None)
            if target is not None and target not in names:
                raise DeclarationError(
                    f"{collection.name}.{path}", f"refers to unknown {target!r}", did_you_mean(target, names)
                )


ALL: tuple[Collection[Any], ...] = tuple(_declared(name) for name in NAMES)
check_together(ALL)

_BY_NAME = {collection.name: collection for collection in ALL}


def by_name(name: str) -> Collection[Any]:
    """The collection of that Python name (`order_groups`); DeclarationError when there is none."""
    if name not in _BY_NAME:
        raise DeclarationError(name, "no collection has this name", did_you_mean(name, _BY_NAME))
    return _BY_NAME[name]
