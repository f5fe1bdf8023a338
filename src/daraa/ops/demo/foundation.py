"""What stands once, under everything: currencies, zones, both trees, rules, message templates, the platform's staff."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from daraa.kernel.text import fold
from daraa.ops.demo import scale
from daraa.ops.demo.chance import Source
from daraa.ops.demo.goods import CATEGORIES, KINDS, ROOTS, Words
from daraa.ops.demo.people import ADMINS, phone
from daraa.ops.demo.places import REGIONS, Place, box_around, ring_around
from daraa.ops.demo.rows import CASH_STEP, CURRENCY, PIASTRES, POINTS, Row, Rows, money, point, row
from daraa.ops.demo.templates import template_rows

FORMER = "SYO"
"""The pound before 2026, worth a hundredth; our own code, because one code never means two units."""
PLATFORM_BP, GROCERY_BP, DELIVERY_BP = 1000, 700, 2000


@dataclass(frozen=True, slots=True)
class Zone:
    """A place that is delivered to."""

    id: str
    place: Place
    fee: int
    free_over: int
    siblings: tuple[str, ...]


@dataclass(frozen=True)
class Foundation:
    """The ids that cells refer to, and the documents behind them."""

    source: Source
    rows: Rows = field(default_factory=Rows)
    zones: list[Zone] = field(default_factory=list)
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    admins: list[str] = field(default_factory=list)

    def rule_of(self, root: str) -> tuple[str, int]:
        """The commission rule of stores under a root, and its rate in basis points."""
        return (self.rules["food"], GROCERY_BP) if root == "food" else (self.rules["global"], PLATFORM_BP)


def lay_foundation(source: Source, products: int) -> Foundation:
    """Everything that stands once, for a load of so many products."""
    base = Foundation(source)
    _currencies(base)
    _admins(base)
    _zones(base)
    _categories(base, products)
    _kinds(base, products)
    _rules(base)
    base.rows["notification_templates"] += template_rows(source, base.admins[0])
    return base


def _currencies(base: Foundation) -> None:
    start = base.source.days_ago(900)
    for code, name, symbol, exponent, step, extra in (
        (FORMER, Words("ليرة سورية قبل 2026", "Syrian pound before 2026"), Words("ل.س ق", "£S old"), 2, 10_000, {}),
        (CURRENCY, Words("ليرة سورية", "Syrian pound"), Words("ل.س", "£S"), 2, CASH_STEP, {"replaces": FORMER}),
        ("USD", Words("دولار أمريكي", "US dollar"), Words("$", "$"), 2, 1, {}),
        (POINTS, Words("نقاط الولاء", "Loyalty points"), Words("نقطة", "pts"), 0, 1, {}),
    ):
        base.rows["currencies"].append(
            row(code, start)
            | {"name": name.as_document(), "symbol": symbol.as_document(), "exponent": exponent, "cashStep": step}
            | {"isActive": code != FORMER, "validFrom": start, "factor": 100 if extra else 1, **extra}
        )


def _admins(base: Foundation) -> None:
    posts = (
        ("super_admin", "operations", Words("سلمى الحوراني", "Salma Al-Hourani"), ("account:suspend", "store:approve")),
        ("admin", "finance", Words("طارق القباني", "Tareq Qabbani"), ("refund:create", "payout:run")),
        ("moderator", "customer_service", Words("هدى الرفاعي", "Huda Al-Rifai"), ("review:moderate", "audit:read")),
    )
    at = base.source.days_ago(880)
    for number, (role, department, name, permissions) in enumerate(posts):
        account = add_account(base.rows, base.source, ADMINS + number, name.ar, "admin", at)
        base.admins.append(account)
        base.rows["admin_profiles"].append(
            row(base.source.id("adm", at, str(number)), at)
            | {"accountId": account, "role": role, "department": department, "permissions": list(permissions)}
            | {"fourEyesLimit": money(5000 * PIASTRES), "allowedNetworks": [], "isActive": True}
        )


def add_account(rows: Rows, source: Source, number: int, name: str, role: str, at: datetime) -> str:
    """An account with its identity and security profile; returns its id."""
    account, tel = source.id("acc", at, str(number)), phone(number)
    rows["accounts"].append(
        row(account, at)
        | {"phone": tel, "phoneVerifiedAt": at, "fullName": name, "roles": [role], "status": "active"}
        | {"locale": "en" if number % 7 == 0 else "ar", "defaultCurrency": CURRENCY}
    )
    rows["identities"].append(row(f"phone:{tel}", at) | {"kind": "phone", "accountId": account})
    rows["security_profiles"].append(
        row(account, at) | {"tokenEpoch": 0, "mfaEnabled": False, "failedCount": 0, "logins": []}
    )
    return account


def _zones(base: Foundation) -> None:
    at = base.source.days_ago(870)
    for rank, region in enumerate(REGIONS):
        ids = {place.code: base.source.id("dzn", at, place.code) for place in region.places}
        parent = base.source.id("dzn", at, region.code)
        middle = _middle(box_around(region.places))
        base.rows["delivery_zones"].append(
            _zone(parent, region.code, region.name, region.kind, 0, rank, 250, base)
            | {"polygon": {"type": "Polygon", "coordinates": [box_around(region.places)]}, "center": point(middle)}
        )
        for order, place in enumerate(region.places):
            kind = "city" if region.code == "daraa" else "neighborhood"
            base.rows["delivery_zones"].append(
                _zone(ids[place.code], place.code, place.name, kind, 1, order, place.fee, base)
                | {"parentId": parent, "center": point([place.longitude, place.latitude])}
                | {"polygon": {"type": "Polygon", "coordinates": [ring_around(place, region.places)]}}
            )
            siblings = tuple(id_ for code, id_ in ids.items() if code != place.code)
            fee = place.fee * PIASTRES
            base.zones.append(Zone(ids[place.code], place, fee, 60 * fee, siblings))


def _middle(box: list[list[float]]) -> list[float]:
    return [round((box[0][axis] + box[2][axis]) / 2, 5) for axis in (0, 1)]


def _zone(id_: str, code: str, name: Words, kind: str, depth: int, rank: int, fee: int, base: Foundation) -> Row:
    hours = [
        {"day": day, "opensMinutes": 14 * 60 if day == 5 else 9 * 60, "closesMinutes": 23 * 60, "isOpen": True}
        for day in range(7)
    ]
    return row(id_, base.source.days_ago(870)) | {
        "code": code,
        "name": name.as_document(),
        "kind": kind,
        "depth": depth,
        "rank": rank,
        "status": "active",
        "fee": money(fee * PIASTRES),
        "minTotal": money(200 * PIASTRES),
        "freeOver": money(60 * fee * PIASTRES),
        "etaMinMinutes": 25 + fee // 10,
        "etaMaxMinutes": 50 + fee // 5,
        "hours": hours,
    }


def _categories(base: Foundation, products: int) -> None:
    at = base.source.days_ago(860)
    counts = scale.products_per_category(products)
    for order, (slug, name) in enumerate(ROOTS.items()):
        root = base.source.id("cat", at, slug)
        base.categories[slug] = (root,)
        inside = sum(counts[leaf] for leaf, (above, _) in CATEGORIES.items() if above == slug)
        base.rows["categories"].append(_category(root, at, slug, name, order, inside))
    for order, (slug, (above, name)) in enumerate(CATEGORIES.items()):
        leaf, root = base.source.id("cat", at + timedelta(hours=1), slug), base.categories[above][0]
        base.categories[slug] = (root, leaf)
        base.rows["categories"].append(
            _category(leaf, at + timedelta(hours=1), slug, name, order, counts[slug])
            | {"parentId": root, "ancestors": [root], "depth": 1, "attributeSet": _attribute_set()}
        )


def _category(id_: str, at: datetime, slug: str, name: Words, order: int, count: int) -> Row:
    return row(id_, at) | {
        "slug": slug,
        "name": name.as_document(),
        "description": {"ar": f"كل ما في قسم {name.ar}", "en": f"Everything in {name.en.lower()}"},
        "ancestors": [],
        "depth": 0,
        "order": order,
        "isActive": True,
        "attributeSet": [],
        "productCount": count,
    }


def _attribute_set() -> list[Row]:
    maker = Words("المنتج", "Maker").as_document()
    origin = Words("المنشأ", "Origin").as_document()
    return [
        {"k": "maker", "name": maker, "kind": "text", "choices": [], "isRequired": True},
        {"k": "origin", "name": origin, "kind": "choice", "choices": ["درعا", "دمشق"], "isRequired": False},
    ]


def _kinds(base: Foundation, products: int) -> None:
    at = base.source.days_ago(860)
    counts = scale.stores_per_kind(products)
    for order, (slug, name) in enumerate(ROOTS.items()):
        inside = sum(counts[kind.slug] for kind in KINDS if kind.root == slug)
        root = base.source.id("sct", at, slug)
        base.rows["store_categories"].append(_kind(root, at, f"{slug}-stores", name, order, inside))
        for place, kind in enumerate(each for each in KINDS if each.root == slug):
            base.kinds[kind.slug] = base.source.id("sct", at + timedelta(hours=1), kind.slug)
            base.rows["store_categories"].append(
                _kind(base.kinds[kind.slug], at, kind.slug, kind.name, place, counts[kind.slug])
                | {"parentId": root, "depth": 1}
            )


def _kind(id_: str, at: datetime, slug: str, name: Words, order: int, count: int) -> Row:
    return row(id_, at) | {
        "slug": slug,
        "name": name.as_document(),
        "description": {"ar": f"متاجر {name.ar}", "en": f"Stores: {name.en.lower()}"},
        "searchText": fold(f"{name.ar} {name.en}"),
        "depth": 0,
        "order": order,
        "isActive": True,
        "storeCount": count,
    }


def _rules(base: Foundation) -> None:
    at = base.source.days_ago(850)
    everything = Words("عمولة عامة", "General commission")
    groceries = Words("عمولة الأغذية", "Commission on food")
    food = {"scope": "store_category", "scopeId": base.source.id("sct", base.source.days_ago(860), "food")}
    for key, name, scope, rank, rate in (
        ("global", everything, {"scope": "global"}, 1000, PLATFORM_BP),
        ("food", groceries, food, 100, GROCERY_BP),
    ):
        base.rules[key] = base.source.id("crl", at, key)
        base.rows["commission_rules"].append(
            row(base.rules[key], at)
            | {"name": name.as_document(), **scope, "rank": rank, "platformBp": rate, "deliveryBp": DELIVERY_BP}
            | {"paymentBp": 0, "isActive": True, "validFrom": at, "createdBy": base.admins[1]}
        )
