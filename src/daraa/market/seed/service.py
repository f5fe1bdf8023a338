"""Gives a market what it starts with: adds what is missing by natural key, and never touches what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daraa.collections.commission_rules import RuleScope
from daraa.declare.document import Document
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.seed import wanted
from daraa.market.seed.messages import TEXTS
from daraa.market.seed.places import CITIES
from daraa.market.seed.repository import SeedRepository
from daraa.market.seed.trees import CATEGORIES, KINDS, Branch
from daraa.market.seed.wanted import Known
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.codec import encode

MOST_RULES = 1000
MOST_TEMPLATES = 10_000


@dataclass(frozen=True, slots=True)
class Missing:
    """The documents of one kind that are not there; `names` are their natural keys."""

    what: str
    documents: tuple[Document, ...]
    names: tuple[str, ...]


class Seed:
    """Plan, then apply. Applying twice, or twice at once, adds nothing twice."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository, self._clock = SeedRepository(mongo), clock

    async def plan(self) -> tuple[Missing, ...]:
        """What is missing, in the order in which it is added: nothing refers to what comes later."""
        now = self._clock.now()
        known = Known(
            zones={each.code: each.id for each in await self._repository.list_zones(_zone_codes())},
            categories={
                each.slug: (*each.ancestors, each.id)
                for each in await self._repository.list_categories(_slugs(CATEGORIES))
            },
            kinds={each.slug: each.id for each in await self._repository.list_kinds(_slugs(KINDS))},
        )
        units = list(wanted.currencies(now))
        units_known = {each.id for each in await self._repository.list_currencies(tuple(each.id for each in units))}
        texts = await self._repository.list_templates(tuple(TEXTS), limit=MOST_TEMPLATES)
        texts_known = {(each.key, each.channel) for each in texts}
        rule = wanted.commission_rule(now)
        return (
            _missing("currency", [(each.id, each) for each in units if each.id not in units_known]),
            _missing("commission rule", [] if await self._has_rule(rule.id) else [("global", rule)]),
            _missing("zone", [(each.code, each) for each in wanted.zones(known, now) if each.code not in known.zones]),
            _missing(
                "category",
                [(each.slug, each) for each in wanted.categories(known, now) if each.slug not in known.categories],
            ),
            _missing(
                "store category",
                [(each.slug, each) for each in wanted.store_kinds(known, now) if each.slug not in known.kinds],
            ),
            _missing(
                "template",
                [
                    (f"{each.key}/{each.channel.value}", each)
                    for each in wanted.templates(now)
                    if (each.key, each.channel) not in texts_known
                ],
            ),
        )

    async def _has_rule(self, rule_id: str) -> bool:
        """Whether a general rule holds, or ours was there and somebody has ended it."""
        in_force = await self._repository.list_rules_in_force(limit=MOST_RULES)
        return any(each.scope is RuleScope.GLOBAL for each in in_force) or bool(
            await self._repository.list_rules((rule_id,))
        )

    async def apply(self, plan: Sequence[Missing]) -> dict[str, int]:
        """Add what the plan says; how many of each kind were really new. Safe to kill and to run again."""
        return {each.what: await self._table(each.what).insert_new(map(encode, each.documents)) for each in plan}

    def _table(self, what: str) -> Table[Any]:
        tables: dict[str, Table[Any]] = {
            "currency": self._repository.currencies,
            "commission rule": self._repository.rules,
            "zone": self._repository.zones,
            "category": self._repository.categories,
            "store category": self._repository.kinds,
            "template": self._repository.templates,
        }
        return tables[what]


def _missing(what: str, found: Sequence[tuple[str, Document]]) -> Missing:
    return Missing(what, tuple(document for _, document in found), tuple(name for name, _ in found))


def _zone_codes() -> tuple[str, ...]:
    return tuple(code for city in CITIES for code in (city.code, *(place.code for place in city.places)))


def _slugs(branches: Sequence[Branch]) -> tuple[str, ...]:
    return tuple(slug for root in branches for slug in (root.slug, *(leaf[0] for leaf in root.leaves)))
