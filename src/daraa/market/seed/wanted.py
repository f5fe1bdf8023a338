"""The seed as documents: ids follow from the natural keys, so that two seeds at once make one of each."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from daraa.collections.categories import Category
from daraa.collections.commission_rules import CommissionRule, RuleScope
from daraa.collections.currencies import Currency
from daraa.collections.delivery_zones import DeliveryZone, WorkingHours, ZoneKind
from daraa.collections.notification_templates import NotificationTemplate, TemplateState
from daraa.collections.store_categories import StoreCategory
from daraa.declare import Localized, Point, Polygon
from daraa.declare.document import stamp
from daraa.kernel.ids import id_at
from daraa.kernel.money import Money
from daraa.kernel.text import fold
from daraa.market.notifications.telling import SLOTS
from daraa.market.notifications.template_service import TYPES
from daraa.market.notifications.wording import slots
from daraa.market.seed.messages import TEXTS
from daraa.market.seed.places import CITIES, City, Place, box_around, ring_around
from daraa.market.seed.trees import CATEGORIES, KINDS

CURRENCY = "SYP"
MINOR = 100
"""Piastres of a pound."""
PLATFORM_BP, DELIVERY_BP = 1000, 2000
LEAST_ORDER, FREE_TIMES = 200, 60
"""The least order in pounds, and how many times its fee an order must reach to be brought free of charge."""
NEW_POUND = datetime(2026, 1, 1, tzinfo=UTC)
"""When two zeros were dropped; the old pound is not taken, so it needs no code here."""


@dataclass(frozen=True, slots=True)
class Known:
    """The ids that stand already, by natural key: new leaves hang on old roots.

    Of a category it is the whole way to it, itself last: an admin may have moved it below another.
    """

    zones: Mapping[str, str]
    categories: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]


def seed_id(prefix: str, key: str) -> str:
    """The id that a seeded thing gets, for good."""
    return id_at(prefix, NEW_POUND, hashlib.sha256(f"seed:{prefix}:{key}".encode()).digest()[:10])


def currencies(now: datetime) -> Iterator[Currency]:
    """What prices are in, and what loyalty points are counted in."""
    for code, name, symbol, exponent, step in (
        (CURRENCY, ("ليرة سورية", "Syrian pound"), ("ل.س", "£S"), 2, 5 * MINOR),
        ("USD", ("دولار أمريكي", "US dollar"), ("$", "$"), 2, 1),
        ("PTS", ("نقاط الولاء", "Loyalty points"), ("نقطة", "pts"), 0, 1),
    ):
        yield Currency(
            id=code,
            name=_both(*name),
            symbol=_both(*symbol),
            exponent=exponent,
            cash_step=step,
            valid_from=NEW_POUND,
            **stamp(now),
        )


def commission_rule(now: datetime) -> CommissionRule:
    """What holds where no other rule does: 10 % of the goods, a fifth of the delivery fee."""
    return CommissionRule(
        id=seed_id("crl", "global"),
        name=_both("العمولة العامة", "General commission"),
        scope=RuleScope.GLOBAL,
        rank=1000,
        platform_bp=PLATFORM_BP,
        delivery_bp=DELIVERY_BP,
        valid_from=now,
        **stamp(now),
    )


def zones(known: Known, now: datetime) -> Iterator[DeliveryZone]:
    """Cities before their districts."""
    for rank, city in enumerate(CITIES):
        parent = known.zones.get(city.code, seed_id("dzn", city.code))
        box = box_around(city.places)
        middle = (round((box[0][0] + box[2][0]) / 2, 5), round((box[0][1] + box[2][1]) / 2, 5))
        yield _zone(city, box, middle, rank, now, kind=ZoneKind.CITY)
        for order, place in enumerate(city.places):
            ring, centre = ring_around(place, city.places), (place.longitude, place.latitude)
            yield _zone(place, ring, centre, order, now, kind=ZoneKind.DISTRICT, parent=parent)


def _zone(
    place: City | Place,
    ring: tuple[tuple[float, float], ...],
    centre: tuple[float, float],
    rank: int,
    now: datetime,
    *,
    kind: ZoneKind,
    parent: str | None = None,
) -> DeliveryZone:
    fee = place.fee * MINOR
    return DeliveryZone(
        id=seed_id("dzn", place.code),
        code=place.code,
        name=_both(place.ar, place.en),
        kind=kind,
        parent_id=parent,
        depth=1 if parent else 0,
        rank=rank,
        polygon=Polygon(coordinates=(ring,)),
        center=Point(coordinates=centre),
        fee=_pounds(fee),
        min_total=_pounds(LEAST_ORDER * MINOR),
        free_over=_pounds(FREE_TIMES * fee),
        eta_min_minutes=25 + place.fee // 10,
        eta_max_minutes=50 + place.fee // 5,
        hours=tuple(
            WorkingHours(day=day, opens_minutes=14 * 60 if day == 5 else 9 * 60, closes_minutes=23 * 60)
            for day in range(7)
        ),
        **stamp(now),
    )


def categories(known: Known, now: datetime) -> Iterator[Category]:
    """Roots before their leaves."""
    for order, root in enumerate(CATEGORIES):
        way = known.categories.get(root.slug, (seed_id("cat", root.slug),))
        yield Category(
            id=seed_id("cat", root.slug), slug=root.slug, name=_both(root.ar, root.en), order=order, **stamp(now)
        )
        for place, (slug, ar, en) in enumerate(root.leaves):
            yield Category(
                id=seed_id("cat", slug),
                slug=slug,
                name=_both(ar, en),
                parent_id=way[-1],
                ancestors=way,
                depth=len(way),
                order=place,
                **stamp(now),
            )


def store_kinds(known: Known, now: datetime) -> Iterator[StoreCategory]:
    """Roots before their leaves."""
    for order, root in enumerate(KINDS):
        parent = known.kinds.get(root.slug, seed_id("sct", root.slug))
        yield _kind(root.slug, root.ar, root.en, order, None, now)
        for place, (slug, ar, en) in enumerate(root.leaves):
            yield _kind(slug, ar, en, place, parent, now)


def _kind(slug: str, ar: str, en: str, order: int, parent: str | None, now: datetime) -> StoreCategory:
    return StoreCategory(
        id=seed_id("sct", slug),
        slug=slug,
        name=_both(ar, en),
        search_text=fold(f"{ar} {en}"),
        parent_id=parent,
        depth=1 if parent else 0,
        order=order,
        **stamp(now),
    )


def templates(now: datetime) -> Iterator[NotificationTemplate]:
    """One published version of every message on each of its channels."""
    for key, text in TEXTS.items():
        title, body = _both(text.title_ar, text.title_en), _both(text.body_ar, text.body_en)
        used = slots(title.ar, title.en, body.ar, body.en)
        assert used <= SLOTS[key], key
        for channel in text.channels:
            yield NotificationTemplate(
                id=seed_id("ntt", f"{key}:{channel.value}"),
                key=key,
                channel=channel,
                version=1,
                type=TYPES[key],
                title=title,
                body=body,
                params=tuple(sorted(used)),
                state=TemplateState.PUBLISHED,
                published_at=now,
                **stamp(now),
            )


def _both(ar: str, en: str) -> Localized:
    return Localized(ar=ar, en=en)


def _pounds(amount: int) -> Money:
    return Money(amount=amount, currency=CURRENCY)
