"""Reads of what stands already, by the natural keys of the seed."""

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.commission_rules import COMMISSION_RULES, CommissionRule
from daraa.collections.currencies import CURRENCIES, Currency
from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES, NotificationTemplate
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.declare import Is, Query, asc, one_of
from daraa.stores.mongo import Mongo, Table

CURRENCIES_SEEDED = Query(CURRENCIES, "seeded", serves="by id", where=(one_of("id", "codes"),))
ZONES_SEEDED = Query(DELIVERY_ZONES, "seeded", serves="a zone by its code", where=(one_of("code"),))
CATEGORIES_SEEDED = Query(CATEGORIES, "seeded", serves="a category by its slug", where=(one_of("slug"),))
KINDS_SEEDED = Query(STORE_CATEGORIES, "seeded", serves="a kind of store by its slug", where=(one_of("slug"),))
RULES_IN_FORCE = Query(
    COMMISSION_RULES,
    "in_force",
    serves="active commission rules in order",
    where=(Is("is_active", True),),
    sort=(asc("rank"), asc("id")),
)
RULE_SEEDED = Query(COMMISSION_RULES, "seeded", serves="by id", where=(one_of("id"),))
TEMPLATES_SEEDED = Query(
    NOTIFICATION_TEMPLATES,
    "seeded",
    serves="the versions of a template, newest first",
    where=(one_of("key"),),
)


class SeedRepository:
    """What of the seed is there, whatever became of it since."""

    def __init__(self, mongo: Mongo) -> None:
        self.currencies = Table(CURRENCIES, mongo)
        self.zones = Table(DELIVERY_ZONES, mongo)
        self.categories = Table(CATEGORIES, mongo)
        self.kinds = Table(STORE_CATEGORIES, mongo)
        self.rules = Table(COMMISSION_RULES, mongo)
        self.templates = Table(NOTIFICATION_TEMPLATES, mongo)

    async def list_currencies(self, codes: tuple[str, ...]) -> list[Currency]:
        """Those of these codes."""
        return await self.currencies.find(CURRENCIES_SEEDED, limit=max(len(codes), 1), codes=codes)

    async def list_zones(self, codes: tuple[str, ...]) -> list[DeliveryZone]:
        """Those of these codes, in use or not."""
        return await self.zones.find(ZONES_SEEDED, limit=max(len(codes), 1), codes=codes)

    async def list_categories(self, slugs: tuple[str, ...]) -> list[Category]:
        """Those of these slugs, in use or not."""
        return await self.categories.find(CATEGORIES_SEEDED, limit=max(len(slugs), 1), slugs=slugs)

    async def list_kinds(self, slugs: tuple[str, ...]) -> list[StoreCategory]:
        """Those of these slugs, in use or not."""
        return await self.kinds.find(KINDS_SEEDED, limit=max(len(slugs), 1), slugs=slugs)

    async def list_rules_in_force(self, *, limit: int) -> list[CommissionRule]:
        """The commission rules that hold."""
        return await self.rules.find(RULES_IN_FORCE, limit=limit)

    async def list_rules(self, ids: tuple[str, ...]) -> list[CommissionRule]:
        """Rules by id, ended ones too."""
        return await self.rules.find(RULE_SEEDED, limit=max(len(ids), 1), ids=ids)

    async def list_templates(self, keys: tuple[str, ...], *, limit: int) -> list[NotificationTemplate]:
        """Every version of these keys, on all channels."""
        return await self.templates.find(TEMPLATES_SEEDED, limit=limit, keys=keys)
