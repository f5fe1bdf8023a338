"""The stores of one cell: owners, staff, zones served, offers, and the audit row of their approval."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from daraa.collections.formulas import row_hash
from daraa.kernel.search_fields import store_search
from daraa.ops.demo.chance import Dice, Source
from daraa.ops.demo.foundation import Foundation, Zone, add_account
from daraa.ops.demo.goods import Kind, Words
from daraa.ops.demo.people import FAMILIES, OWNERS, STAFF, STORES, person, phone
from daraa.ops.demo.places import offset
from daraa.ops.demo.rows import CASH_STEP, PIASTRES, Row, Rows, money, point, row
from daraa.ops.demo.scale import CELL_STORES, STORE_PRODUCTS, Cell, kind_of

OFFER_BP = 1000


@dataclass(slots=True)
class Variant:
    """Something that can be bought, with the document of its stock."""

    id: str
    product: "Product"
    sku: str
    price: int
    stock: Row
    received_at: datetime


@dataclass(slots=True)
class Product:
    """A product with its document, whose rating and stock are set once the cell's sales are known."""

    id: str
    store: "Store"
    name: dict[str, str]
    at: datetime
    raw: Row
    image: str
    variants: list[Variant] = field(default_factory=list)


@dataclass(slots=True)
class Store:
    """A store with its document and what its orders need to know."""

    id: str
    number: int
    kind: Kind
    name: Words
    slug: str
    owner: str
    wallet: str
    opened: datetime
    position: list[float]
    raw: Row
    products_wanted: int
    offer: tuple[str, datetime, datetime] | None = None
    products: list[Product] = field(default_factory=list)

    @property
    def signboard(self) -> Row:
        """What its orders show of it."""
        return {"name": self.name.as_document(), "slug": self.slug}


def open_stores(base: Foundation, cell: Cell, zone: Zone, rows: Rows) -> list[Store]:
    """The stores of a cell, all in one zone."""
    dice = base.source.dice(f"stores:{cell.number}")
    return [_open_store(base, cell, place, zone, rows, dice) for place in range(cell.stores)]


def _open_store(base: Foundation, cell: Cell, place: int, zone: Zone, rows: Rows, dice: Dice) -> Store:
    source, number = base.source, cell.number * CELL_STORES + place
    kind, opened = kind_of(number), source.days_ago(720) + dice.within(timedelta(0), timedelta(days=180))
    family = dice.pick(FAMILIES)
    name = Words(f"{kind.name.ar} {family.ar}", f"{family.en} {kind.name.en}")
    owner = add_account(rows, source, OWNERS + number, person(dice).ar, "store_owner", opened - timedelta(days=3))
    position = offset(zone.place, 0.1 * dice.between(1, 8), dice.between(0, 628) / 100)
    store = Store(
        id=source.id("sto", opened, str(number)),
        number=number,
        kind=kind,
        name=name,
        slug=f"{kind.slug}-{family.en.lower().replace(' ', '-')}-{number + 1}",
        owner=owner,
        wallet=source.id("wal", opened, f"store:{number}"),
        opened=opened,
        position=position,
        raw={},
        products_wanted=min(STORE_PRODUCTS, cell.products - place * STORE_PRODUCTS),
    )
    store.raw = _store_row(store, base, zone)
    rows["store_owner_profiles"].append(store.raw)
    _members(store, source, rows, dice)
    _zones_served(store, source, zone, rows)
    _offer(store, source, rows, dice)
    rows["audit_logs"].append(_approval(store, base))
    return store


def _store_row(store: Store, base: Foundation, zone: Zone) -> Row:
    about = Words(
        f"متجر {store.name.ar} في {zone.place.name.ar}، نوصل إلى باب بيتك.",
        f"{store.name.en} in {zone.place.name.en}; we deliver to your door.",
    )
    search = store_search(store.name, store.kind.name, zone.place.name.ar)
    return row(store.id, store.opened) | {
        "accountId": store.owner,
        "slug": store.slug,
        "name": store.name.as_document(),
        "description": about.as_document(),
        "searchText": search.text,
        "searchWords": list(search.words),
        "status": "approved",
        "review": {
            "submittedAt": store.opened - timedelta(days=2),
            "reviewedAt": store.opened,
            "reviewedBy": base.admins[0],
        },
        "categoryIds": [base.kinds[store.kind.slug]],
        "address": f"{zone.place.name.ar}، الشارع الرئيسي",
        "location": point(store.position),
        "phone": phone(STORES + store.number),
        "payoutAccount": f"SY00DEMO{store.number:016d}",
        "hours": [{"day": day, "opensMinute": 540 if day != 5 else 840, "closesMinute": 1320} for day in range(7)],
        "commissionRuleId": base.rule_of(store.kind.root)[0],
        "acceptsCash": True,
        "cashLimit": money(50_000 * PIASTRES),
        "returnDays": 7,
        "rating": {"sum": 0, "count": 0},
        "productCount": store.products_wanted,
    }


def _members(store: Store, source: Source, rows: Rows, dice: Dice) -> None:
    people = [(store.owner, "owner", ["product:write", "stock:write", "order:fulfil", "payout:read", "staff:write"])]
    if store.number % 3 == 0:
        clerk = add_account(rows, source, STAFF + store.number, person(dice).ar, "store_owner", store.opened)
        people.append((clerk, "staff", ["stock:write", "order:fulfil"]))
    for account, role, scopes in people:
        rows["store_members"].append(
            row(source.id("stm", store.opened, f"{store.number}:{role}"), store.opened)
            | {"storeId": store.id, "accountId": account, "role": role, "scopes": scopes, "status": "active"}
            | ({"invitedBy": store.owner} if role == "staff" else {})
        )


def _zones_served(store: Store, source: Source, zone: Zone, rows: Rows) -> None:
    for rank, zone_id in enumerate((zone.id, *zone.siblings[:2])):
        served = row(source.id("sdz", store.opened, f"{store.number}:{rank}"), store.opened)
        served |= {"storeId": store.id, "zoneId": zone_id, "isActive": True, "rank": rank}
        if rank:
            served["fee"] = money(zone.fee + rank * 10 * CASH_STEP)
        rows["store_delivery_zones"].append(served)


def _offer(store: Store, source: Source, rows: Rows, dice: Dice) -> None:
    if store.number % 3 != 1:
        return
    starts = source.days_ago(dice.between(60, 220))
    ends = starts + timedelta(days=dice.between(40, 260))
    status = "active" if ends > source.reference else "ended"
    offer = source.id("off", starts, str(store.number))
    store.offer = (offer, starts, ends)
    rows["offers"].append(
        row(offer, starts)
        | {"storeId": store.id, "title": Words("خصم عشرة بالمئة", "Ten percent off").as_document()}
        | {"kind": "percentage", "rateBasisPoints": OFFER_BP, "productIds": [], "priority": 0, "isExclusive": False}
        | {"status": status, "startsAt": starts, "endsAt": ends}
    )


def _approval(store: Store, base: Foundation) -> Row:
    """The first row of the store's audit chain."""
    done = row(base.source.id("aud", store.opened, f"approve:{store.number}"), store.opened) | {
        "stream": f"store:{store.id}",
        "seq": 1,
        "actorId": base.admins[0],
        "action": "store.approve",
        "targetType": "store",
        "targetId": store.id,
        "outcome": "success",
        "changes": [{"path": "status", "before": '"pending"', "after": '"approved"'}],
        "reason": "المستندات كاملة",
    }
    return done | {"hash": row_hash(done)}
