"""The active zones in memory: few, asked for by every quote, and found by arithmetic instead of a geo index.

Unlike the category tree nobody is shown an old copy here, because it decides what a delivery costs: a copy that is too
old is renewed before it is used.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from daraa.collections.delivery_zones import DeliveryZone
from daraa.declare import Point
from daraa.market.delivery.geometry import box_of, covers

FRESH_S = 30.0
"""How long another process may still quote a zone as it was; seconds."""
MOST_ZONES = 2_000


class ZoneTree:
    """Active zones whose parents are all active, with the way up from each. Immutable."""

    def __init__(self, zones: Sequence[DeliveryZone]) -> None:
        known = {zone.id: zone for zone in zones}
        self._chains: Mapping[str, tuple[DeliveryZone, ...]] = {
            zone.id: chain for zone in zones if (chain := _chain(zone, known)) is not None
        }
        # The deepest first and the lower rank between equals, so that the first that covers a point is the one.
        self.zones = sorted(
            (chain[0] for chain in self._chains.values()), key=lambda zone: (-zone.depth, zone.rank, zone.id)
        )
        self._boxes = [(zone, box_of(zone.polygon)) for zone in self.zones]

    def at(self, point: Point) -> DeliveryZone | None:
        """The deepest zone that covers the point, or None."""
        x, y = point.coordinates
        for zone, (west, south, east, north) in self._boxes:
            if west <= x <= east and south <= y <= north and covers(zone.polygon, point):
                return zone
        return None

    def chain(self, zone_id: str) -> tuple[DeliveryZone, ...]:
        """The zone and those around it, from the inside out; empty when it, or one of those, is not active."""
        return self._chains.get(zone_id, ())


def _chain(zone: DeliveryZone, known: Mapping[str, DeliveryZone]) -> tuple[DeliveryZone, ...] | None:
    chain = [zone]
    while (parent := chain[-1].parent_id) is not None:
        if parent not in known or len(chain) > len(known):
            return None
        chain.append(known[parent])
    return tuple(chain)


class ZoneMap:
    """Keeps the tree for `fresh_s` seconds; several callers wait for one read."""

    def __init__(self, load: Callable[[], Awaitable[Sequence[DeliveryZone]]], fresh_s: float = FRESH_S) -> None:
        self._load = load
        self._fresh_s = fresh_s
        self._tree: ZoneTree | None = None
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()

    async def tree(self) -> ZoneTree:
        """The zones as they were at most `fresh_s` seconds ago; DaraaError when the database does not answer."""
        if self._tree is None or time.monotonic() >= self._renew_at:
            async with self._renewing:
                if self._tree is None or time.monotonic() >= self._renew_at:
                    read_at = time.monotonic()
                    self._tree = ZoneTree(await self._load())
                    self._renew_at = read_at + self._fresh_s
        return self._tree

    def forget(self) -> None:
        """Read anew on the next call: a zone was changed by this process."""
        self._renew_at = 0.0
