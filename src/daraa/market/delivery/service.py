"""The front door of delivery: which zone a place belongs to, who serves it, and what that costs."""

from collections.abc import Mapping, Sequence

from daraa.collections.delivery_zones import DeliveryZone, ZoneStatus
from daraa.collections.store_delivery_zones import StoreDeliveryZone
from daraa.declare import Point
from daraa.kernel.errors import DaraaError
from daraa.kernel.money import Money
from daraa.market.delivery import errors
from daraa.market.delivery.quote import DeliveryQuote, quote_for, row_for
from daraa.market.delivery.repository import ZoneRepository
from daraa.market.delivery.zone_map import MOST_ZONES, ZoneMap, ZoneTree
from daraa.stores.mongo import Mongo

__all__ = ["Delivery", "DeliveryQuote"]


class Delivery:
    """Quotes and the map; one database command a quote while the map is fresh."""

    def __init__(self, mongo: Mongo) -> None:
        self._repository = ZoneRepository(mongo)
        self._map = ZoneMap(self._load)

    async def quote(
        self, location: Point | None, zone_id: str | None, stores: Mapping[str, Money]
    ) -> Mapping[str, DeliveryQuote]:
        """What each store's delivery costs; `stores` maps a store to the worth of its goods after discounts.

        The place decides where it is known: the deepest active zone that covers it. An address without a place goes by
        its zone. 422 `delivery.zone.unserved` with the ids of the stores that do not deliver there,
        `delivery.total.low` with what is missing, `delivery.currency.other` for goods in another currency.
        """
        tree = await self._map.tree()
        zone = _destination(tree, location, zone_id)
        if zone is None:
            raise errors.unserved(sorted(stores), None)
        chain = tree.chain(zone.id)
        rows = await self._rows(stores, chain)
        chosen = {store: row_for(chain, rows.get(store, {})) for store in sorted(stores)}
        served = {store: row for store, row in chosen.items() if row is not None}
        if len(served) != len(chosen):
            raise errors.unserved([store for store in chosen if store not in served], zone.id)
        quotes = {store: _quote(zone, row, stores[store], store) for store, row in served.items()}
        _check_totals(quotes, stores)
        return quotes

    async def locate(self, location: Point) -> tuple[DeliveryZone, ...]:
        """The zone of a place and those around it, from the inside out; empty where nobody delivers."""
        tree = await self._map.tree()
        zone = tree.at(location)
        return () if zone is None else tree.chain(zone.id)

    async def active_zones(self) -> list[DeliveryZone]:
        """All zones that are delivered to, the deepest first."""
        return (await self._map.tree()).zones

    async def chain_of(self, zone_id: str) -> tuple[DeliveryZone, ...]:
        """An active zone and those around it, from the inside out; empty when it is not delivered to."""
        return (await self._map.tree()).chain(zone_id)

    def forget_zones(self) -> None:
        """Read the map anew on the next call: this process changed a zone."""
        self._map.forget()

    async def _load(self) -> Sequence[DeliveryZone]:
        return await self._repository.list_of_status(ZoneStatus.ACTIVE, limit=MOST_ZONES)

    async def _rows(
        self, stores: Mapping[str, Money], chain: Sequence[DeliveryZone]
    ) -> Mapping[str, Mapping[str, StoreDeliveryZone]]:
        found: dict[str, dict[str, StoreDeliveryZone]] = {}
        for row in await self._repository.list_terms(tuple(sorted(stores)), tuple(zone.id for zone in chain)):
            found.setdefault(row.store_id, {})[row.zone_id] = row
        return found


def _destination(tree: ZoneTree, location: Point | None, zone_id: str | None) -> DeliveryZone | None:
    if location is not None:
        return tree.at(location)
    chain = tree.chain(zone_id) if zone_id is not None else ()
    return chain[0] if chain else None


def _quote(zone: DeliveryZone, row: StoreDeliveryZone, goods: Money, store_id: str) -> DeliveryQuote:
    try:
        return quote_for(zone, row, goods)
    except ValueError as error:
        raise DaraaError(
            errors.CURRENCY_OTHER,
            "Delivery to this zone is paid in another currency than the goods.",
            hint="Choose another address.",
            ar="عملة التوصيل إلى هذه المنطقة تختلف عن عملة المنتجات.",
            stores=[store_id],
        ) from error


def _check_totals(quotes: Mapping[str, DeliveryQuote], stores: Mapping[str, Money]) -> None:
    low = [
        {"store_id": store, "total": stores[store].model_dump(), "least": quote.least_total.model_dump()}
        for store, quote in quotes.items()
        if quote.least_total is not None and stores[store].amount < quote.least_total.amount
    ]
    if low:
        raise DaraaError(
            errors.TOTAL_LOW,
            "The goods of these stores are worth too little to be delivered there.",
            hint="Add more of their goods.",
            ar="أضف منتجات أخرى من هذه المتاجر لبلوغ حد التوصيل.",
            stores=low,
        )
