"""Keys and seals that several rooms must compute alike; part of what is stored, so they never change."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from daraa.collections.inventories import MAIN
from daraa.collections.order_parts import OrderTotals


def inventory_id(store_id: str, variant_id: str, place: str = MAIN) -> str:
    """The key of the one stock row of a store's variant in a place."""
    return hashlib.sha256(f"{store_id}|{variant_id}|{place}".encode()).hexdigest()[:32]


def totals_seal(order_id: str, totals: OrderTotals) -> str:
    """What seals the money of an order (I7): whoever changes a total afterwards cannot make the hash fit unnoticed."""
    parts = (totals.goods, totals.discount, totals.delivery, totals.tax, totals.cash_rounding, totals.total)
    return seal_of(order_id, totals.total.currency, *(part.amount for part in parts))


def seal_of(
    order_id: str, currency: str, goods: int, discount: int, delivery: int, tax: int, cash_rounding: int, total: int
) -> str:
    """The same from bare minor units, for those who write documents without building their models."""
    text = "|".join(map(str, (order_id, currency, goods, discount, delivery, tax, cash_rounding, total)))
    return hashlib.sha256(text.encode()).hexdigest()


_UNSEALED = frozenset({"hash", "ver", "updatedAt", "expiresAt"})
"""What may change after a row was written: the version and expiry that the monthly export sets."""


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over a row as it is stored (database names, no nulls), except its own hash and what export changes."""
    sealed = {name: value for name, value in row.items() if name not in _UNSEALED}
    text = json.dumps(sealed, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()
