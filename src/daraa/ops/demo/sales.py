"""The checkouts of one cell over a year: who buys what where, how it is paid, and what becomes of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from daraa.collections.formulas import seal_of
from daraa.kernel.money import allocate
from daraa.ops.demo.chance import Dice, Source
from daraa.ops.demo.foundation import DELIVERY_BP, Foundation, Zone
from daraa.ops.demo.rows import CASH_STEP, CURRENCY, PIASTRES, Rows, money, row
from daraa.ops.demo.scale import Cell
from daraa.ops.demo.shoppers import Courier, Customer
from daraa.ops.demo.shops import OFFER_BP, Product, Store, Variant

WHOLE = 10_000
"""Basis points in the whole."""
COUPON_BP = 500
COUPON_CAP = 2000 * PIASTRES

Minutes = tuple[int, int]
_WAY_OUT: tuple[tuple[str, Minutes], ...] = (
    ("pending", (0, 0)),
    ("confirmed", (5, 30)),
    ("preparing", (5, 15)),
    ("ready", (15, 60)),
    ("picked_up", (10, 40)),
    ("delivering", (2, 5)),
)
WAYS: dict[str, tuple[tuple[str, Minutes], ...]] = {
    "delivered": (*_WAY_OUT, ("delivered", (10, 45))),
    "returned": (*_WAY_OUT, ("returning", (30, 60)), ("returned", (60, 240))),
    "cancelled": (*_WAY_OUT[:2], ("cancelled", (5, 20))),
    "unpaid": (*_WAY_OUT[:1], ("cancelled", (15, 30))),
}
"""The states an order passes by its fate, with the minutes between each and the one before."""


@dataclass(slots=True)
class Line:
    """One variant of an order; `offer` and `coupon` are what lowered it, in minor units."""

    id: str
    variant: Variant
    quantity: int
    offer: int
    coupon: int = 0
    commission: int = 0
    returned: int = 0

    @property
    def gross(self) -> int:
        """Price times quantity."""
        return self.variant.price * self.quantity

    @property
    def base(self) -> int:
        """What the store sold it for: the platform, not the store, pays for coupons."""
        return self.gross - self.offer

    @property
    def total(self) -> int:
        """What the customer paid for it."""
        return self.base - self.coupon

    @property
    def product(self) -> Product:
        """The product of its variant."""
        return self.variant.product


@dataclass
class Sale:
    """One order with its fate; what the books did with it is noted in the last fields."""

    id: str
    number: str
    checkout: "Checkout"
    store: Store
    courier: Courier
    lines: list[Line]
    fate: str
    steps: list[tuple[str, datetime]]
    rule: str
    rate: int
    delivery: int = 0
    rounding: int = 0
    captured: int = 0
    refunded: int = 0
    net_returned: int = 0
    provider_ref: str = ""
    remitted_at: datetime | None = None
    released_at: datetime | None = None
    close_journal: str = ""

    @cached_property
    def gross(self) -> int:
        """Goods at their prices."""
        return sum(line.gross for line in self.lines)

    @cached_property
    def base(self) -> int:
        """Goods after the store's own offers."""
        return sum(line.base for line in self.lines)

    @cached_property
    def coupon(self) -> int:
        """This order's share of the checkout's coupon."""
        return sum(line.coupon for line in self.lines)

    @cached_property
    def total(self) -> int:
        """What the customer owes, with cash rounding."""
        return self.base - self.coupon + self.delivery + self.rounding

    @cached_property
    def commission(self) -> int:
        """The platform's share of the goods."""
        return self.base * self.rate // WHOLE

    @property
    def delivery_share(self) -> int:
        """The platform's share of the delivery fee."""
        return self.delivery * DELIVERY_BP // WHOLE

    @property
    def payment(self) -> str:
        """The id of its payment."""
        return f"pay_{self.id.split('_', 1)[1]}"

    def reached(self, reference: datetime) -> list[tuple[str, datetime]]:
        """The states it has reached by then; the first is always there."""
        return [step for step in self.steps if step[1] <= reference]

    def when(self, status: str) -> datetime | None:
        """When it reaches that state, were it given the time."""
        return next((at for name, at in self.steps if name == status), None)


@dataclass
class Checkout:
    """One cart bought: one order per store."""

    id: str
    customer: Customer
    placed: datetime
    method: str
    cart: str
    attempt: str
    number: str
    coupon: str = ""
    sales: list[Sale] = field(default_factory=list)


@dataclass(slots=True)
class Coupon:
    """The one coupon of a cell and its uses so far."""

    id: str
    code: str
    starts: datetime
    ends: datetime
    uses: dict[str, int] = field(default_factory=dict)


def make_coupon(base: Foundation, cell: Cell, zone: Zone) -> Coupon:
    """A neighbourhood's coupon, paid for by the platform."""
    starts = base.source.days_ago(300)
    code = f"{zone.place.code.replace('-', '').upper()}{cell.number + 1}"
    return Coupon(base.source.id("cpn", starts, code), code, starts, starts + timedelta(days=400))


def coupon_row(coupon: Coupon, creator: str) -> Rows:
    """The coupon as it stands after all its uses."""
    rows = Rows()
    rows["coupons"].append(
        row(coupon.id, coupon.starts)
        | {"code": coupon.code, "title": {"ar": "خصم الحي", "en": "Neighbourhood discount"}, "kind": "percentage"}
        | {"rateBasisPoints": COUPON_BP, "maximumDiscount": money(COUPON_CAP), "scope": _UNLIMITED, "holds": []}
        | {"limitTotal": 500, "limitPerCustomer": 50, "used": sum(coupon.uses.values()), "funder": "platform"}
        | {"platformShareBasisPoints": WHOLE, "isActive": True, "startsAt": coupon.starts, "endsAt": coupon.ends}
        | {"createdBy": creator}
    )
    return rows


_UNLIMITED = {"storeIds": [], "categoryIds": [], "productIds": [], "tiers": [], "newCustomersOnly": False}


@dataclass(slots=True)
class Market:
    """Everybody and everything that meets in one cell."""

    base: Foundation
    cell: Cell
    zone: Zone
    stores: list[Store]
    customers: list[Customer]
    couriers: list[Courier]
    coupon: Coupon

    @property
    def source(self) -> Source:
        """Where its chance comes from."""
        return self.base.source


def plan_checkouts(market: Market) -> list[Checkout]:
    """The cell's checkouts, oldest first."""
    dice = market.source.dice(f"sales:{market.cell.number}")
    return sorted(
        (_checkout(market, number, dice) for number in range(market.cell.checkouts)), key=lambda each: each.placed
    )


def _checkout(market: Market, number: int, dice: Dice) -> Checkout:
    source, key = market.source, f"{market.cell.number}:{number}"
    customer = dice.pick(market.customers)
    method = dice.pick(("cash", "cash", "cash", "wallet", "wallet", "card"))
    if customer.is_frozen:
        method = "cash"
    fates = [_fate(dice, method) for _ in range(2 if len(market.stores) > 1 and dice.chance(0.25) else 1)]
    ways = [_way(fate, dice) for fate in fates]
    placed = _placed(source, number, ways[0], dice)
    cart_made = placed - timedelta(minutes=dice.between(5, 300))
    checkout = Checkout(
        id=source.id("grp", placed, key),
        customer=customer,
        placed=placed,
        method=method,
        cart=source.id("crt", cart_made, key),
        attempt=source.id("att", placed, key),
        number=_readable("G", source.digest(f"group:{key}")),
    )
    first = dice.below(len(market.stores))
    for place, (fate, way) in enumerate(zip(fates, ways, strict=True)):
        store = market.stores[(first + place) % len(market.stores)]
        checkout.sales.append(_sale(market, checkout, store, f"{key}:{place}", fate, way, dice))
    _apply_coupon(market.coupon, checkout, dice)
    for sale in checkout.sales:
        _seal(sale, market.zone)
    return checkout


def _fate(dice: Dice, method: str) -> str:
    if method == "card" and dice.chance(0.1):
        return "unpaid"
    thrown = dice.below(100)
    return "cancelled" if thrown < 8 else "returned" if thrown < 12 else "delivered"


def _way(fate: str, dice: Dice) -> list[tuple[str, timedelta]]:
    passed, way = timedelta(0), []
    for status, (least, most) in WAYS[fate]:
        passed += timedelta(seconds=dice.between(least * 60, most * 60))
        way.append((status, passed))
    return way


def _placed(source: Source, number: int, way: list[tuple[str, timedelta]], dice: Dice) -> datetime:
    """Every sixth checkout is on its way on the reference day; the others spread over the year before."""
    if number % 6 == 5:
        step = dice.below(len(way))
        gap = way[step + 1][1] - way[step][1] if step + 1 < len(way) else timedelta(hours=20)
        return source.reference - way[step][1] - timedelta(seconds=dice.below(max(1, int(gap.total_seconds()))))
    return source.days_ago(dice.between(2, 364)) + timedelta(seconds=dice.between(6 * 3600, 21 * 3600))


def _sale(
    market: Market, checkout: Checkout, store: Store, key: str, fate: str, way: list[tuple[str, timedelta]], dice: Dice
) -> Sale:
    source, placed = market.source, checkout.placed
    rule, rate = market.base.rule_of(store.kind.root)
    sale = Sale(
        id=source.id("ord", placed, key),
        number=_readable("D", source.digest(f"order:{key}")),
        checkout=checkout,
        store=store,
        courier=dice.pick(market.couriers),
        lines=[],
        fate=fate,
        steps=[(status, placed + passed) for status, passed in way],
        rule=rule,
        rate=rate,
        provider_ref=source.digest(f"card:{key}").hex() if checkout.method == "card" else "",
    )
    on_sale = [each for each in store.products if each.at < placed and each.raw["status"] == "active"]
    chosen = {each.id: each for each in (dice.pick(on_sale) for _ in range(dice.between(1, 3)))}
    in_offer = store.offer is not None and store.offer[1] <= placed < store.offer[2]
    for place, product in enumerate(chosen.values()):
        variant, quantity = dice.pick(product.variants), dice.between(1, 3)
        offer = variant.price * quantity * OFFER_BP // WHOLE if in_offer else 0
        sale.lines.append(Line(source.id("oli", placed, f"{key}:{place}"), variant, quantity, offer))
    return sale


def _apply_coupon(coupon: Coupon, checkout: Checkout, dice: Dice) -> None:
    if not (coupon.starts <= checkout.placed and dice.chance(0.15)):
        return
    lines = [line for sale in checkout.sales for line in sale.lines]
    bases = [line.base for line in lines]
    discount = min(COUPON_CAP, sum(bases) * COUPON_BP // WHOLE)
    for line, share in zip(lines, allocate(discount, bases), strict=True):
        line.coupon = share
    checkout.coupon = coupon.id
    coupon.uses[checkout.id] = 1


def _seal(sale: Sale, zone: Zone) -> None:
    """Delivery, rounding and commission: nothing of an order's money changes after this."""
    sale.delivery = 0 if sale.base >= zone.free_over else zone.fee
    if sale.checkout.method == "cash":
        owed = sale.base - sale.coupon + sale.delivery
        sale.rounding = (owed + CASH_STEP // 2) // CASH_STEP * CASH_STEP - owed
    for line, share in zip(sale.lines, allocate(sale.commission, [line.base for line in sale.lines]), strict=True):
        line.commission = share


def _readable(letter: str, entropy: bytes) -> str:
    """A number for people: a letter and ten base-32 digits, never counted up."""
    digits, value = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", int.from_bytes(entropy, "big")
    return letter + "".join(digits[value >> (5 * place) & 31] for place in range(10))


def totals_hash(sale: Sale) -> str:
    """What seals the money of an order."""
    discount = sale.gross - sale.base + sale.coupon
    return seal_of(sale.id, CURRENCY, sale.gross, discount, sale.delivery, 0, sale.rounding, sale.total)
