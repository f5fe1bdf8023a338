"""What bringing one store's goods to a zone costs and how long it takes: a pure function of the declared terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daraa.collections.delivery_zones import DeliveryZone
from daraa.collections.store_delivery_zones import StoreDeliveryZone
from daraa.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DeliveryQuote:
    """The terms for one store. `terms_id` is the store's own row that they come from, beside the zone's."""

    zone_id: str
    fee: Money
    minutes_min: int
    minutes_max: int
    terms_id: str
    regular_fee: Money
    least_total: Money | None
    free_over: Money | None

    @property
    def is_free(self) -> bool:
        """True when the goods are worth so much that nothing is charged."""
        return self.fee.amount == 0 and self.regular_fee.amount > 0


def row_for(chain: Sequence[DeliveryZone], rows: Mapping[str, StoreDeliveryZone]) -> StoreDeliveryZone | None:
    """The store's row for the zone or the nearest one around it; None when it has none or that one is switched off.

    A store serves a zone when it lists it, or a zone that contains it: who lists a city serves its districts. A nearer
    row wins, so a district can be left out of a city by a row of its own that is not active.
    """
    nearest = next((rows[zone.id] for zone in chain if zone.id in rows), None)
    return nearest if nearest is not None and nearest.is_active else None


def quote_for(zone: DeliveryZone, row: StoreDeliveryZone, goods: Money) -> DeliveryQuote:
    """The store's terms where it has any, else those of the zone to which the order goes.

    `goods` is what the customer pays for the store's goods, in the currency of the zone's fee (ValueError otherwise);
    goods of exactly `free_over` go free.
    """
    fee = row.fee or zone.fee
    if fee.currency != goods.currency:
        raise ValueError(f"the fee is in {fee.currency} and the goods in {goods.currency}")
    free_over = _same(row.free_over or zone.free_over, fee)
    least = _same(row.min_total or zone.min_total, fee)
    free = free_over is not None and goods.amount >= free_over.amount
    shortest = row.eta_min_minutes if row.eta_min_minutes is not None else zone.eta_min_minutes
    longest = row.eta_max_minutes if row.eta_max_minutes is not None else zone.eta_max_minutes
    return DeliveryQuote(
        zone_id=zone.id,
        fee=Money(amount=0, currency=fee.currency) if free else fee,
        minutes_min=shortest,
        minutes_max=max(shortest, longest),
        terms_id=row.id,
        regular_fee=fee,
        least_total=least,
        free_over=free_over,
    )


def _same(limit: Money | None, fee: Money) -> Money | None:
    """A limit counts only in the currency of the fee."""
    return limit if limit is not None and limit.currency == fee.currency else None
