"""Who and what the story is about; numbers and slugs are new in every run, so that it can be told again and again."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from story_parts.telling import Person

PLACE = (36.2090, 37.1510)
"""Latitude and longitude of Aziziyeh in Aleppo: a district of the seeded map where no demo courier waits."""
CURRENCY = "SYP"


def _number() -> str:
    return f"+9639{secrets.randbelow(10**8):08d}"


def pounds(amount: int) -> dict[str, Any]:
    """So many Syrian pounds, in piastres as the API wants them."""
    return {"amount": amount * 100, "currency": CURRENCY}


@dataclass
class Shop:
    """One store of the story with what it sells."""

    owner: Person
    slug: str
    name: dict[str, str]
    kind: str
    category: str
    return_days: int
    goods: dict[str, Any]
    stock: int
    id: str = ""
    product_id: str = ""
    variants: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The address of the store behind the counter."""
        return f"/v1/seller/stores/{self.id}"


@dataclass
class Cast:
    """Everybody in one run."""

    mark: str = field(default_factory=lambda: secrets.token_hex(3))
    admin: Person = field(default_factory=lambda: Person("Rima Haddad", _number()))
    huda: Person = field(default_factory=lambda: Person("هدى الحلبي", _number(), "ar"))
    omar: Person = field(default_factory=lambda: Person("Omar Qabbani", _number()))
    samer: Person = field(default_factory=lambda: Person("Samer Darwish", _number()))
    layla: Person = field(default_factory=lambda: Person("ليلى أحمد", _number(), "ar"))
    zone_id: str = ""
    courier_id: str = ""
    address_id: str = ""
    wallet_id: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    soap: Shop = field(init=False)
    pantry: Shop = field(init=False)

    def __post_init__(self) -> None:
        self.soap = Shop(
            self.huda,
            f"ghar-soap-{self.mark}",
            {"ar": "صابون الغار الحلبي", "en": "Aleppo laurel soap"},
            "cosmetics",
            "soap",
            7,
            _product(
                {"ar": "صابون غار أصلي مُعتّق", "en": "Aged laurel soap"},
                f"GHAR-{self.mark}",
                {"single": 123, "box": 655},
            ),
            40,
        )
        self.pantry = Shop(
            self.omar,
            f"aziziyeh-pantry-{self.mark}",
            {"ar": "مونة العزيزية", "en": "Aziziyeh pantry"},
            "grocery",
            "honey-and-jam",
            0,
            _product(
                {"ar": "دبس رمّان بيتي", "en": "Home-made pomegranate molasses"},
                f"DIBS-{self.mark}",
                {"500 g": 280, "1 kg": 512},
            ),
            25,
        )


def _product(name: dict[str, str], sku: str, prices: dict[str, int]) -> dict[str, Any]:
    return {
        "name": name,
        "description": name,
        "attributes": [{"k": "maker", "v": name["ar"].split()[0]}],
        "variants": [
            {"sku": f"{sku}-{number}", "options": {"size": size}, "price": pounds(price)}
            for number, (size, price) in enumerate(prices.items(), 1)
        ],
    }
