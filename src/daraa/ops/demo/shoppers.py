"""The people of one cell: customers with addresses and devices, couriers with vehicles."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from daraa.ops.demo.chance import Dice, Source
from daraa.ops.demo.foundation import Zone, add_account
from daraa.ops.demo.people import COURIERS, CUSTOMERS, person, phone
from daraa.ops.demo.places import offset
from daraa.ops.demo.rows import PIASTRES, Row, Rows, money, point, row
from daraa.ops.demo.scale import CELL_PRODUCTS, Cell

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_STEP = 387_420_489
"""Odd, so that multiplying by it visits every code of eight letters once."""
STREETS = ("شارع هنانو", "شارع الثورة", "طريق السد", "شارع الأردن", "حي الكاشف", "شارع القوتلي")


@dataclass(slots=True)
class Customer:
    """A shopper, with the documents that their orders change."""

    account: str
    number: int
    name: str
    phone: str
    language: str
    joined: datetime
    wallet: str
    address_copy: Row
    address_id: str
    profile: Row
    points: int = 0
    is_frozen: bool = False


@dataclass(slots=True)
class Courier:
    """A courier, with the profile whose load and cash the orders set."""

    profile_id: str
    account: str
    wallet: str
    joined: datetime
    profile: Row
    cash: int = 0
    active: int = 0


def add_customers(source: Source, cell: Cell, zone: Zone, rows: Rows) -> list[Customer]:
    """The customers of a cell."""
    dice = source.dice(f"customers:{cell.number}")
    # A cell has at most a sixth as many customers as products, or two.
    first = cell.number * (CELL_PRODUCTS // 6)
    return [_customer(source, first + place, zone, rows, dice) for place in range(cell.customers)]


def _customer(source: Source, number: int, zone: Zone, rows: Rows, dice: Dice) -> Customer:
    joined = source.days_ago(dice.between(370, 700)) + timedelta(seconds=dice.below(86_400))
    name = person(dice).ar
    account = add_account(rows, source, CUSTOMERS + number, name, "customer", joined)
    language = "en" if (CUSTOMERS + number) % 7 == 0 else "ar"
    customer = Customer(
        account=account,
        number=number,
        name=name,
        phone=phone(CUSTOMERS + number),
        language=language,
        joined=joined,
        wallet=source.id("wal", joined, f"customer:{number}"),
        address_copy={},
        address_id="",
        profile={},
        is_frozen=number % 97 == 96,
    )
    _addresses(customer, source, zone, rows, dice)
    customer.profile = row(source.id("cus", joined, str(number)), joined) | {
        "accountId": account,
        "tier": "bronze",
        "pointsCached": 0,
        "defaultAddressId": customer.address_id,
        "stats": {"orderCount": 0, "spent": money(0)},
        "referralCode": referral_code(number),
        "cashBlocked": False,
    }
    rows["customer_profiles"].append(customer.profile)
    _devices(customer, source, rows, dice)
    return customer


def referral_code(number: int) -> str:
    """Eight letters that no other number gives."""
    mixed, letters = (number + 1) * CODE_STEP % len(CODE_LETTERS) ** 8, []
    for _ in range(8):
        mixed, letter = divmod(mixed, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[letter])
    return "".join(letters)


def _addresses(customer: Customer, source: Source, zone: Zone, rows: Rows, dice: Dice) -> None:
    for place in range(2 if dice.chance(0.3) else 1):
        # Within 0.4 of the least zone radius, so that the point lies in its zone's polygon.
        position = offset(zone.place, 0.01 * dice.between(5, 40), dice.between(0, 628) / 100)
        id_ = source.id("adr", customer.joined, f"{customer.number}:{place}")
        street = dice.pick(STREETS)
        rows["addresses"].append(
            row(id_, customer.joined)
            | {"ownerId": customer.account, "label": "العمل" if place else "البيت", "kind": "work" if place else "home"}
            | {"recipient": customer.name, "phone": customer.phone, "city": zone.place.name.ar, "street": street}
            | {"building": str(dice.between(1, 90)), "location": point(position), "zoneId": zone.id}
            | {"isDefault": place == 0, "isActive": True, "lastUsedAt": source.days_ago(dice.between(1, 60))}
        )
        if place == 0:
            customer.address_id = id_
            customer.address_copy = {
                "recipient": customer.name,
                "phone": customer.phone,
                "city": zone.place.name.ar,
                "street": street,
                "zoneId": zone.id,
                "location": point(position),
            }


def _devices(customer: Customer, source: Source, rows: Rows, dice: Dice) -> None:
    if dice.chance(0.6):
        token = source.digest(f"token:{customer.number}", 32).hex()
        rows["device_tokens"].append(
            row(hashlib.sha256(token.encode()).hexdigest(), customer.joined)
            | {"accountId": customer.account, "token": token, "platform": dice.pick(("android", "ios", "web"))}
            | {"locale": customer.language, "isLive": True, "lastSeenAt": source.days_ago(dice.between(0, 20))}
        )
    if dice.chance(0.3):
        choice = {"type": "promotion", "channel": "push", "wanted": False}
        quiet = {"fromMinutes": 22 * 60, "toMinutes": 7 * 60, "timezone": "Asia/Damascus"}
        rows["notification_preferences"].append(
            row(customer.account, customer.joined)
            | {"choices": [choice], "quietHours": quiet, "locale": customer.language}
        )


def add_couriers(source: Source, cell: Cell, zone: Zone, rows: Rows) -> list[Courier]:
    """The couriers of a cell."""
    dice = source.dice(f"couriers:{cell.number}")
    first = cell.number * (CELL_PRODUCTS // 50)
    return [_courier(source, first + place, zone, rows, dice) for place in range(cell.couriers)]


def _courier(source: Source, number: int, zone: Zone, rows: Rows, dice: Dice) -> Courier:
    joined = source.days_ago(dice.between(380, 700)) + timedelta(seconds=dice.below(86_400))
    account = add_account(rows, source, COURIERS + number, person(dice).ar, "courier", joined)
    id_ = source.id("cor", joined, str(number))
    profile = row(id_, joined) | {
        "accountId": account,
        "status": dice.pick(("available", "available", "offline", "on_break")),
        "verification": "approved",
        "vehicle": {"kind": dice.pick(("motorcycle", "car", "scooter", "bicycle")), "colour": "أحمر"},
        "zoneIds": [zone.id, *zone.siblings[:3]],
        "maxActive": 20,
        "activeCount": 0,
        "cashHeld": money(0),
        "cashLimit": money(100_000 * PIASTRES),
        "overCashLimit": False,
        "rating": {"sum": 0, "count": 0},
        "location": point(offset(zone.place, 0.3, dice.between(0, 628) / 100)),
        "locatedAt": source.reference - timedelta(minutes=dice.between(1, 50)),
    }
    rows["courier_profiles"].append(profile)
    return Courier(id_, account, source.id("wal", joined, f"courier:{number}"), joined, profile)
