"""Stock as a purchase sees it: how much there is, held for an attempt, and given back (I1, I2)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import MAIN, Inventory
from daraa.collections.parts import Hold
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.inventory.errors import Shortage, busy, short_of
from daraa.market.inventory.repository import MOST_HOLDS, InventoryRepository
from daraa.market.inventory.rows import hold_of
from daraa.stores.mongo import Mongo

PLACES = 10
"""More places of one variant than any store has."""
MOST_ROWS = 100
TRIES = 3


@dataclass(frozen=True, slots=True)
class Want:
    """Pieces of a store's variant that somebody is about to buy."""

    store_id: str
    variant_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ExpiredHold:
    """A hold whose time is over, and where it is."""

    inventory_id: str
    hold: Hold


class Stock:
    """Guarded changes of single stock rows, outside of any transaction: the rows are the hottest there are.

    An attempt's id is good for one `hold`; the same call again changes nothing.
    """

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository = InventoryRepository(mongo)
        self._clock = clock

    async def hold(self, attempt_id: str, wants: Sequence[Want], until: datetime) -> None:
        """Set everything aside for the attempt, or nothing.

        `inventory.stock.short` (409) with `lines=[{variant_id, wanted, available}]` when something is missing;
        `inventory.stock.busy` (503) when a row holds 200 attempts. After `until` the sweeper may release the holds.
        """
        try:
            short = await self._hold_rows(attempt_id, _per_row(wants), until)
            if short:
                await self.release(attempt_id)
        except BaseException:
            await self._release_quietly(attempt_id)
            raise
        if short:
            raise short_of(short)

    async def _hold_rows(self, attempt_id: str, rows: Sequence[tuple[str, Want]], until: datetime) -> list[Shortage]:
        """Nothing when all rows hold what is wanted; else everything that is missing, so that nobody finds out bit by
        bit. The usual way is one command.
        """
        left = rows
        for _ in range(TRIES):
            holds = [(key, Hold(attempt_id=attempt_id, quantity=want.quantity, expires_at=until)) for key, want in left]
            if not holds or await self._repository.hold_all(holds, self._clock.now()) == len(holds):
                return []
            known = {row.id: row for row in await self._repository.list_by_ids([key for key, _ in left])}
            left = [(key, want) for key, want in left if not _is_held(known.get(key), attempt_id)]
            short = [
                Shortage(want.variant_id, want.quantity, available)
                for key, want in left
                if (available := known[key].available if key in known else 0) < want.quantity
            ]
            if short:
                return short
            for key, want in left:
                if len(known[key].holds) >= MOST_HOLDS:
                    raise busy(want.variant_id)
            # What is left was given back between the two commands: try again.
        if left:
            raise busy(left[0][1].variant_id)
        return []

    async def _release_quietly(self, attempt_id: str) -> None:
        """What cannot be given back now is given back by the sweeper when its time is over."""
        with suppress(DaraaError):
            await self.release(attempt_id)

    async def release(self, attempt_id: str) -> int:
        """Give back all that the attempt holds; how many rows held something. Again changes nothing."""
        released = 0
        for _ in range(TRIES):
            rows = await self._repository.list_held_by(attempt_id, limit=MOST_ROWS)
            for row in rows:
                hold = hold_of(row, attempt_id)
                if hold is not None and await self.give_back(row.id, hold):
                    released += 1
            if len(rows) < MOST_ROWS:
                break
        return released

    async def give_back(self, inventory_id: str, hold: Hold) -> bool:
        """Release one hold exactly as it was read; False when it is gone."""
        return await self._repository.give_back(inventory_id, hold, self._clock.now())

    async def list_expired(self, before: datetime, *, limit: int) -> list[ExpiredHold]:
        """Holds of at most `limit` rows that ended by then; whether they may go is the cart's to say."""
        rows = await self._repository.list_with_expired_holds(before, limit=limit)
        return [ExpiredHold(row.id, hold) for row in rows for hold in row.holds if hold.expires_at <= before]

    async def is_settled(self, attempt_id: str, inventory_id: str) -> bool:
        """True when nothing more will become of the attempt's hold of that row, so that one still there is a stray."""
        return await self._repository.find_settlement(attempt_id, inventory_id) is not None

    async def availability(self, variant_ids: Iterable[str]) -> Mapping[str, int]:
        """Pieces that can be bought now by variant, 0 where there is no stock; one command."""
        wanted = sorted(set(variant_ids))
        rows = await self._repository.list_of_variants(wanted, limit=PLACES * len(wanted)) if wanted else []
        return dict.fromkeys(wanted, 0) | {row.variant_id: row.available for row in rows if _serves_orders(row)}


def _is_held(row: Inventory | None, attempt_id: str) -> bool:
    return row is not None and hold_of(row, attempt_id) is not None


def _serves_orders(row: Inventory) -> bool:
    return row.place == MAIN


def _per_row(wants: Sequence[Want]) -> list[tuple[str, Want]]:
    """One want for every stock row, in order of keys, so that two attempts meet in the same order."""
    summed: dict[str, Want] = {}
    for want in wants:
        if want.quantity <= 0:
            raise ValueError("somebody who wants something wants at least one")
        key = inventory_id(want.store_id, want.variant_id)
        before = summed[key].quantity if key in summed else 0
        summed[key] = Want(want.store_id, want.variant_id, before + want.quantity)
    return sorted(summed.items())
